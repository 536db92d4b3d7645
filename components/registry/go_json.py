"""JSON as Go's `encoding/json` accepts it, keeping what a Python dict would lose.

Go matches field names without regard to case, lets a later duplicate win, and treats `null` as "leave it
as it is". So objects stay lists of pairs here, and `field_values` applies Go's name matching.

Source: Go 1.26 `encoding/json/decode.go`, `scanner.go`, `fold.go`.
"""

import json
from typing import Any, NoReturn

from . import go_text


class JSONError(ValueError):
    """Text that is not one JSON value."""


class Object(tuple[tuple[str, Any], ...]):
    """A JSON object: its members in order, duplicates kept."""

    __slots__ = ()


class Number(str):
    """A JSON number, not converted."""

    __slots__ = ()


def loads(text: str) -> Any:
    """Decode one JSON value: `Object`, list, str, `Number`, bool or None.

    Raises `JSONError`. Nesting is limited by Python's recursion limit (about 1,000 levels; Go allows 10,000).
    """
    try:
        return _DECODER.decode(go_text.clean(text))
    except json.JSONDecodeError as error:
        raise JSONError(f"{error.msg} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise JSONError("nested too deeply") from None


def field_values(members: Object, name: str) -> list[Any]:
    """Return the values that Go stores into the struct field `name`, in order."""
    folded = name.upper()
    return [value for key, value in members if key == name or _fold(key) == folded]


# The only letters outside ASCII that Go folds onto ASCII ones: LATIN SMALL LETTER LONG S and KELVIN SIGN.
_FOLD_TO_ASCII = str.maketrans({"\u017f": "S", "\u212a": "K"})


def _fold(key: str) -> str:
    folded = key.translate(_FOLD_TO_ASCII)
    return folded.upper() if folded.isascii() else key


def _object(pairs: list[tuple[str, Any]]) -> Object:
    return Object((go_text.clean(key), _clean(value)) for key, value in pairs)


def _clean(value: Any) -> Any:
    # An escape such as \ud800 is a lone surrogate only after decoding.
    return go_text.clean(value) if type(value) is str else value


def _refuse(constant: str) -> NoReturn:
    raise json.JSONDecodeError(f"{constant} is not JSON", "", 0)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=Number, parse_float=Number, parse_constant=_refuse
)
