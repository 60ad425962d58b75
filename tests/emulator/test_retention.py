"""v3io-protocol 2.4: old records go when new ones come, and their numbers are not used again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from iguazioig.emulator import V3ioError, paths, reading, streams
from iguazioig.emulator.database import open_store
from iguazioig.emulator.requests import Request
from iguazioig.emulator.retention import HOUR
from iguazioig.emulator.store import Store

STREAM = paths.of("projects", "orders")


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.time = 1_700_000_000 * 10**9

    def __call__(self) -> int:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> Iterator[Store]:
    """A store with a stream of two shards whose records are kept for an hour."""
    opened = open_store(clock=clock)
    streams.create(opened, STREAM, {"ShardCount": 2, "RetentionPeriodHours": 1})
    yield opened
    opened.close()


def put(store: Store, shard: int, *records: bytes) -> list[int | str]:
    incoming = [streams.Incoming(data, shard=shard) for data in records]
    return [
        result["SequenceNumber"]
        for result in streams.put(store, streams.find(store, STREAM), incoming)
    ]


def kept(store: Store) -> list[bytes]:
    return [data for (data,) in store.execute("SELECT data FROM record ORDER BY id")]


def seek(store: Store, body: bytes) -> str:
    answer = reading.seek_shard(store, Request(STREAM.inside("0"), {}, body))
    assert isinstance(answer.body, bytes)
    return answer.body.decode()


def test_records_are_kept_until_new_ones_come(store: Store, clock: Clock) -> None:
    put(store, 0, b"a", b"b")
    clock.time += 2 * HOUR
    assert kept(store) == [b"a", b"b"]
    assert put(store, 0, b"c") == [3]
    assert kept(store) == [b"c"]


def test_only_those_that_are_old_go(store: Store, clock: Clock) -> None:
    for data in (b"0", b"20", b"40"):
        put(store, 0, data)
        put(store, 1, data)
        clock.time += HOUR // 3
    clock.time += HOUR // 6
    put(store, 1, b"70")
    assert kept(store) == [b"20", b"20", b"40", b"40", b"70"]
    clock.time += HOUR // 3
    put(store, 0, b"90")
    assert kept(store) == [b"40", b"40", b"70", b"90"]


def test_a_shard_whose_records_are_all_gone_goes_on(store: Store, clock: Clock) -> None:
    put(store, 0, b"a", b"b", b"c")
    clock.time += 2 * HOUR
    put(store, 1, b"x")
    assert kept(store) == [b"x"]
    assert seek(store, b'{"Type":"EARLIEST"}') == seek(store, b'{"Type":"LATEST"}')
    assert put(store, 0, b"d") == [4]


def test_seeking_what_is_gone_is_seeking_the_earliest(store: Store, clock: Clock) -> None:
    put(store, 0, b"a", b"b")
    clock.time += 2 * HOUR
    put(store, 0, b"c")
    earliest = seek(store, b'{"Type":"EARLIEST"}')
    assert seek(store, b'{"Type":"SEQUENCE","StartingSequenceNumber":1}') == earliest
    assert seek(store, b'{"Type":"SEQUENCE","StartingSequenceNumber":3}') == earliest


def test_a_location_that_is_gone_is_illegal(store: Store, clock: Clock) -> None:
    put(store, 0, b"a", b"b")
    location = seek(store, b'{"Type":"EARLIEST"}')
    clock.time += 2 * HOUR
    put(store, 0, b"c")
    with pytest.raises(V3ioError, match="IllegalLocationException"):
        reading.get_records(store, Request(STREAM.inside("0"), {}, location.encode()))


def test_times_grow_though_the_clock_is_set_back(store: Store, clock: Clock) -> None:
    put(store, 0, b"a")
    clock.time -= 10 * HOUR
    put(store, 0, b"b")
    first, second = (time for (time,) in store.execute("SELECT arrival FROM record ORDER BY id"))
    assert second > first
