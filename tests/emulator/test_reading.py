"""v3io-protocol 2.5 and 2.6 over the wire."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from iguazioig.emulator import V3io
from wire import Answer, ask, call, encoded, put

STREAM = "/projects/orders"
SHARD = f"{STREAM}/0"


@pytest.fixture
def stream(either_v3io: V3io) -> V3io:
    """A server with the records b"0" to b"9" in shard 0 of a stream of two shards."""
    either_v3io.create_stream("projects", "orders", shards=2)
    put(either_v3io, STREAM, *[str(number).encode() for number in range(10)], ShardId=0)
    return either_v3io


def seek(v3io: V3io, kind: str, shard: str = SHARD, **fields: Any) -> str:
    answer = call(v3io, "SeekShard", shard, Type=kind, **fields)
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "application/json"
    location = answer.json["Location"]
    assert base64.b64encode(base64.b64decode(location)).decode() == location
    return str(location)


def get(v3io: V3io, location: str, shard: str = SHARD, **fields: Any) -> Answer:
    return call(v3io, "GetRecords", shard, Location=location, **fields)


def data(answer: Answer) -> list[bytes]:
    assert answer.status == 200, answer.body
    return [base64.b64decode(record["Data"]) for record in answer.json["Records"]]


def from_here(v3io: V3io, location: str) -> list[bytes]:
    return data(get(v3io, location))


def test_seeking_the_earliest_and_the_latest(stream: V3io) -> None:
    assert from_here(stream, seek(stream, "EARLIEST"))[:2] == [b"0", b"1"]
    latest = seek(stream, "LATEST")
    assert from_here(stream, latest) == []
    put(stream, STREAM, b"new", ShardId=0)
    assert from_here(stream, latest) == [b"new"]


def test_seeking_a_sequence_number(stream: V3io) -> None:
    assert from_here(stream, seek(stream, "SEQUENCE", StartingSequenceNumber=8))[0] == b"7"
    assert from_here(stream, seek(stream, "SEQUENCE", StartSequenceNumber=8))[0] == b"7"
    assert from_here(stream, seek(stream, "SEQUENCE", StartingSequenceNumber=0))[0] == b"0"
    # Where one goes on who has read everything: v3io-protocol 0.3.
    assert from_here(stream, seek(stream, "SEQUENCE", StartingSequenceNumber=11)) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"Type": "SEQUENCE", "StartingSequenceNumber": 12},
        {"Type": "SEQUENCE", "StartingSequenceNumber": -1},
        {"Type": "SEQUENCE", "StartingSequenceNumber": "1"},
        {"Type": "SEQUENCE"},
        {"Type": "TIME", "TimestampSec": -1},
        {"Type": "TIME", "TimestampSec": 10**30},
        {"Type": "earliest"},
        {"Type": 5},
        {},
    ],
)
def test_what_cannot_be_sought_is_refused(stream: V3io, fields: dict[str, Any]) -> None:
    status, code, message = call(stream, "SeekShard", SHARD, **fields).error
    assert (status, code) == (400, -201326592)
    assert message.startswith("InvalidArgumentException")


def test_seeking_a_time(stream: V3io) -> None:
    second, later = [stream.records("projects", "orders")[0].arrival, 0]
    put(stream, STREAM, b"later", ShardId=0)
    later = stream.records("projects", "orders")[-1].arrival
    assert later > second

    def sought(nanoseconds: int) -> list[bytes]:
        seconds, rest = divmod(nanoseconds, 10**9)
        return from_here(stream, seek(stream, "TIME", TimestampSec=seconds, TimestampNSec=rest))

    assert sought(0)[0] == b"0"
    assert sought(second)[0] == b"0"
    assert sought(second + 1) == sought(later) == [b"later"]
    assert sought(later + 1) == []


def test_the_function_may_be_called_seek_and_the_shard_be_in_the_body(stream: V3io) -> None:
    assert call(stream, "Seek", f"{SHARD}/", Type="EARLIEST").status == 200
    assert call(stream, "seekshard", f"{STREAM}/", ShardId=0, Type="EARLIEST").status == 200
    assert call(stream, "SeekShard", "/projects//orders//0", Type="EARLIEST").status == 200
    assert call(stream, "SeekShard", STREAM, ShardId="0", Type="EARLIEST").error[0] == 400


def test_a_shard_is_not_there_before_its_first_record(stream: V3io) -> None:
    shard = f"{STREAM}/1"
    for answer in (
        call(stream, "SeekShard", shard, Type="EARLIEST"),
        get(stream, seek(stream, "EARLIEST"), shard),
        get(stream, "", shard),
    ):
        assert answer.error[::2] == (404, "ResourceNotFoundException")
    assert call(stream, "GetItem", shard).error[0] == 404
    put(stream, STREAM, b"x", ShardId=1)
    assert from_here(stream, seek(stream, "EARLIEST")) != []
    assert data(get(stream, seek(stream, "EARLIEST", shard), shard)) == [b"x"]


def test_a_shard_that_the_stream_cannot_have(stream: V3io) -> None:
    for number in ("2", "4096"):
        answer = call(stream, "SeekShard", f"{STREAM}/{number}", Type="EARLIEST")
        assert answer.error == (400, -201326594, "ShardIDOutOfRangeException")
    for name in ("00", "+1", "x", "١", "9" * 200):
        shard = f"{STREAM}/{name}".encode().decode("latin-1")
        quoted = "".join(char if char.isascii() else f"%{ord(char):02X}" for char in shard)
        answer = call(stream, "SeekShard", quoted, Type="EARLIEST")
        assert answer.error[::2] == (404, "ResourceNotFoundException")


def test_records_come_as_they_were_put(stream: V3io) -> None:
    before = time.time_ns()
    put(stream, STREAM, b"\0\xff", ShardId=0, PartitionKey="käse", ClientInfo=encoded(b"info"))
    location = seek(stream, "SEQUENCE", StartingSequenceNumber=10)
    bare, full = get(stream, location).json["Records"]
    assert sorted(bare) == ["ArrivalTimeNSec", "ArrivalTimeSec", "Data", "SequenceNumber"]
    arrival = full.pop("ArrivalTimeSec") * 10**9 + full.pop("ArrivalTimeNSec")
    assert before <= arrival <= time.time_ns()
    assert full == {
        "SequenceNumber": 11,
        "Data": encoded(b"\0\xff"),
        "ClientInfo": encoded(b"info"),
        "PartitionKey": "käse",
    }


def test_reading_goes_on_at_the_next_location(stream: V3io) -> None:
    location, read, behind = seek(stream, "EARLIEST"), [], []
    for _ in range(4):
        answer = get(stream, location, Limit=4)
        read.append(data(answer))
        behind.append(answer.json["RecordsBehindLatest"])
        location = answer.json["NextLocation"]
    assert [len(each) for each in read] == [4, 4, 2, 0]
    assert [each for part in read for each in part] == [
        str(number).encode() for number in range(10)
    ]
    assert behind == [6, 2, 0, 0]


def test_how_far_behind_one_is_in_time(stream: V3io) -> None:
    answer = get(stream, seek(stream, "EARLIEST"), Limit=10)
    assert answer.json["MSecBehindLatest"] == 0
    put(stream, STREAM, b"x", ShardId=0)
    first, last = (stream.records("projects", "orders")[index].arrival for index in (0, -1))
    answer = get(stream, seek(stream, "EARLIEST"), Limit=10)
    assert answer.json["MSecBehindLatest"] == (last - first) // 1_000_000


def test_without_a_limit_1000_records_come(stream: V3io) -> None:
    put(stream, STREAM, *[b""] * 1000, ShardId=0)
    assert len(from_here(stream, seek(stream, "EARLIEST"))) == 1000
    assert len(data(get(stream, seek(stream, "EARLIEST"), Limit=2000))) == 1010


@pytest.mark.parametrize("limit", [0, -1, "4", 1.5, True])
def test_a_limit_is_a_number_from_1(stream: V3io, limit: Any) -> None:
    assert get(stream, seek(stream, "EARLIEST"), Limit=limit).error[0] == 400


def test_an_answer_has_at_most_10_mb_and_at_least_a_record(stream: V3io) -> None:
    for _ in range(6):
        put(stream, STREAM, b"x" * 2 * 1024 * 1024, ShardId=0)
    answer = get(stream, seek(stream, "SEQUENCE", StartingSequenceNumber=11))
    assert len(answer.json["Records"]) == 3
    assert len(answer.body) < 10 * 1024 * 1024
    assert answer.json["RecordsBehindLatest"] == 3


def test_a_location_that_no_record_has_is_illegal(stream: V3io) -> None:
    put(stream, STREAM, b"x", ShardId=1)
    others = seek(stream, "EARLIEST", f"{STREAM}/1")
    for location in ("", "garbage", "AQ==", "é", others, "AQAAAAAAAAAAAAAAAAAAAA=="):
        status, _, message = get(stream, location).error
        assert (status, message) == (400, "IllegalLocationException")
    assert get(stream, 5).error[0] == 400  # type: ignore[arg-type]


def test_a_location_does_not_outlive_its_stream(stream: V3io) -> None:
    location = seek(stream, "EARLIEST")
    ask(stream, "DELETE", STREAM)
    stream.create_stream("projects", "orders", shards=2)
    put(stream, STREAM, b"x", ShardId=0)
    assert get(stream, location).error[2] == "IllegalLocationException"
