"""Go's `filepath.Match`, with which both readers compare one label of a host name.

Source: Go 1.26 `path/filepath/match.go` (Unix).
"""

from collections.abc import Callable
from functools import partial

_SEPARATOR = ord("/")


class _BadPatternError(ValueError):
    pass


def is_glob(label: bytes) -> bool:
    """Say whether `label` is anything but a literal."""
    return any(special in label for special in b"*?[\\")


def matcher(pattern: bytes) -> Callable[[bytes], bool]:
    """Return `match` for one pattern; with a single star, as most have, it takes no loop."""
    before, star, after = pattern.partition(b"*")
    if star and not is_glob(before + after):
        return partial(_match_one_star, before, after)
    return partial(match, pattern)


def match(pattern: bytes, name: bytes) -> bool:
    """Say whether `pattern` matches all of `name`; a malformed pattern matches nothing."""
    try:
        return _match(pattern, name)
    except _BadPatternError:
        return False


def _match_one_star(before: bytes, after: bytes, name: bytes) -> bool:
    return (
        name.startswith(before)
        and name.endswith(after)
        and len(name) >= len(before) + len(after)
        and _SEPARATOR not in name[len(before) : len(name) - len(after)]
    )


def _match(pattern: bytes, name: bytes) -> bool:
    while pattern:
        star, chunk, pattern = _next_chunk(pattern)
        if star and not chunk:
            return _SEPARATOR not in name
        rest = _match_chunk(chunk, name)
        if rest is not None and (not rest or pattern):
            name = rest
            continue
        if not star:
            return False
        for start in range(1, len(name) + 1):
            if name[start - 1] == _SEPARATOR:
                return False
            rest = _match_chunk(chunk, name[start:])
            if rest is not None and (pattern or not rest):
                name = rest
                break
        else:
            return False
    return not name


def _next_chunk(pattern: bytes) -> tuple[bool, bytes, bytes]:
    """Split off leading stars and the text up to the next star."""
    chunk = pattern.lstrip(b"*")
    star = len(chunk) < len(pattern)
    in_class = False
    index = 0
    while index < len(chunk):
        char = chunk[index : index + 1]
        if char == b"\\":
            index += 1
        elif char == b"[":
            in_class = True
        elif char == b"]":
            in_class = False
        elif char == b"*" and not in_class:
            break
        index += 1
    return star, chunk[:index], chunk[index:]


def _match_chunk(chunk: bytes, name: bytes) -> bytes | None:
    """Match `chunk` at the start of `name`; return what follows, or None.

    After a mismatch the rest of the chunk is still read, because it may be malformed.
    """
    failed = False
    while chunk:
        failed = failed or not name
        char = chunk[:1]
        if char == b"[":
            rune, size = (0, 0) if failed else _rune(name)
            name = name[size:]
            matched, chunk = _match_class(chunk[1:], rune)
            failed = failed or not matched
            continue
        if char == b"?":
            if not failed:
                failed = name[0] == _SEPARATOR
                name = name[_rune(name)[1] :]
            chunk = chunk[1:]
            continue
        if char == b"\\":
            chunk = chunk[1:]
            if not chunk:
                raise _BadPatternError
        if not failed:
            failed = chunk[0] != name[0]
            name = name[1:]
        chunk = chunk[1:]
    return None if failed else name


def _match_class(chunk: bytes, rune: int) -> tuple[bool, bytes]:
    """Match `rune` against the character class whose text starts `chunk`; return also what follows it."""
    negated = chunk.startswith(b"^")
    if negated:
        chunk = chunk[1:]
    matched = False
    first = True
    while first or not chunk.startswith(b"]"):
        first = False
        low, chunk = _class_rune(chunk)
        high = low
        if chunk.startswith(b"-"):
            high, chunk = _class_rune(chunk[1:])
        matched = matched or low <= rune <= high
    return matched != negated, chunk[1:]


def _class_rune(chunk: bytes) -> tuple[int, bytes]:
    if not chunk or chunk[:1] in (b"-", b"]"):
        raise _BadPatternError
    if chunk.startswith(b"\\"):
        chunk = chunk[1:]
        if not chunk:
            raise _BadPatternError
    rune, size = _rune(chunk)
    rest = chunk[size:]
    if (rune == 0xFFFD and size == 1) or not rest:
        raise _BadPatternError
    return rune, rest


def _rune(text: bytes) -> tuple[int, int]:
    """Decode the first character: its code point and its size; a byte that is not UTF-8 is U+FFFD."""
    for size in range(1, min(4, len(text)) + 1):
        try:
            return ord(text[:size].decode()), size
        except UnicodeDecodeError:
            continue
    return 0xFFFD, 1
