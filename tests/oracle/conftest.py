"""Builds and starts the Go programs; reports how many cases were compared and how they came out."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab.errors import LabError
from lab.progress import Progress
from tests.oracle.programs import Oracle, build

DEFAULT_CASES = 2_000
FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def cases() -> int:
    """How many cases a property test compares: `KPR_ORACLE_CASES`, or few enough for every `make test`."""
    return int(os.environ.get("KPR_ORACLE_CASES", DEFAULT_CASES))


@pytest.fixture(scope="session")
def kubelet(pytestconfig: pytest.Config) -> Iterator[Oracle]:
    with _running("kubelet", pytestconfig) as oracle:
        yield oracle


@pytest.fixture(scope="session")
def knative(pytestconfig: pytest.Config) -> Iterator[Oracle]:
    with _running("knative", pytestconfig) as oracle:
        yield oracle


@pytest.fixture(scope="session")
def kubectl(pytestconfig: pytest.Config) -> Iterator[Oracle]:
    with _running("kubectl", pytestconfig) as oracle:
        yield oracle


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> list[str]:
    """Lines for the summary at the end of the run."""
    return pytestconfig.stash.setdefault(FIGURES, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = config.stash.get(FIGURES, [])
    if lines:
        terminalreporter.section("against the Go code")
        for line in lines:
            terminalreporter.write_line(line)


@contextmanager
def _running(name: str, config: pytest.Config) -> Iterator[Oracle]:
    capture = config.pluginmanager.getplugin("capturemanager")
    try:
        with capture.global_and_fixture_disabled():
            executable = build(name, Progress())
    except LabError as error:
        pytest.fail(str(error), pytrace=False)
    with Oracle(executable) as oracle:
        yield oracle
