import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with the launcher and the commands, and without an environment."""
    clone = tmp_path / "a clone"
    clone.mkdir()
    shutil.copy(ROOT / "kpr", clone)
    for folder in ("cli", "components"):
        (clone / folder).symlink_to(ROOT / folder)
    return clone


def kpr(clone: Path, *arguments: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [clone / "kpr", *arguments], cwd=cwd, input=stdin, capture_output=True, text=True, check=False
    )


def test_without_an_environment_it_says_how_to_get_one(clone: Path, tmp_path: Path) -> None:
    result = kpr(clone, "match", cwd=tmp_path)

    assert result.stderr == f"kpr: the project's environment is missing: run `make env` in {clone}\n"
    assert result.stdout == ""
    assert result.returncode == 2


def test_it_runs_our_commands_from_any_folder(clone: Path, tmp_path: Path) -> None:
    executable = clone / ".venv" / "bin" / "python"
    executable.parent.mkdir(parents=True)
    executable.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    executable.chmod(0o755)
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "cli").mkdir(parents=True)
    (elsewhere / "cli" / "__main__.py").write_text("raise SystemExit('the wrong cli')")

    result = kpr(clone, "match", cwd=elsewhere, stdin='{"secrets": [], "image": "acme/app"}\n[]\n')

    first, second = result.stdout.splitlines()
    assert '"repository": "index.docker.io/acme/app"' in first
    assert second == '{"error": "not a JSON object with \\"secrets\\" and \\"image\\""}'
    assert result.stderr == ""
    assert result.returncode == 1


def test_it_can_be_linked_into_the_path(clone: Path, tmp_path: Path) -> None:
    link = tmp_path / "kpr"
    link.symlink_to(clone / "kpr")

    result = subprocess.run([link, "match"], capture_output=True, text=True, check=False)

    assert f"run `make env` in {clone}" in result.stderr
