"""Helps with misspelt words."""

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Name the nearest known word, or all of them when none is near."""
    words = sorted(known)
    same = [candidate for candidate in words if candidate.lower() == word.lower()]
    near = same or difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f'Did you mean "{near[0]}"?'
    return f"Known: {', '.join(words)}." if words else "None is declared."
