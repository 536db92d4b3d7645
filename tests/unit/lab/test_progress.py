"""What is shown while the lab works."""

import io
import threading

import pytest
from rich.console import Console

from lab import progress
from lab.progress import Progress, duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.44, "9.4 s"),
        (9.5, "10 s"),
        (119.4, "119 s"),
        (119.6, "2 min 00 s"),
        (185, "3 min 05 s"),
        (3725, "62 min 05 s"),
    ],
)
def test_a_duration_as_a_person_writes_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.fixture
def shown() -> io.StringIO:
    return io.StringIO()


def test_a_step_is_shown_with_its_time(shown: io.StringIO) -> None:
    with Progress(Console(file=shown)).step("build example"):
        pass
    assert shown.getvalue() == "✓ build example · 0.0 s\n"


def test_a_failed_step_is_marked_and_raises(shown: io.StringIO) -> None:
    with pytest.raises(ZeroDivisionError), Progress(Console(file=shown)).step("build example"):
        _ = 1 / 0
    assert shown.getvalue() == "✗ build example · 0.0 s\n"


def test_a_long_step_says_how_far_it_is(shown: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.01)
    told = threading.Event()

    def detail() -> str:
        told.set()
        return "3 packages so far"

    with Progress(Console(file=shown)).step("build example", detail):
        assert told.wait(5)
    assert shown.getvalue().startswith("  build example · 0.0 s · 3 packages so far\n")
