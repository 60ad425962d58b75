"""Streams and what is put into them: v3io-protocol 2.1 to 2.4."""

from __future__ import annotations

import binascii
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from . import nodes, retention
from .errors import (
    V3ioError,
    busy,
    invalid_argument,
    invalid_shard_count,
    not_a_stream,
    resource_in_use,
    resource_not_found,
    shard_out_of_range,
)
from .nodes import MOST_SHARDS, Kind
from .paths import Target
from .requests import Answer, Request, answer_json, number, text
from .store import Shard, Store, Stream

MOST_HOURS = 365 * 24
MOST_RECORDS = 1000
LARGEST_RECORD = 2 * 1024 * 1024
LONGEST_KEY = 256

_INSERT = (
    "INSERT INTO record (shard, sequence, arrival, partition_key, client_info, data)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)
_TOUCH = "UPDATE node SET last=?, mtime=? WHERE id=?"


class Incoming(NamedTuple):
    """A record that is to be put."""

    data: bytes
    partition_key: str | None = None
    client_info: bytes | None = None
    shard: int | None = None


def create_stream(store: Store, request: Request) -> Answer:
    """CreateStream: v3io-protocol 2.1."""
    fields = request.json()
    target = request.target.inside(text(fields, "StreamName"))
    create(store, target, fields)
    return Answer(204)


def create(store: Store, target: Target, fields: Mapping[str, Any]) -> None:
    """Make a stream and the folders above it; V3ioError where the path exists.

    `fields` may have a `ShardCount` and `RetentionPeriodHours`.
    """
    shards = number(fields, "ShardCount", 1, least=1, most=MOST_SHARDS)
    hours = number(fields, "RetentionPeriodHours", 24, least=1, most=MOST_HOURS)
    if nodes.find(store, target) is not None:
        raise resource_in_use()
    above, name = target.split
    with store.transaction():
        parent = nodes.make_folders(store, target.container, above)
        made = nodes.add(store, parent, name, Kind.STREAM)
        store.execute("UPDATE node SET shards=?, hours=? WHERE id=?", (shards, hours, made.id))


def update_stream(store: Store, request: Request) -> Answer:
    """UpdateStream, which only lets a stream grow: v3io-protocol 2.2."""
    fields = request.json()
    target = request.target.inside(text(fields, "StreamName"))
    stream = find(store, target, otherwise="ResourceNotStreamException")
    shards = number(fields, "ShardCount", stream.shards, least=1, most=MOST_SHARDS)
    if shards < stream.shards:
        raise invalid_shard_count()
    with store.transaction():
        store.execute("UPDATE node SET shards=? WHERE id=?", (shards, stream.id))
    stream.shards = shards
    return Answer(204)


def describe_stream(store: Store, request: Request) -> Answer:
    """DescribeStream: v3io-protocol 2.3."""
    stream = find(store, request.target.inside(text(request.json(), "StreamName")))
    return answer_json({"ShardCount": stream.shards, "RetentionPeriodHours": stream.hours})


def find(store: Store, target: Target, *, otherwise: str | None = None) -> Stream:
    """The stream at a target; V3ioError where there is none.

    `otherwise` is the word for a folder that is no stream; without it that is as if nothing were there.
    """
    known = store.streams.get((target.container, target.path))
    if known is not None:
        return known
    node = nodes.find(store, target)
    if node is None or (node.kind != Kind.STREAM and otherwise is None):
        raise resource_not_found()
    if node.kind != Kind.STREAM:
        raise not_a_stream(otherwise or "")
    stream = Stream(node.id, node.shards or 0, node.hours or 0)
    query = "SELECT name, id, first, last FROM node WHERE parent=? AND kind=?"
    for name, *shard in store.execute(query, (node.id, Kind.SHARD)):
        stream.written[int(name)] = Shard(*shard)
    store.streams[target.container, target.path] = stream
    return stream


def put_records(store: Store, request: Request) -> Answer:
    """PutRecords, where each record succeeds or fails by itself: v3io-protocol 2.4."""
    fields = request.json()
    records = fields.get("Records")
    if not isinstance(records, list) or not 0 < len(records) <= MOST_RECORDS:
        raise invalid_argument(f"Records as a list of 1 to {MOST_RECORDS}")
    target = request.target.inside(text(fields, "StreamName"))
    stream = find(store, target, otherwise="ResourceIsnotStream")
    results = put(store, stream, [_read(record) for record in records], request.fails)
    failed = sum("ErrorCode" in result for result in results)
    answer = answer_json({"FailedRecordCount": failed, "Records": results})
    answer.written = (target.full, len(results) - failed)
    return answer


def _read(record: Any) -> Incoming:
    """One element of a request; V3ioError where it is none. An empty ClientInfo is none (v3io-protocol 2.4)."""
    if not isinstance(record, dict):
        raise invalid_argument("records that are JSON objects")
    data, key = record.get("Data"), record.get("PartitionKey")
    info, shard = record.get("ClientInfo"), record.get("ShardId")
    if key is not None and not isinstance(key, str):
        raise invalid_argument("PartitionKey as text")
    if shard is not None and type(shard) is not int:
        raise invalid_argument("ShardId as a whole number")
    return Incoming(
        _decode(data), key or None, None if info is None else _decode(info) or None, shard
    )


def _decode(text: Any) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except (TypeError, ValueError):
        raise invalid_argument("Data and ClientInfo in base64") from None


def put(
    store: Store,
    stream: Stream,
    records: Sequence[Incoming],
    fails: Callable[[int], bool] | None = None,
) -> list[dict[str, int | str]]:
    """Write records; for each its shard and sequence number, or why it failed, in their order.

    `fails` says which are to fail, by their place in the list.
    """
    arrival = store.now()
    rows: list[tuple[int, int, int, str | None, bytes | None, bytes]] = []
    results: list[dict[str, int | str]] = []
    touched: dict[int, Shard] = {}
    with store.transaction():
        for place, record in enumerate(records):
            try:
                if fails is not None and fails(place):
                    raise busy()
                number = _choose_shard(store, stream, record)
            except V3ioError as error:
                results.append(error.fields)
                continue
            data, key, info, _ = record
            shard = stream.written.get(number) or _make_shard(store, stream, number)
            shard.last += 1
            touched[number] = shard
            rows.append((shard.id, shard.last, arrival, key, info, data))
            results.append({"SequenceNumber": shard.last, "ShardId": number})
        store.executemany(_INSERT, rows)
        store.executemany(_TOUCH, [(each.last, arrival, each.id) for each in touched.values()])
        if arrival >= stream.expires:
            retention.trim(store, stream, arrival)
    return results


def _choose_shard(store: Store, stream: Stream, record: Incoming) -> int:
    """The shard for a record: its own, its key's, or the next in turn (v3io-protocol 2.9); V3ioError if it fails."""
    data, key, _, shard = record
    if len(data) > LARGEST_RECORD:
        raise invalid_argument(f"records of at most {LARGEST_RECORD} bytes")
    name = b"" if key is None else key.encode()
    if len(name) > LONGEST_KEY:
        raise invalid_argument(f"partition keys of at most {LONGEST_KEY} bytes")
    if shard is not None:
        if not 0 <= shard < stream.shards:
            raise shard_out_of_range()
        return shard
    if name:
        return zlib.crc32(name) % stream.shards
    turn = store.turns.get(stream.id, 0)
    store.turns[stream.id] = turn + 1
    return turn % stream.shards


def _make_shard(store: Store, stream: Stream, number: int) -> Shard:
    """A shard is there from its first record on: v3io-protocol 0.3."""
    made = nodes.add(store, stream.id, str(number), Kind.SHARD)
    store.execute("UPDATE node SET first=1, last=0 WHERE id=?", (made.id,))
    shard = stream.written[number] = Shard(made.id, 1, 0)
    return shard
