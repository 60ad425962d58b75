"""What v3io says of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FoundStream:
    """A stream that is there. `retention` is in hours; `lags` are the records that each consumer group is not done with."""

    shards: int
    retention: int
    lags: Mapping[str, int] = field(default_factory=dict)
