"""Streams from outside: what is put into them and read from them, through v3io's own client."""

from __future__ import annotations

import base64
import json
import random
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import RunError
from .consumer_group import committed_name

MOST_RECORDS = 1000  # of one PutRecords: v3io-protocol 2.10
MOST_BYTES = 5 * 1024 * 1024  # of one PutRecords, before base64: v3io-protocol 2.10
RECORD_BYTES, KEY_BYTES = 1024 * 1024, 256  # what a record holds: v3io-protocol 2.10
ATTEMPTS = 8


class NoAnswerError(RunError):
    """Nobody answers where v3io is said to be."""


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
        """As a JSON object; the body is `json` where it is that, else `text`, else `base64`."""
        return {
            "shard": self.shard,
            "sequence_number": self.sequence_number,
            "partition_key": self.partition_key,
            "arrived": self.arrived,
            **_body(self.data),
        }


def _body(data: bytes) -> dict[str, Any]:
    try:
        return {"json": json.loads(data)}
    except (ValueError, RecursionError):
        pass
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


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
        hint = "; is V3IO_ACCESS_KEY right?" if answer.status_code in (401, 403) else ""
        raise RunError(
            f"`{place.full}`: v3io answered {answer.status_code}, {answer.body[:200]!r}{hint}"
        )
    return int(answer.output.shard_count)


def _ask(method: Any, *arguments: Any, **options: Any) -> Any:
    """The answer of v3io, which may be an error. Raises NoAnswerError."""
    try:
        return method(*arguments, raise_for_status="never", **options)
    except Exception as error:  # whatever the client raises
        raise NoAnswerError(f"no answer from v3io: {error}") from error


def put(client: Any, place: StreamPlace, messages: Sequence[bytes]) -> int:
    """Put messages into a stream, in order, and say how many.

    What v3io refuses for now is tried again before anything else of its key. Raises RunError for what it does not take, and
    NoAnswerError where it does not answer: it may have taken what was in its hands.
    """
    for number, message in enumerate(messages, 1):
        if len(message) > RECORD_BYTES:
            raise RunError(
                f"message {number} has {len(message):,} bytes; a record holds {RECORD_BYTES:,}"
            )
    sent = 0
    for batch in batches(record(message, place.key) for message in messages):
        try:
            _put(client, place, batch)
        except RunError as error:
            there = f"{sent:,} of {len(messages):,} messages are in `{place.full}`"
            raise type(error)(f"{there}, the next ones may be not: {error}") from error
        sent += len(batch)
    return sent


def _put(client: Any, place: StreamPlace, batch: list[dict[str, Any]]) -> None:
    todo, why = batch, ""
    for attempt in range(ATTEMPTS):
        answer = _ask(client.stream.put_records, place.container, place.path, todo)
        if answer.status_code == 200:
            results = list(zip(todo, answer.output.records, strict=True))
            todo = [each for each, result in results if result.error_code is not None]
            why = next((str(each.error_message) for _, each in results if each.error_code), "")
        else:
            why = f"v3io answered {answer.status_code}, {answer.body.decode(errors='replace')}"
            if answer.status_code not in (429, 503):
                break
        if not todo:
            return
        time.sleep(random.uniform(0, 0.05 * 2**attempt))
    raise RunError(f"`{place.full}` does not take {len(todo)} of {len(batch)} records: {why}")


def record(message: bytes, key: str | None) -> dict[str, Any]:
    """A record as v3io's client takes it; its partition key is a field of the message, where a record can have it."""
    value = _field(message, key) if key else None
    return {"data": message, "partition_key": value} if value else {"data": message}


def _field(message: bytes, key: str) -> str | None:
    try:
        value = json.loads(message)[key]
        return value if 0 < len(value.encode()) <= KEY_BYTES else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def remarks(messages: Sequence[bytes], key: str | None) -> list[str]:
    """What a person may not have meant: messages that generated steps give up, or that have no order."""
    no_json = no_key = 0
    for message in messages:
        try:
            is_object = isinstance(json.loads(message), dict)
        except (ValueError, RecursionError):
            is_object = False
        no_json += not is_object
        no_key += is_object and key is not None and _field(message, key) is None
    found = []
    if no_json:
        found.append(f"{no_json:,} of {len(messages):,} messages are no JSON objects")
    if no_key:
        found.append(
            f"{no_key:,} of {len(messages):,} messages have no text as partition key `{key}`"
        )
    return found


def batches(records: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Records in requests of the size that v3io takes, with one record of a partition key in each.

    Records of a request fail one by one: so none can overtake an earlier one of its key.
    """
    batch: list[dict[str, Any]] = []
    keys: set[str] = set()
    size = 0
    for each in records:
        key, length = each.get("partition_key"), len(each["data"])
        if batch and (len(batch) == MOST_RECORDS or size + length > MOST_BYTES or key in keys):
            yield batch
            batch, keys, size = [], set(), 0
        batch.append(each)
        keys |= {key} if key else set()
        size += length
    if batch:
        yield batch


class Reader:
    """Reads on in a stream, all of its shards: `read` returns what has come since it was last called."""

    def __init__(self, client: Any, place: StreamPlace, *, start: str = "earliest") -> None:
        self.client, self.place, self.start = client, place, start
        self.shards = range(shard_count(client, place))
        self._locations: dict[int, str] = {}
        self._found: list[StreamRecord] = []
        self._look_for_shards()
        self.start = "earliest"  # of shards that are not there yet: they begin while somebody reads

    def read(self) -> list[StreamRecord]:
        """The next records: each shard's in order, the shards one after the other.

        Raises RunError; what was read before comes with the next call then.
        """
        self._look_for_shards()
        for shard in sorted(self._locations):
            while self._read_on(shard):
                pass
        found, self._found = self._found, []
        return found

    def _look_for_shards(self) -> None:
        for shard in self.shards:
            if shard not in self._locations:
                answer = self._seek(shard, self.start)
                if answer.status_code != 404:  # a shard is not there before its first record
                    self._locations[shard] = self._right(shard, answer).location

    def _seek(self, shard: int, start: str) -> Any:
        place = self.place
        return _ask(self.client.stream.seek, place.container, place.path, shard, start.upper())

    def _read_on(self, shard: int) -> bool:
        """Read the next records of a shard; return whether there may be more."""
        answer = self._get_records(shard)
        if answer.status_code >= 300 and b"IllegalLocation" in answer.body:  # retention took it
            self._locations[shard] = self._right(shard, self._seek(shard, "earliest")).location
            answer = self._get_records(shard)
        output = self._right(shard, answer)
        self._locations[shard] = output.next_location
        for each in output.records:
            arrived = each.arrival_time_sec + each.arrival_time_nsec / 1e9
            self._found.append(
                StreamRecord(shard, each.sequence_number, each.partition_key, arrived, each.data)
            )
        return bool(output.records)

    def _get_records(self, shard: int) -> Any:
        location = self._locations[shard]
        return _ask(
            self.client.stream.get_records,
            self.place.container,
            self.place.path,
            shard,
            location,
            limit=MOST_RECORDS,
        )

    def _right(self, shard: int, answer: Any) -> Any:
        """What an answer says. Raises RunError where it says that something is wrong."""
        if answer.status_code != 200:
            raise RunError(
                f"`{self.place.full}`, shard {shard}: v3io answered {answer.status_code},"
                f" {answer.body[:200]!r}"
            )
        return answer.output


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
