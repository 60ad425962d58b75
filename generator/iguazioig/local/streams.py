"""Streams from outside: where they are, what is in them, and how far their readers are; through v3io's own client."""

from __future__ import annotations

import base64
import contextlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import RunError
from .consumer_group import committed_name

MOST_RECORDS = 1000  # of one GetRecords


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

    def to_json(self) -> str:
        """As a JSON object; the body is `json` where it is that, else `text`, else `base64`."""
        known = {
            "shard": self.shard,
            "sequence_number": self.sequence_number,
            "partition_key": self.partition_key,
            "arrived": self.arrived,
        }
        for name, read in (("json", json.loads), ("text", bytes.decode)):
            # what Python takes for JSON may be NaN, which is none, or too deep to be written again
            with contextlib.suppress(ValueError, RecursionError):
                return json.dumps({**known, name: read(self.data)}, allow_nan=False)
        return json.dumps({**known, "base64": base64.b64encode(self.data).decode()})


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
    answer = ask(client.stream.describe, place.container, place.path)
    if answer.status_code == 404:
        raise RunError(f"there is no stream `{place.full}`: {answer.body.decode(errors='replace')}")
    if answer.status_code >= 300:
        hint = "; is V3IO_ACCESS_KEY right?" if answer.status_code in (401, 403) else ""
        raise RunError(
            f"`{place.full}`: v3io answered {answer.status_code}, {answer.body[:200]!r}{hint}"
        )
    return int(answer.output.shard_count)


def ask(method: Any, *arguments: Any, **options: Any) -> Any:
    """The answer of v3io, which may be an error. Raises NoAnswerError."""
    try:
        return method(*arguments, raise_for_status="never", **options)
    except Exception as error:  # whatever the client raises
        raise NoAnswerError(f"no answer from v3io: {error}") from error


class Reader:
    """Reads on in a stream, all of its shards: what has come since it was last asked.

    RunError leaves it where it is: what was read before comes the next time.
    """

    def __init__(self, client: Any, place: StreamPlace, *, start: str = "earliest") -> None:
        self.client, self.place, self.start = client, place, start
        self.shards = range(shard_count(client, place))
        self._locations: dict[int, str] = {}
        self._waiting: dict[int, deque[StreamRecord]] = {each: deque() for each in self.shards}
        self._look_for_shards()
        self.start = "earliest"  # of shards that are not there yet: they begin while somebody reads

    def read(self) -> list[StreamRecord]:
        """All that has come: each shard's records in order, the shards one after the other. Raises RunError."""
        self._look_for_shards()
        for shard in sorted(self._locations):
            while self._read_on(shard):
                pass
        found = [each for waiting in self._waiting.values() for each in waiting]
        for waiting in self._waiting.values():
            waiting.clear()
        return found

    def records(self) -> Iterator[StreamRecord]:
        """What has come in the order of its arrival, read as it is taken. Raises RunError."""
        self._look_for_shards()
        todo = sorted(self._locations)
        while todo := [each for each in todo if self._waiting[each] or self._read_on(each)]:
            first = min((self._waiting[each] for each in todo), key=lambda each: each[0].arrived)
            yield first.popleft()

    def _look_for_shards(self) -> None:
        for shard in self.shards:
            if shard not in self._locations:
                answer = self._seek(shard, self.start)
                if answer.status_code != 404:  # a shard is not there before its first record
                    self._locations[shard] = self._right(shard, answer).location

    def _seek(self, shard: int, start: str) -> Any:
        place = self.place
        return ask(self.client.stream.seek, place.container, place.path, shard, start.upper())

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
            self._waiting[shard].append(
                StreamRecord(shard, each.sequence_number, each.partition_key, arrived, each.data)
            )
        return bool(output.records)

    def _get_records(self, shard: int) -> Any:
        location = self._locations[shard]
        return ask(
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
            raise _wrong(self.place, shard, answer)
        return answer.output


def _wrong(place: StreamPlace, shard: int, answer: Any) -> RunError:
    text = f"v3io answered {answer.status_code}, {answer.body[:200]!r}"
    return RunError(f"`{place.full}`, shard {shard}: {text}")


def positions(
    client: Any, place: StreamPlace, shards: int, groups: Iterable[str]
) -> dict[int, tuple[int, dict[str, int]]]:
    """By shard: the last sequence number in it, and up to where each consumer group is done with it."""
    names = {group: committed_name(group) for group in groups}
    found = {}
    for shard in range(shards):
        answer = ask(
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
                raise _wrong(place, shard, answer)
        done = {group: int(item.get(name, 0)) for group, name in names.items()}
        found[shard] = int(item.get("__last_sequence_num", 0)), done
    return found
