"""Installs the package as its users do: pip, a fresh environment, and nothing of the checkout."""

import shutil
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Installed:
    """The package in an environment of its own."""

    environment: Path
    elsewhere: Path
    """An empty folder to run in."""
    wheel: Path

    @property
    def python(self) -> Path:
        return self.environment / "bin" / "python"

    def run(self, program: str) -> str:
        """Run a program with the installed package; fail with what it says."""
        result = subprocess.run(
            [self.python, "-W", "error", "-c", program],
            cwd=self.elsewhere,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def files(self) -> list[str]:
        """Return what the wheel holds."""
        with ZipFile(self.wheel) as wheel:
            return sorted(wheel.namelist())


def install(folder: Path) -> Installed:
    """Install the repository with pip, in a new environment in a folder.

    The dependencies come from the environment of the tests, where pip finds them as the package declares
    them: nothing is downloaded.
    """
    # A build leaves files in the tree that it builds.
    source = folder / "repository"
    shutil.copytree(
        ROOT,
        source,
        ignore=shutil.ignore_patterns(".*", "__pycache__", "build", "*.egg-info", "testdata", "tools"),
    )
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    environment = folder / "environment"
    venv.create(environment, with_pip=False)
    here = Path(sysconfig.get_path("purelib"))
    there = environment / here.relative_to(sys.prefix)
    (there / "dependencies.pth").write_text(f"{here}\n")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    offline = ["--no-index", "--no-build-isolation"]
    _run([*pip, "wheel", *offline, "--no-deps", f"--wheel-dir={folder}", source])
    (wheel,) = folder.glob("*.whl")
    installed = Installed(environment, elsewhere, wheel)
    _run([*pip, "--python", installed.python, "install", "--no-index", wheel])
    return installed


def _run(command: list[str | Path]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
