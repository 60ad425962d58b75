"""Streams from outside: what is put into them and read from them, through v3io's own client."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import RunError
from .consumer_group import committed_name

MOST_RECORDS = 1000  # of one PutRecords: v3io-protocol 2.10
MOST_BYTES = 5 * 1024 * 1024  # of one PutRecords, before base64: v3io-protocol 2.10
ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class StreamPlace:
    """Where a stream is, and what people call it; `key` names the field of a message that is its partition key."""

    name: str
    container: str
    path: str
    key: str | None = None

    @property
    def full(self) -> str:
        """Container and path, as in `projects/orders/streams/orders`."""
        return f"{self.container}/{self.path.strip('/')}"


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """A record of a stream; `arrived` is in seconds since the epoch."""

    shard: int
    sequence_number: int
    partition_key: str | None
    arrived: float
    data: bytes

    def to_dict(self) -> dict[str, Any]:
        """As a JSON object; a body that is no UTF-8 is written with escapes."""
        return {
            "shard": self.shard,
            "sequence_number": self.sequence_number,
            "partition_key": self.partition_key,
            "arrived": self.arrived,
            "body": self.data.decode(errors="backslashreplace"),
        }


def connect(api: str, access_key: str) -> Any:
    """v3io's client. Raises RunError for an address that is none."""
    import v3io.dataplane

    try:
        return v3io.dataplane.Client(
            endpoint=api, access_key=access_key, max_connections=1, logger_verbosity="CRITICAL"
        )
    except ValueError as error:
        raise RunError(f"V3IO_API is `{api}`: {error}") from error


def shard_count(client: Any, place: StreamPlace) -> int:
    """How many shards a stream has. Raises RunError where it is not there."""
    answer = _ask(client.stream.describe, place.container, place.path)
    if answer.status_code == 404:
        raise RunError(f"there is no stream `{place.full}`: {answer.body.decode(errors='replace')}")
    if answer.status_code >= 300:
        raise RunError(f"`{place.full}`: v3io answered {answer.status_code}, {answer.body!r}")
    return int(answer.output.shard_count)


def _ask(method: Any, *arguments: Any, **options: Any) -> Any:
    """The answer of v3io, which may be an error. Raises RunError where there is none."""
    try:
        return method(*arguments, raise_for_status="never", **options)
    except Exception as error:
        raise RunError(
            f"no answer from v3io: {error}; is it running, and is V3IO_API right?"
        ) from error


def put(client: Any, place: StreamPlace, messages: Iterable[bytes]) -> int:
    """Put messages into a stream, in order, and say how many. Raises RunError for what it does not take."""
    count = 0
    for batch in batches(record(message, place.key) for message in messages):
        todo = batch
        for attempt in range(ATTEMPTS):
            answer = _ask(client.stream.put_records, place.container, place.path, todo)
            if answer.status_code == 200:
                results = answer.output.records
                failures = [each for each in results if each.error_code is not None]
                todo = [
                    each
                    for each, result in zip(todo, results, strict=True)
                    if result.error_code is not None
                ]
                why = failures[0].error_message if failures else ""
            else:
                why = f"v3io answered {answer.status_code}, {answer.body.decode(errors='replace')}"
                if answer.status_code not in (429, 503):
                    break
            if not todo:
                break
            time.sleep(random.uniform(0, 0.05 * 2**attempt))
        if todo:
            raise RunError(
                f"`{place.full}` does not take {len(todo)} of {len(batch)} records: {why}"
            )
        count += len(batch)
    return count


def record(message: bytes, key: str | None) -> dict[str, Any]:
    """A record as v3io's client takes it; its partition key is a field of the message, where that is a text."""
    value = _field(message, key) if key else None
    return {"data": message, "partition_key": value} if value else {"data": message}


def _field(message: bytes, key: str) -> str | None:
    try:
        value = json.loads(message)[key]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return (
        value if isinstance(value, str) and 0 < len(value.encode(errors="replace")) <= 256 else None
    )


def batches(records: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Records in requests of the size that v3io takes."""
    batch: list[dict[str, Any]] = []
    size = 0
    for each in records:
        if batch and (len(batch) == MOST_RECORDS or size + len(each["data"]) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += len(each["data"])
    if batch:
        yield batch


class Reader:
    """Reads on in a stream, all of its shards: `read` returns what has come since it was last called."""

    def __init__(self, client: Any, place: StreamPlace, *, start: str = "earliest") -> None:
        self.client, self.place, self.start = client, place, start
        self.shards = range(shard_count(client, place))
        self._locations: dict[int, str] = {}
        self._look_for_shards()
        self.start = "earliest"  # of shards that are not there yet: they begin while somebody reads

    def _look_for_shards(self) -> None:
        for shard in self.shards:
            if shard not in self._locations:
                answer = _ask(
                    self.client.stream.seek,
                    self.place.container,
                    self.place.path,
                    shard,
                    self.start.upper(),
                )
                if answer.status_code == 200:
                    self._locations[shard] = answer.output.location

    def read(self) -> list[StreamRecord]:
        """The next records: each shard's in order, the shards one after the other."""
        self._look_for_shards()
        return [each for shard in sorted(self._locations) for each in self._read_shard(shard)]

    def _read_shard(self, shard: int) -> Iterator[StreamRecord]:
        while True:
            answer = _ask(
                self.client.stream.get_records,
                self.place.container,
                self.place.path,
                shard,
                self._locations[shard],
                limit=MOST_RECORDS,
            )
            if answer.status_code >= 300:
                raise RunError(
                    f"`{self.place.full}`, shard {shard}: v3io answered {answer.status_code}, {answer.body!r}"
                )
            self._locations[shard] = answer.output.next_location
            if not answer.output.records:
                return
            for each in answer.output.records:
                arrived = each.arrival_time_sec + each.arrival_time_nsec / 1e9
                yield StreamRecord(
                    shard, each.sequence_number, each.partition_key, arrived, each.data
                )


def positions(
    client: Any, place: StreamPlace, shards: int, groups: Iterable[str]
) -> dict[int, tuple[int, dict[str, int]]]:
    """By shard: the last sequence number in it, and up to where each consumer group is done with it."""
    names = {group: committed_name(group) for group in groups}
    found = {}
    for shard in range(shards):
        answer = _ask(
            client.kv.get,
            place.container,
            place.path.strip("/"),
            str(shard),
            attribute_names=["__last_sequence_num", *names.values()],
        )
        item: Mapping[str, Any] = {}
        if answer.status_code != 404:  # a shard is not there before its first record
            item = answer.output.item if answer.status_code == 200 and answer.output else {}
            if "__last_sequence_num" not in item:
                raise RunError(
                    f"`{place.full}`, shard {shard}: v3io answered {answer.status_code},"
                    f" {answer.body[:200]!r}"
                )
        done = {group: int(item.get(name, 0)) for group, name in names.items()}
        found[shard] = int(item.get("__last_sequence_num", 0)), done
    return found
