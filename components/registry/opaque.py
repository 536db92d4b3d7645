"""A value that is there but can't be read, such as an encrypted one without its passphrase."""

from enum import Enum
from typing import Final


class Opaque(Enum):
    """The type of `OPAQUE`: present, not empty, and otherwise unknown."""

    OPAQUE = "<encrypted>"

    def __str__(self) -> str:
        return self.value


OPAQUE: Final = Opaque.OPAQUE
"""Stands for a value that can't be read; checks that need the value are skipped, and said to be."""
