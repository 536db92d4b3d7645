"""Tools that the machine has already, of a version that fits: they are used instead of building."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from lab import paths
from lab.tools import (
    KUBERNETES_COMMANDS,
    KUBERNETES_PROVIDER_VERSION,
    KUBERNETES_VERSION,
    PYTHON_HOST_COMMANDS,
)

PULUMI_OLDEST = (3, 229)
PULUMI_COMMANDS = ("pulumi", *PYTHON_HOST_COMMANDS)


def find() -> dict[str, Path]:
    """Return the folder of each tool, by its name under `lab/tools`, that needs no building."""
    found = {
        "kubernetes": _kubernetes(),
        "pulumi": _pulumi(),
        "pulumi-resource-kubernetes": _provider(),
    }
    if found["pulumi"]:
        # An official Pulumi brings its language hosts along.
        found["pulumi-language-python"] = found["pulumi"]
        if (found["pulumi"] / "pulumi-language-yaml").exists():
            found["pulumi-language-yaml"] = found["pulumi"]
    # In a shell with the lab's own environment its built tools are on PATH: those are not the machine's.
    cache = paths.cache().resolve()
    return {name: folder for name, folder in found.items() if folder and cache not in folder.parents}


def _pulumi() -> Path | None:
    executable = shutil.which("pulumi")
    if not executable:
        return None
    folder = Path(executable).resolve().parent
    if not all((folder / command).exists() for command in PULUMI_COMMANDS):
        return None
    version = re.match(r"v3\.(\d+)", _output(executable, "version"))
    return folder if version and (3, int(version[1])) >= PULUMI_OLDEST else None


def _kubernetes() -> Path | None:
    folders = {
        Path(path).resolve().parent for command in KUBERNETES_COMMANDS if (path := shutil.which(command))
    }
    if len(folders) != 1 or not all(shutil.which(command) for command in KUBERNETES_COMMANDS):
        return None
    series = KUBERNETES_VERSION.rpartition(".")[0]
    fits = all(
        re.search(rf"\bv{re.escape(series)}\.", _output(command, *arguments))
        for command in KUBERNETES_COMMANDS
        for arguments in [("version", "--client") if command == "kubectl" else ("--version",)]
    )
    return folders.pop() if fits else None


def _provider() -> Path | None:
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    folder = home / "plugins" / f"resource-kubernetes-v{KUBERNETES_PROVIDER_VERSION}"
    return folder if (folder / "pulumi-resource-kubernetes").exists() else None


def _output(*command: str) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout
