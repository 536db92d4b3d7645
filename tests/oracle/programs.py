"""The Go programs that hold the real code: built once into the cache, then asked line by line."""

import hashlib
import json
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lab import paths
from lab.build import BUILD_ENVIRONMENT, Go, find_go
from lab.errors import LabError
from lab.progress import Progress

SOURCES = Path(__file__).parent
LAST_LINES = 20


def build(name: str, progress: Progress) -> Path:
    """Return the executable of the Go module in the folder `name`, built if the cache lacks it.

    Raises LabError when there is no Go, or when it cannot build the module.
    """
    go = find_go(progress)
    executable = paths.cache() / "oracle" / _key(SOURCES / name, go) / name
    if not executable.exists():
        with progress.step(f"build the {name} oracle (minutes the first time, then from the cache)"):
            _build(name, go, executable)
    return executable


def _key(source: Path, go: Go) -> str:
    digest = hashlib.sha256(f"{go.version} {sorted(BUILD_ENVIRONMENT.items())}".encode())
    for file in sorted(source.iterdir()):
        digest.update(f"\n{file.name}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _build(name: str, go: Go, executable: Path) -> None:
    executable.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=executable.parent) as scratch:
        built = Path(scratch) / name
        command = [go.executable, "build", "-ldflags", "-s -w", "-o", str(built), "."]
        result = subprocess.run(
            command, cwd=SOURCES / name, env=go.environment(), capture_output=True, text=True, check=False
        )
        if result.returncode:
            settings = [f"{key}={shlex.quote(value)}" for key, value in BUILD_ENVIRONMENT.items()]
            repeat = f"cd {SOURCES / name} && {' '.join(settings)} {go.executable} build -o /dev/null ."
            lines = result.stderr.splitlines()[-LAST_LINES:]
            raise LabError(
                "\n  ".join([f"the {name} oracle does not build:", *lines]) + f"\nTo repeat it: {repeat}"
            )
        # Whole or not at all: another test run may be building the same.
        built.rename(executable)


class Oracle:
    """A running Go program that answers one JSON line with one JSON line."""

    def __init__(self, executable: Path) -> None:
        self._process = subprocess.Popen(
            [executable], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=10)

    def send(self, request: Mapping[str, Any]) -> None:
        """Hand over a request; its answer is the next that `receive` returns."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        """Return the answer to the oldest request that has not been answered."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the Go program ended; its message is above"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a request."""
        self.send(request)
        return self.receive()
