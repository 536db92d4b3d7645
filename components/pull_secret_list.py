"""The arithmetic of a list of pull secrets that has several owners."""

from collections.abc import Sequence


def with_ours(
    current: Sequence[str], ours: Sequence[str], *, previously_ours: Sequence[str] = ()
) -> list[str]:
    """Give the list with our entries in it.

    Entries that are there stay where they are, whoever put them there; missing ones are appended in our
    order; those that were ours and no longer are go.
    """
    kept = without(current, [name for name in previously_ours if name not in ours])
    return kept + [name for name in dict.fromkeys(ours) if name not in kept]


def without(current: Sequence[str], ours: Sequence[str]) -> list[str]:
    """Give the list without our entries; the others keep their order."""
    return [name for name in current if name not in ours]
