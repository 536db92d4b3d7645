"""Text as Go sees it: UTF-8 bytes, where whatever is not UTF-8 counts as U+FFFD, byte by byte."""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Replace lone surrogates by U+FFFD, which is what Go's JSON decoder makes of them."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def to_bytes(text: str) -> bytes:
    """Return the UTF-8 bytes of `text`."""
    return clean(text).encode()


def from_bytes(data: bytes) -> str:
    """Decode UTF-8; every byte that is not part of a valid sequence becomes one U+FFFD."""
    return clean(data.decode(errors="surrogateescape"))
