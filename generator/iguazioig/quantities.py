"""Kubernetes' quantities (`500m`, `128M`, `1Gi`) and Go's durations (`1m30s`, `250ms`)."""

from __future__ import annotations

import re
from decimal import Decimal

from .errors import printable

_SUFFIXES = {
    "": Decimal(1),
    **{suffix: Decimal(1000) ** power for power, suffix in zip(range(-3, 0), "num", strict=True)},
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", 1)},
}


_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:h|ms|m|s|us|µs|ns))+")
_PART = re.compile(r"([0-9.]+)([^0-9.]+)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_LONGEST = 40


def seconds(duration: str) -> float:
    """Seconds of a duration of Go. Raises ValueError."""
    if len(duration) > _LONGEST or not _DURATION.fullmatch(duration):
        wrong = f"`{printable(duration, 60)}` is no duration"
        raise ValueError(f"{wrong}; expected one such as `10s` or `250ms`")
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(duration))


def quantity(text: str) -> Decimal:
    """The number that a quantity of valid form stands for, such as `Decimal("0.5")` for `500m`."""
    found = re.fullmatch(r"([0-9.]+(?:[eE][-+]?[0-9]+)?)([A-Za-z]*)", text)
    if found is None:
        raise ValueError(f"`{text}` is not a Kubernetes quantity")
    return Decimal(found[1]) * _SUFFIXES[found[2]]
