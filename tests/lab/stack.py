"""A stack of a Pulumi project, driven by the pulumi CLI as its users do."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab import paths
from tests.lab.running_lab import RunningLab

PROGRAM = ("Pulumi.yaml", "__main__.py", "components", "config")
"""What the project's own program is made of."""

TIMEOUT_SECONDS = 120
"""Against a cluster that does not answer pulumi would wait for ten minutes."""


class PulumiError(Exception):
    """pulumi failed; the text is all that it printed."""


@dataclass(frozen=True)
class Stack:
    """One stack; what pulumi prints is kept."""

    lab: RunningLab
    project: Path
    name: str
    state: Path
    """The folder of the state backend."""
    transcript: list[str] = field(default_factory=list)

    def pulumi(self, *arguments: str, stdin: str = "") -> str:
        """Run pulumi and return what it prints, on both streams. Raises PulumiError when it fails."""
        result = subprocess.run(
            ["pulumi", *arguments, "--stack", self.name, "--non-interactive", "--color", "never"],
            cwd=self.project,
            env=self.lab.environment(self.state),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        self.transcript.append(result.stdout)
        if result.returncode:
            raise PulumiError(f"pulumi {' '.join(arguments)}:\n{result.stdout}")
        return result.stdout

    def set_secret(self, path: str, value: str) -> None:
        """Set an encrypted value of the configuration, exactly as it is."""
        key = ("--path", f"knative-private-registry:{path}")
        self.pulumi("config", "set", "--secret", "--raw", *key, stdin=value)

    def preview(self, *arguments: str) -> str:
        return self.pulumi("preview", "--diff", *arguments)

    def up(self) -> str:
        return self.pulumi("up", "--yes", "--skip-preview")

    def destroy(self) -> str:
        with self.lab.no_draining():
            return self.pulumi("destroy", "--yes", "--skip-preview")

    def output(self, name: str) -> Any:
        return json.loads(self.pulumi("stack", "output", name, "--json"))

    def decrypted(self) -> str:
        """Return configuration and state with the secrets in clear, and keep it out of the transcript."""
        config = self.pulumi("config", "--show-secrets", "--json")
        state = self.pulumi("stack", "export", "--show-secrets")
        del self.transcript[-2:]
        return config + state

    def resources(self) -> list[str]:
        """Return the types of all resources in the state."""
        deployment = json.loads(self.pulumi("stack", "export"))["deployment"]
        return [resource["type"] for resource in deployment.get("resources", [])]


@contextmanager
def new_stack(lab: RunningLab, project: Path, name: str, state: Path) -> Iterator[Stack]:
    """Create a stack; afterwards destroy what it deployed."""
    stack = Stack(lab, project, name, state)
    stack.pulumi("stack", "init")
    try:
        yield stack
    finally:
        stack.destroy()


@contextmanager
def own_stack_aside(lab: RunningLab) -> Iterator[None]:
    """Take the stack that `make up` deployed out of the way of the tests' own, and put it back."""
    own = Stack(lab, paths.CLONE, "lab", paths.PULUMI_STATE)
    stacks = json.loads(own.pulumi("stack", "ls", "--json"))
    deployed = any(stack["name"] == "lab" and stack.get("resourceCount") for stack in stacks)
    if deployed:
        own.destroy()
    try:
        yield
    finally:
        if deployed:
            own.up()


def copy_of_the_program(folder: Path, config: Mapping[str, Any], stack: str) -> Path:
    """Copy the project's own program, with a stack configuration of the test's own."""
    folder.mkdir()
    for name in PROGRAM:
        source = paths.CLONE / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.yaml"))
        else:
            shutil.copy(source, folder)
    # Pulumi.yaml names the environment; this is the one that the tests run in.
    (folder / ".venv").symlink_to(sys.prefix)
    project = "knative-private-registry"
    # JSON is YAML too.
    document = {"config": {f"{project}:{key}": value for key, value in config.items()}}
    (folder / "config" / f"Pulumi.{stack}.yaml").write_text(json.dumps(document))
    return folder
