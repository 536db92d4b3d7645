"""A program that uses the installed package is checked by its types."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import components
from tests.installed import ROOT, Installed

CONSUMER = Path(__file__).parent / "consumer"
PROGRAM = CONSUMER / "program.py"
MISTAKES = CONSUMER / "mistakes.py"
Mypy = Callable[..., subprocess.CompletedProcess[str]]
PLACE = re.compile(r"(?P<file>[^:]+):(?P<line>\d+): error: .*\[(?P<code>[a-z-]+)\]$")


@pytest.fixture(scope="module")
def mypy(installed: Installed, pytestconfig: pytest.Config) -> Mypy:
    """Give a function that runs `mypy --strict` with the installed package."""

    def run(*files: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                *(sys.executable, "-m", "mypy", "--strict", "--config-file="),
                *("--python-executable", installed.python),
                *("--cache-dir", pytestconfig.cache.mkdir("types-of-the-installed")),
                *files,
            ],
            # mypy finds a module beside the program where the program runs.
            cwd=files[0].parent if len(files) == 1 else installed.elsewhere,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="module")
def errors(mypy: Mypy) -> dict[str, list[tuple[int, str]]]:
    """What the type checker says about both programs: line and code by file."""
    result = mypy(PROGRAM, MISTAKES)
    assert result.stderr == ""
    # Else it would have checked nothing.
    assert result.returncode == 1
    found: dict[str, list[tuple[int, str]]] = {PROGRAM.name: [], MISTAKES.name: []}
    for line in result.stdout.splitlines():
        if place := PLACE.fullmatch(line):
            found[Path(place["file"]).name].append((int(place["line"]), place["code"]))
    return found


def test_right_arguments_have_the_right_types(errors: dict[str, list[tuple[int, str]]]) -> None:
    assert errors[PROGRAM.name] == []


def test_every_mistake_is_found(errors: dict[str, list[tuple[int, str]]]) -> None:
    expected = [
        (number, code)
        for number, line in enumerate(MISTAKES.read_text(encoding="utf-8").splitlines(), start=1)
        for code in re.findall(r"# mistake: ([a-z-]+)$", line)
    ]
    assert len(expected) > 10
    assert errors[MISTAKES.name] == expected


def test_the_program_uses_every_public_name() -> None:
    (imported,) = [
        {alias.name for alias in node.names}
        for node in ast.walk(ast.parse(PROGRAM.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "knative_private_registry"
    ]
    assert sorted(imported) == sorted(components.__all__)


@pytest.mark.parametrize("project", ["examples/platform", "examples/consumer", "tests/lab/composition"])
def test_other_projects_have_the_right_types(mypy: Mypy, project: str) -> None:
    result = mypy(ROOT / project / "__main__.py")
    assert (result.returncode, result.stderr) == (0, ""), result.stdout
