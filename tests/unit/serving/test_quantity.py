"""Quantities as the API server writes them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.serving.quantity import QuantityError, canonical


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        (".5", "500m"),
        ("1.", "1"),
        ("1.5", "1500m"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Gi", "512Mi"),
        ("1000000000", "1G"),
        ("134217728", "134217728"),
        ("250m", "250m"),
        ("100", "100"),
        ("0", "0"),
        ("0Mi", "0"),
        ("+1", "1"),
        ("-1000", "-1k"),
        ("1e3", "1e3"),
        ("1000e0", "1e3"),
        ("12E6", "12e6"),
        ("3E", "3E"),
        ("0.0000000001", "1n"),
        ("1937.5Ki", "1984k"),
        ("0.3Ki", "307200m"),
        ("512Ki", "512Ki"),
    ],
)
def test_canonical(given_: str, expected: str) -> None:
    assert canonical(given_) == expected


@pytest.mark.parametrize("text", ["", "1 GB", "1GB", "1gi", "m", "1,5", "1e", "--1", "0x10", "1Ki1"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(
        QuantityError, match=r"^is not a quantity\. Write a number with a suffix such as m, k"
    ):
        canonical(text)


def test_what_is_too_large() -> None:
    with pytest.raises(QuantityError, match=r"^is too large a quantity\. Kubernetes counts up to 8E$"):
        canonical("8Ei")


NUMBERS = st.decimals(min_value=Decimal("0.001"), max_value=Decimal(10**6), places=3)
SUFFIXES = st.sampled_from(["", "m", "k", "M", "G", "Ki", "Mi", "Gi", "e3", "e-3"])


@given(number=NUMBERS, suffix=SUFFIXES)
def test_canonical_stays_as_it_is(number: Decimal, suffix: str) -> None:
    once = canonical(f"{number:f}{suffix}")
    assert canonical(once) == once
