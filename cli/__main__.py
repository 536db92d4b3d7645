"""`./kpr`: the commands by name.

Each command's module is imported when it is called, so that `kpr match` starts without what others need.
"""

import sys

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


if __name__ == "__main__":
    app(prog_name="kpr")
