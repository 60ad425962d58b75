"""Reading shards: v3io-protocol 2.5 and 2.6."""

from __future__ import annotations

import base64
import binascii
import struct
from typing import Any

from .errors import (
    illegal_location,
    invalid_argument,
    resource_not_found,
    shard_out_of_range,
)
from .nodes import shard_number
from .paths import Target
from .requests import BILLION, Answer, Request, answer_json, number, text
from .retention import arrival, first_since
from .store import Shard, Store
from .streams import find

DEFAULT_LIMIT = 1000
LARGEST_ANSWER = 10 * 1024 * 1024

_LOCATION = struct.Struct("<QQ")
_AROUND_A_RECORD = 150
"""About how many bytes of an answer a record takes besides what it holds."""


def seek_shard(store: Store, request: Request) -> Answer:
    """SeekShard: where to read on, by time, number or end."""
    fields = request.json()
    shard = _find_shard(store, request.target, fields)
    return answer_json({"Location": _location(shard, _seek(store, shard, fields))})


def _seek(store: Store, shard: Shard, fields: dict[str, Any]) -> int:
    match text(fields, "Type"):
        case "EARLIEST":
            return shard.first
        case "LATEST":
            return shard.last + 1
        case "TIME":
            seconds = number(fields, "TimestampSec", 0, most=2**32)
            return first_since(store, shard, seconds * BILLION + number(fields, "TimestampNSec", 0))
        case "SEQUENCE":
            return _seek_sequence(shard, fields)
    raise invalid_argument("Type as one of EARLIEST, LATEST, SEQUENCE, TIME")


def _seek_sequence(shard: Shard, fields: dict[str, Any]) -> int:
    """The last number + 1 is where one goes on who has read all; what is no longer kept is the earliest."""
    name = "StartingSequenceNumber"
    if fields.get(name) is None:
        name = "StartSequenceNumber"
    sequence = number(fields, name, -1)
    if not 0 <= sequence <= shard.last + 1:
        raise invalid_argument(
            "StartingSequenceNumber as the number of a record, or the next one's"
        )
    return max(sequence, shard.first)


def get_records(store: Store, request: Request) -> Answer:
    """GetRecords: what is there now from a location on, maybe nothing; it never waits."""
    fields = request.json()
    shard = _find_shard(store, request.target, fields)
    start = _sequence(shard, text(fields, "Location"))
    records, arrived = _read(store, shard, start, number(fields, "Limit", DEFAULT_LIMIT, least=1))
    end = start + len(records)
    behind = shard.last + 1 - end
    late = arrival(store, shard, shard.last) - arrived if behind else 0
    return answer_json(
        {
            "NextLocation": _location(shard, end),
            "MSecBehindLatest": late // 1_000_000,
            "RecordsBehindLatest": behind,
            "Records": records,
        }
    )


def _read(store: Store, shard: Shard, start: int, limit: int) -> tuple[list[dict[str, Any]], int]:
    """Records from a number on, and when the last of them arrived; at least one, if there is one."""
    records: list[dict[str, Any]] = []
    size = arrived = 0
    rows = store.execute(
        "SELECT sequence, arrival, partition_key, client_info, data FROM record"
        " WHERE shard=? AND sequence>=? ORDER BY sequence LIMIT ?",
        (shard.id, start, limit),
    )
    for sequence, time, key, info, data in rows:
        size += _AROUND_A_RECORD + 4 * (len(data) + len(info or b"")) // 3 + len(key or "")
        if records and size > LARGEST_ANSWER:
            break
        arrived = time
        record = {
            "ArrivalTimeSec": time // BILLION,
            "ArrivalTimeNSec": time % BILLION,
            "SequenceNumber": sequence,
            "Data": _encode(data),
        }
        if info is not None:
            record["ClientInfo"] = _encode(info)
        if key is not None:
            record["PartitionKey"] = key
        records.append(record)
    rows.close()
    return records, arrived


def _encode(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def _find_shard(store: Store, target: Target, fields: dict[str, Any]) -> Shard:
    """The shard that a path or the fields of a body name; V3ioError before its first record (v3io-protocol 0.3)."""
    shard = fields.get("ShardId")
    if shard is not None and type(shard) is not int:
        raise invalid_argument("ShardId as a whole number")
    target = target.inside(text(fields, "StreamName"), "" if shard is None else str(shard))
    above, name = target.split
    stream = find(store, Target(target.container, above))
    known = shard_number(name)
    if known is None:
        raise resource_not_found()
    if known >= stream.shards:
        raise shard_out_of_range()
    if known not in stream.written:
        raise resource_not_found()
    return stream.written[known]


def _location(shard: Shard, sequence: int) -> str:
    """A place in a shard: no other shard's, and not the next one's of the same name."""
    return base64.b64encode(_LOCATION.pack(sequence, shard.id)).decode()


def _sequence(shard: Shard, location: str) -> int:
    """The number of the record at a location; V3ioError where it is not one of this shard now."""
    try:
        sequence, owner = _LOCATION.unpack(binascii.a2b_base64(location, strict_mode=True))
    except (ValueError, struct.error):
        raise illegal_location() from None
    if owner != shard.id or not shard.first <= sequence <= shard.last + 1:
        raise illegal_location()
    return int(sequence)
