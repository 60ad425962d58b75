"""The events that Nuclio makes of records (nuclio-facts 3.4)."""

from __future__ import annotations

import uuid
from typing import Any

from .steps import StreamTrigger

KIND = "v3io-stream"
"""The trigger's kind, as an event names it: nuclio-facts 3.1."""


def event_of(
    trigger: StreamTrigger, shard: int, sequence_number: int, data: bytes, arrived: float
) -> dict[str, Any]:
    """The event of a record that `arrived` at a time, in seconds since the epoch: an event knows whole ones only."""
    return {
        "_id": str(uuid.uuid4()),
        "body": data,
        "shard_id": shard,
        "offset": sequence_number,
        "topic": trigger.path,
        "timestamp": int(arrived),
    }
