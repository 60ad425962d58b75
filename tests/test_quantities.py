from __future__ import annotations

from decimal import Decimal

import pytest
from iguazioig.quantities import quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("2", "2"),
        ("2.", "2"),
        (".5", "0.5"),
        ("0.25", "0.25"),
        ("500m", "0.5"),
        ("3u", "0.000003"),
        ("7n", "0.000000007"),
        ("2k", "2000"),
        ("128M", "128000000"),
        ("1G", "1000000000"),
        ("1Ki", "1024"),
        ("1Gi", "1073741824"),
        ("1.5Gi", "1610612736"),
        ("2E", "2000000000000000000"),
        ("2Ei", "2305843009213693952"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("5e-1", "0.5"),
        ("1e+2", "100"),
    ],
)
def test_the_number_of_a_quantity(text: str, number: str) -> None:
    assert quantity(text) == Decimal(number)


def test_quantities_are_compared_as_numbers() -> None:
    assert quantity("1000m") == quantity("1")
    assert quantity("1G") < quantity("1Gi")
    assert quantity("1e3") == quantity("1k")


@pytest.mark.parametrize("text", ["", "Gi", "-1", "1 Gi", "1,5", "one"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="is not a Kubernetes quantity"):
        quantity(text)
