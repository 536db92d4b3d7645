"""Brings the lab up for the tests and leaves it as they found it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab import lifecycle, machine, paths, toolchain
from lab.errors import LabError
from lab.progress import Progress, duration
from tests.lab.running_lab import RunningLab

FIGURES = pytest.StashKey[list[str]]()
LAST = "test_takeover.py"
"""Ends the lab, so that no other test may come after it."""


@pytest.fixture(scope="session", autouse=True)
def _lab_machine(pytestconfig: pytest.Config) -> None:
    try:
        machine.require_lab_machine()
    except LabError as error:
        pytest.skip(str(error))
    with _shown(pytestconfig):
        machine.install_packages(Progress())


@pytest.fixture(scope="session")
def lab(pytestconfig: pytest.Config) -> Iterator[RunningLab]:
    """The lab, up. One of this checkout that was there before stays; any other goes in the end."""
    found = lifecycle.owner() == paths.CLONE
    with _shown(pytestconfig):
        running = RunningLab(toolchain.prepare(Progress()), found)
        start = time.monotonic()
        # Not in this process, whose children the lab's processes would be.
        result = subprocess.run([sys.executable, "-m", "lab", "up"], cwd=paths.CLONE, check=False)
    assert result.returncode == 0, "the lab does not come up; it says above why"
    pytestconfig.stash.setdefault(FIGURES, []).append(
        f"up of the lab {'as it was found' if found else 'from nothing'}: "
        + duration(time.monotonic() - start)
    )
    yield running
    if found:
        running.up()
    else:
        lifecycle.down(Progress())


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> list[str]:
    """Lines for the summary at the end of the run."""
    return pytestconfig.stash.setdefault(FIGURES, [])


@pytest.fixture(scope="session")
def hello_image(lab: RunningLab) -> str:
    """The sample image in the protected registry, by digest."""
    return lab.push_hello()


@contextmanager
def _shown(config: pytest.Config) -> Iterator[None]:
    """Let the progress of long steps be seen."""
    capture = config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name == LAST)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = config.stash.get(FIGURES, [])
    if lines:
        terminalreporter.section("the lab")
        for line in lines:
            terminalreporter.write_line(line)
