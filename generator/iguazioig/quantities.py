"""Kubernetes' quantities: `500m`, `128M`, `1Gi`."""

from __future__ import annotations

import re
from decimal import Decimal

_SUFFIXES = {
    "": Decimal(1),
    **{suffix: Decimal(1000) ** power for power, suffix in zip(range(-3, 0), "num", strict=True)},
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", 1)},
}


def quantity(text: str) -> Decimal:
    """The number that a quantity of valid form stands for, such as `Decimal("0.5")` for `500m`."""
    found = re.fullmatch(r"([0-9.]+(?:[eE][-+]?[0-9]+)?)([A-Za-z]*)", text)
    if found is None:
        raise ValueError(f"`{text}` is not a Kubernetes quantity")
    return Decimal(found[1]) * _SUFFIXES[found[2]]
