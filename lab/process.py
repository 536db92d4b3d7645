"""Host processes of the lab: started once, remembered by pid and start time, asked whether they are well."""

import contextlib
import json
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from lab import paths
from lab.errors import LabError

LAST_LINES = 15


@dataclass(frozen=True, kw_only=True)
class Process:
    """A long-running command in the lab's network namespace."""

    name: str
    command: Sequence[str | Path]
    healthy: Callable[[], bool]
    """Asks the process itself; must return within seconds and not raise."""
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        """The file with all that it printed."""
        return paths.LOGS / f"{self.name}.log"

    @property
    def record(self) -> Path:
        """The file that remembers which process it is."""
        return paths.RUN / "processes" / f"{self.name}.json"

    def running(self) -> psutil.Process | None:
        """Return the living process, or None; a later process with the same pid is not it."""
        try:
            remembered = json.loads(self.record.read_text())
            process = psutil.Process(remembered["pid"])
            if process.create_time() == remembered["started"] and process.status() != psutil.STATUS_ZOMBIE:
                return process
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            pass
        return None

    def start(self, enter: Sequence[str]) -> None:
        """Start it unless it runs; `enter` is the command that puts it into the namespace.

        Raises LabError when its address is taken.
        """
        if self.running():
            return
        if self.healthy():
            raise LabError(
                f"something else answers where {self.name} should listen. End it and try again; "
                f"to find it: {shlex.join(enter)} ss --listening --tcp --processes"
            )
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.record.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                [*enter, *map(str, self.command)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                cwd="/",
                start_new_session=True,
            )
        started = psutil.Process(child.pid).create_time()
        self.record.write_text(json.dumps({"pid": child.pid, "started": started}))

    def wait(self, seconds: float) -> None:
        """Return when it is healthy; raise LabError with its last lines when it ends or time runs out."""
        deadline = time.monotonic() + seconds
        while not self.healthy():
            ended = self.running() is None
            if ended or time.monotonic() > deadline:
                what = "ended" if ended else f"is not healthy after {seconds:.0f} s"
                raise LabError(f"{self.name} {what}; its last lines ({self.log}):\n{self.last_lines()}")
            time.sleep(0.2)

    def last_lines(self) -> str:
        """Return the end of its log, indented."""
        if not self.log.exists():
            return "  (it printed nothing)"
        return "\n".join(
            f"  {line}" for line in self.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        )

    def stop(self, seconds: float = 5) -> None:
        """Ask it to end, then end it."""
        if process := self.running():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
            end([process], seconds)


def end(processes: Sequence[psutil.Process], seconds: float = 0) -> None:
    """Wait for processes to end and kill those that have not."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
    psutil.wait_procs(alive, timeout=5)
