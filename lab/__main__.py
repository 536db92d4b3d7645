"""The lab's command line: `python -m lab up | down | status | build | push | call | env`."""

import json
import shlex
import sys
import time
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

from lab import ingress, lifecycle, registries, toolchain
from lab.errors import LabError
from lab.images import Image
from lab.images import push as push_image
from lab.progress import Progress, duration

app = typer.Typer(
    help="A real Knative cluster with a private registry on this machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

STATUS_WIDTH = 120


@app.command()
def build() -> None:
    """Build the tools that the cache lacks."""
    toolchain.prepare(Progress())


@app.command()
def up() -> None:
    """Start the lab, or mend what died of it."""
    progress = Progress()
    start = time.monotonic()
    # Before the tools are built, which may take half an hour.
    lifecycle.require_room()
    lifecycle.up(toolchain.prepare(progress), progress)
    progress.console.print(f"the lab is up · {duration(time.monotonic() - start)}")


@app.command()
def down() -> None:
    """End the lab and remove all that it left."""
    lifecycle.down(Progress())


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Say for each part whether it is healthy and where its log is; exit 1 if one is not."""
    parts = lifecycle.status(toolchain.prepare(Progress()))
    if as_json:
        typer.echo(json.dumps([{"name": part.name, "state": part.state, "log": part.log} for part in parts]))
    else:
        table = Table("part", "state", box=None, pad_edge=False)
        table.add_column("log", no_wrap=True)
        for part in parts:
            colour = "green" if part.healthy else "red"
            table.add_row(part.name, f"[{colour}]{part.state}[/{colour}]", part.log)
        # The paths are there to be copied: longer lines than the terminal's, rather than shortened paths.
        Console(highlight=False, width=STATUS_WIDTH).print(table)
    if not all(part.healthy for part in parts):
        raise typer.Exit(1)


@app.command()
def push(
    reference: Annotated[
        str, typer.Argument(help="Repository and tag in the protected registry.")
    ] = "team/hello:1.0",
    program: Annotated[str, typer.Option(help="One of the programs under lab/tools/images.")] = "hello",
    username: Annotated[str, typer.Option(help="The registry account.")] = registries.USERNAME,
) -> None:
    """Push a program as an image to the protected registry and print its reference by digest."""
    executable = toolchain.prepare(Progress()).images / program
    image = Image(files={f"/{program}": executable}, entrypoint=(f"/{program}",))
    target = f"{registries.PROTECTED}/{reference}"
    digest = push_image(image, target, auth=(username, registries.PASSWORD))
    typer.echo(f"{target.rpartition(':')[0]}@{digest}")


@app.command()
def call() -> None:
    """Call the services whose URLs stand as a JSON object on standard input; exit 1 unless all answer 200."""
    try:
        urls = json.load(sys.stdin)
    except ValueError:
        raise LabError("standard input is not JSON; give it: pulumi stack output urls --json") from None
    answers = [ingress.call(url) for url in urls.values()]
    for answer in answers:
        typer.echo(f"{answer.request.headers['Host']} via {answer.request.url}")
        typer.echo(f"HTTP {answer.status_code}\n{answer.text.rstrip()}")
    if not answers or any(answer.status_code != httpx.codes.OK for answer in answers):
        raise typer.Exit(1)


@app.command()
def env() -> None:
    """Print shell exports with which pulumi and kubectl work on the lab: `eval "$(python -m lab env)"`."""
    for name, value in toolchain.prepare(Progress()).environment().items():
        typer.echo(f"export {name}={shlex.quote(value)}")


def main() -> None:
    """Run the command line; what the user can act on is said without a traceback."""
    try:
        app()
    except LabError as error:
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(str(error), style="red")
        sys.exit(1)


if __name__ == "__main__":
    main()
