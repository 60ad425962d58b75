"""A record of a stream, as it is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a stream; `arrival` is in nanoseconds since 1970."""

    data: bytes
    partition_key: str | None
    client_info: bytes | None
    shard: int
    sequence_number: int
    arrival: int

    @property
    def json(self) -> Any:
        """The data, read as JSON."""
        return json.loads(self.data)
