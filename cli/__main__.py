"""`./kpr`: the commands by name.

Each command's module is imported when it is called, so that `kpr match` starts without what others need.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="kpr",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
)


@app.callback()
def kpr() -> None:
    """Say which registry credentials Kubernetes and Knative will use, and why not."""


@app.command()
def match() -> None:
    """Say which credential the kubelet and Knative present for an image.

    Reads JSON lines from standard input, the docker configs in the order in which the reader sees them:

        {"secrets": ["<docker config>", ...], "image": "..."}

    Answers each with a JSON line: for "kubelet" and "knative" the result, the usernames (those that the
    kubelet tries, in order; those that Knative may choose), and the repository that keys are compared with;
    for the kubelet also the keys that it ignores. A line that can't be used is answered with
    {"error": "..."} and makes the exit status 1; the others are answered all the same.
    """
    from . import match

    raise typer.Exit(match.run(sys.stdin.buffer, sys.stdout))


@app.command()
def check(
    config: Annotated[Path, typer.Option(help="The stack's file, config/Pulumi.<stack>.yaml.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say for every image of a stack's file which credential the kubelet and Knative present, or why none.

    Offline and without the passphrase: an encrypted value counts as present, and checks that need it are
    skipped and said to be.

    Exit status: 0 for nothing worse than warnings, 1 for a finding of severity error (a credential that is
    not encrypted is one), 2 for a file that can't be used.
    """
    from . import check

    raise typer.Exit(check.run(config, sys.stdout, as_json=as_json))


if __name__ == "__main__":
    app(prog_name="kpr")
