"""What can be wrong with a configuration, and how it is said.

A problem names the key and the way out. It never shows a value: any value may be a credential that was
put under the wrong key.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and what to do."""

    project: str
    path: Path
    message: str

    def __str__(self) -> str:
        return f"{self.project}:{dotted(self.path)}: {self.message}"


class InvalidConfig(Exception):  # noqa: N818 - the name says what is the case
    """A configuration that cannot be used, with all its problems."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def dotted(path: Path) -> str:
    """Write a path as `pulumi config set --path` takes it."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text


def set_secret(path: Path) -> str:
    """Give the command that sets a credential; the CLI asks for the value."""
    return f"pulumi config set --secret --path {_quoted(dotted(path))}"


def set_plain(path: Path, value: str) -> str:
    """Give the command that sets a value."""
    return f"pulumi config set --path {_quoted(dotted(path))} {value}"


def _quoted(word: str) -> str:
    return f"'{word}'" if re.search(r"[^\w.-]", word) else word
