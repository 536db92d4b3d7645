"""The built tools put together: commands in one folder for PATH, and Pulumi's home with the provider."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lab import build, installed, paths
from lab.errors import LabError
from lab.progress import Progress
from lab.tools import (
    KUBERNETES_COMMANDS,
    KUBERNETES_PROVIDER_VERSION,
    PYTHON_HOST_COMMANDS,
    TOOLS,
)

COMMANDS = {
    "kubernetes": KUBERNETES_COMMANDS,
    "coredns": ("coredns",),
    "pulumi": ("pulumi",),
    "pulumi-language-python": PYTHON_HOST_COMMANDS,
    "pulumi-language-yaml": ("pulumi-language-yaml",),
}
"""The executables, by tool, that are called by name."""


@dataclass(frozen=True)
class Toolchain:
    """All that the lab runs."""

    commands: Path
    """pulumi and its language hosts, kubectl and the other Kubernetes commands, coredns."""
    pulumi_home: Path
    """Pulumi's plugins, apart from the user's own."""
    knative: Path
    """Knative's executables, for images."""
    images: Path
    """The programs of the lab's own images."""
    manifests: Path
    """Knative's released manifests."""

    def environment(self) -> dict[str, str]:
        """Return the variables with which pulumi and kubectl work on the lab."""
        return {
            "PATH": f"{self.commands}{os.pathsep}{os.environ['PATH']}",
            "KUBECONFIG": str(paths.KUBECONFIG),
            "PULUMI_HOME": str(self.pulumi_home),
            "PULUMI_BACKEND_URL": f"file://{paths.PULUMI_STATE}",
            "PULUMI_CONFIG_PASSPHRASE": LAB_PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }


LAB_PASSPHRASE = "lab"  # noqa: S105 - documented: it opens only the lab's own stack.


def prepare(progress: Progress) -> Toolchain:
    """Build what is missing and put it together.

    Raises LabError when a tool can't be built.
    """
    found = installed.find()
    built = build.build_all(progress, [tool for tool in TOOLS if tool.name not in found])
    folders = {**built, **found}
    commands = _commands([folders[tool] / name for tool, names in COMMANDS.items() for name in names])
    return Toolchain(
        commands=commands,
        pulumi_home=_pulumi_home(commands, folders["pulumi-resource-kubernetes"]),
        knative=folders["knative"],
        images=folders["images"],
        manifests=build.module_folder("knative-manifests", "knative.dev/operator", progress),
    )


def _commands(executables: list[Path]) -> Path:
    """Return one folder with commands of several tools."""
    commands = paths.cache() / "toolchains" / _key(map(str, executables)) / "bin"
    if commands.is_dir():
        return commands
    partial = commands.with_name("bin.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for executable in executables:
        _place(executable, partial / executable.name)
    partial.rename(commands)
    return commands


def _place(executable: Path, target: Path) -> None:
    # A hard link: Pulumi looks for its language hosts beside the file that a symbolic link points to.
    try:
        os.link(executable, target)
    except OSError:
        shutil.copy2(executable, target)


def _pulumi_home(commands: Path, provider: Path) -> Path:
    home = commands.parent / f"pulumi-{_key([str(provider)])}"
    plugin = home / "plugins" / f"resource-kubernetes-v{KUBERNETES_PROVIDER_VERSION}"
    if (plugin / "pulumi-resource-kubernetes").exists():
        return home
    command = [
        *(str(commands / "pulumi"), "plugin", "install", "resource", "kubernetes"),
        *(KUBERNETES_PROVIDER_VERSION, "--file", str(provider / "pulumi-resource-kubernetes")),
    ]
    environment = {**os.environ, "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise LabError(f"the Kubernetes provider could not be installed: {result.stderr.strip()}")
    return home


def _key(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
