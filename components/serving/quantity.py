"""Kubernetes quantities in the form in which the API server writes them.

Source: apimachinery `pkg/api/resource/quantity.go` (`ParseQuantity`, `CanonicalizeBytes`).
"""

import re
from decimal import ROUND_UP, Context, Decimal

_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d{1,3})?"
)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_NANO = Decimal("1e-9")
_LARGEST = 2**63 - 1
# Wide enough to be exact for any number that fits into a quantity.
_EXACT = Context(prec=400, Emax=9999, Emin=-9999)


class QuantityError(ValueError):
    """Not a quantity of Kubernetes."""


def canonical(quantity: str) -> str:
    """Write a quantity as the API server does: `1000m` is `1`, `1024Mi` is `1Gi`, `0.5` is `500m`.

    Raises QuantityError.
    """
    match = _QUANTITY.fullmatch(quantity)
    if match is None:
        raise QuantityError(
            "is not a quantity. Write a number with a suffix such as m, k, M, G, Ki, Mi or Gi"
        )
    suffix = match["suffix"] or ""
    number = Decimal(match["number"])
    binary = suffix.endswith("i")
    if binary:
        value = _EXACT.multiply(number, Decimal(1024 ** _BINARY.index(suffix)))
    else:
        exponent = _DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:])
        value = number.scaleb(exponent, _EXACT)
    # Away from zero: whoever asks for a little gets a little.
    value = value.quantize(_NANO, rounding=ROUND_UP, context=_EXACT)
    if abs(value) > _LARGEST:
        raise QuantityError("is too large a quantity. Kubernetes counts up to 8E")
    if value == 0:
        return "0"
    # Less than one Ki, or parts of it, have no binary suffix and are read as decimal the next time.
    if binary and _EXACT.remainder(value, Decimal(1024)) == 0:
        return _in_binary(int(value))
    mantissa, exponent = _in_decimal(int(value.scaleb(9, _EXACT)))
    if suffix in _DECIMAL or binary:
        return f"{mantissa}{_symbol(exponent)}"
    return f"{mantissa}e{exponent}" if exponent else f"{mantissa}"


def _in_binary(value: int) -> str:
    power = 0
    while value % 1024 == 0 and power < len(_BINARY) - 1:
        value //= 1024
        power += 1
    return f"{value}{_BINARY[power]}"


def _in_decimal(nanos: int) -> tuple[int, int]:
    exponent = -9
    while nanos % 1000 == 0:
        nanos //= 1000
        exponent += 3
    return nanos, exponent


def _symbol(exponent: int) -> str:
    return next(symbol for symbol, power in _DECIMAL.items() if power == exponent)
