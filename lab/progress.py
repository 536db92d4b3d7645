"""Tells what the lab is doing: a live line on a terminal, plain lines elsewhere."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console

QUIET_SECONDS = 30
"""How often a long step says that it still runs where there is no terminal."""


def duration(seconds: float) -> str:
    """Return seconds as a person writes them: `0.4 s`, `12 s`, `3 min 05 s`."""
    if seconds < 9.5:
        return f"{seconds:.1f} s"
    if seconds < 119.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


@dataclass
class Progress:
    """Steps in order, each with the time that it took."""

    console: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    @contextmanager
    def step(self, title: str, detail: Callable[[], str] = str) -> Iterator[None]:
        """Show `title` while the block runs and its time afterwards; `detail` says how far it is."""
        start = time.monotonic()

        def line() -> str:
            return " · ".join(filter(None, [title, duration(time.monotonic() - start), detail()]))

        done = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(line, done), daemon=True)
        ticker.start()
        try:
            yield
        except BaseException:
            self._stop(ticker, done)
            self.console.print(f"[red]✗[/red] {title} · {duration(time.monotonic() - start)}")
            raise
        self._stop(ticker, done)
        self.console.print(f"[green]✓[/green] {title} · {duration(time.monotonic() - start)}")

    def _tick(self, line: Callable[[], str], done: threading.Event) -> None:
        if not self.console.is_terminal:
            while not done.wait(QUIET_SECONDS):
                self.console.print(f"  {line()}")
            return
        with self.console.status(line()) as status:
            while not done.wait(0.5):
                status.update(line())

    @staticmethod
    def _stop(ticker: threading.Thread, done: threading.Event) -> None:
        done.set()
        ticker.join()
