"""Durations as Go writes them, such as `1m30s`. Source: Go's `time.ParseDuration`."""

import re
from decimal import Decimal

_UNITS = {
    "ns": Decimal("1e-9"),
    "us": Decimal("1e-6"),
    "µs": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)")
_DURATION = re.compile(rf"([+-]?)((?:{_PART.pattern})+)")


def seconds(text: str) -> Decimal | None:
    """Give the length of a duration in seconds; None if it is no duration."""
    if text in ("0", "+0", "-0"):
        return Decimal(0)
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    length = sum((Decimal(number) * _UNITS[unit] for number, unit in _PART.findall(match[2])), Decimal(0))
    return -length if match[1] == "-" else length
