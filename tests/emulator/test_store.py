"""What is kept, and what was acknowledged, whatever happens to the server."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from iguazioig.emulator import (
    EmulatorError,
    V3ioError,
    deletion,
    items,
    nodes,
    paths,
    serve,
    streams,
)
from iguazioig.emulator.database import open_store
from iguazioig.emulator.requests import Request
from server_process import Running, Starter, starter
from wire import ask, call, connect, encoded, put

RUNS = 100
STREAM = "/projects/s"


@pytest.fixture
def servers() -> Iterator[Starter]:
    with starter() as running:
        yield running


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    with serve(data=tmp_path / "new" / "folder", containers=("mine",)) as v3io:
        v3io.create_stream("mine", "a/s", shards=3, retention_hours=7)
        v3io.put("mine", "a/s", [{"n": number} for number in range(10)], key="n")
        records, ends = v3io.records("mine", "a/s"), v3io.ends("mine", "a/s")
        call(v3io, "PutItem", "/mine/t/k", Item={"a": {"N": "1.50"}})
        item = call(v3io, "GetItem", "/mine/t/k", AttributesToGet="**").json
        ask(v3io, "PUT", "/mine/o", b"content")
        shard = next(iter(ends))
        location = call(v3io, "SeekShard", f"/mine/a/s/{shard}", Type="EARLIEST").json["Location"]
    with serve(data=str(tmp_path / "new" / "folder")) as v3io:
        assert v3io.records("mine", "a/s") == records
        assert v3io.ends("mine", "a/s") == ends
        described = call(v3io, "DescribeStream", "/mine/a/s").json
        assert described == {"ShardCount": 3, "RetentionPeriodHours": 7}
        assert call(v3io, "GetItem", "/mine/t/k", AttributesToGet="**").json == item
        assert ask(v3io, "GET", "/mine/o").body == b"content"
        read = call(v3io, "GetRecords", f"/mine/a/s/{shard}", Location=location)
        assert len(read.json["Records"]) == ends[shard]
        again = put(v3io, "/mine/a/s", b"x", ShardId=shard)
        assert again.json["Records"][0]["SequenceNumber"] == ends[shard] + 1


def test_a_second_server_on_the_folder_is_refused(tmp_path: Path) -> None:
    refused = rf"is in use by process {os.getpid()}: stop that one, or choose another folder"
    with serve(data=tmp_path) as v3io:
        v3io.create_stream("projects", "s")
        with pytest.raises(EmulatorError, match=refused), serve(data=tmp_path):
            pass
        assert call(v3io, "DescribeStream", STREAM).status == 200
    with serve(data=tmp_path) as v3io:
        assert call(v3io, "DescribeStream", STREAM).status == 200


def test_a_folder_is_free_as_soon_as_its_server_is_killed(servers: Starter, tmp_path: Path) -> None:
    running = servers.start(data=str(tmp_path))
    with pytest.raises(EmulatorError, match=f"process {running.pid}"), serve(data=tmp_path):
        pass
    servers.kill(running)
    with serve(data=tmp_path) as v3io:
        assert ask(v3io, "GET", "/bigdata").status == 200


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0 but no more"])
def test_a_file_that_is_not_ours_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "v3io.sqlite3"
    path.write_bytes(content * 100)
    with (
        pytest.raises(EmulatorError, match="choose another folder for --data"),
        serve(data=tmp_path),
    ):
        pass
    assert path.read_bytes() == content * 100


def test_a_database_of_others_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "v3io.sqlite3")
    connection.execute("CREATE TABLE node (id INTEGER)")
    connection.close()
    with (
        pytest.raises(EmulatorError, match="was not written by this version"),
        serve(data=tmp_path),
    ):
        pass


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(EmulatorError, match="cannot be written"), serve(data=path):
            pass


def test_times_grow_over_a_restart_though_the_clock_is_set_back(tmp_path: Path) -> None:
    def written(time: int) -> str:
        store = open_store(tmp_path, clock=lambda: time)
        request = Request(paths.of("projects", "t/k"), {}, b'{"Item":{}}')
        verifier = items.put_item(store, request).headers["X-v3io-transaction-verifier"]
        store.close()
        return verifier

    assert written(2 * 10**18).startswith("__mtime_secs==2000000000 and __mtime_nsecs==")
    assert written(10**18).startswith("__mtime_secs==2000000000 and __mtime_nsecs==")
    assert written(3 * 10**18).startswith("__mtime_secs==3000000000 and __mtime_nsecs==")


class Writer(threading.Thread):
    """Writes until the server is gone, and remembers what was acknowledged."""

    def __init__(self, running: Running, run: int) -> None:
        super().__init__()
        self.connection = connect(running)
        self.run_number = run
        self.acknowledged: dict[tuple[int, int], bytes] = {}
        self.updates = 0

    def ask(self, function: str, path: str, **fields: Any) -> Any:
        self.connection.request("PUT", path, json.dumps(fields), {"X-v3io-function": function})
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return json.loads(body or b"null")

    def write(self, number: int) -> None:
        data = [f"{self.run_number}/{number}/{place}".encode() for place in range(number % 5 + 1)]
        records = [{"Data": encoded(each)} for each in data]
        answer = self.ask("PutRecords", STREAM, Records=records)
        for each, result in zip(data, answer["Records"], strict=True):
            self.acknowledged[result["ShardId"], result["SequenceNumber"]] = each

    def update(self) -> None:
        self.ask("UpdateItem", "/projects/t/k", UpdateExpression="n = n + 1")
        self.updates += 1

    def run(self) -> None:
        try:
            while True:
                self.update()
        except (OSError, HTTPException):
            self.connection.close()


def test_kill_9_at_any_moment_loses_nothing_that_was_acknowledged(
    servers: Starter, tmp_path: Path
) -> None:
    acknowledged: dict[tuple[int, int], bytes] = {}
    updates = 0
    for run in range(RUNS + 1):
        running = servers.start(data=str(tmp_path))
        if run:
            updates = check(running, acknowledged, updates)
        else:
            assert call(running, "CreateStream", STREAM, ShardCount=2).status == 204
            assert call(running, "PutItem", "/projects/t/k", Item={"n": {"N": "0"}}).status == 200
        writer, other = Writer(running, run), Writer(running, run)
        for number in range(run % 7 + 1):
            writer.write(number)
        other.start()
        # The last one is on its way, or being written, or just acknowledged, when the server dies.
        killing = threading.Timer(run * 50e-6, os.kill, (running.pid, signal.SIGKILL))
        killing.start()
        try:
            for number in range(10, 10_000):
                writer.write(number)
        except (OSError, HTTPException):
            writer.connection.close()
        killing.join()
        other.join()
        assert servers.ended() == -signal.SIGKILL
        acknowledged |= writer.acknowledged
        updates += other.updates
    assert len(acknowledged) > RUNS


def check(running: Running, acknowledged: dict[tuple[int, int], bytes], updates: int) -> int:
    """Every record is where it was acknowledged, numbers have no gap, and updates are counted; how many there are."""
    item = call(running, "GetItem", "/projects/t/k").json["Item"]
    assert updates <= int(item["n"]["N"]) <= updates + 1
    kept: dict[tuple[int, int], str] = {}
    for shard in {shard for shard, _ in acknowledged}:
        path = f"{STREAM}/{shard}"
        location = call(running, "SeekShard", path, Type="EARLIEST").json["Location"]
        read = call(running, "GetRecords", path, Location=location, Limit=10**6).json["Records"]
        assert [each["SequenceNumber"] for each in read] == list(range(1, len(read) + 1))
        kept |= {(shard, each["SequenceNumber"]): each["Data"] for each in read}
    for place, data in acknowledged.items():
        assert kept[place] == encoded(data)
    return int(item["n"]["N"])


def test_a_full_disk_is_an_answer_and_the_server_goes_on(servers: Starter, tmp_path: Path) -> None:
    running: Any = servers.start(data=str(tmp_path), largest_file=2_000_000)
    assert call(running, "CreateStream", STREAM).status == 204
    answers = [put(running, STREAM, b"x" * 100_000) for _ in range(40)]
    done = [answer for answer in answers if answer.status == 200]
    full = [answer for answer in answers if answer.status != 200]
    assert done
    assert full
    assert {answer.error for answer in full} == {(507, -28, "No space left on device")}
    assert call(running, "DescribeStream", STREAM).status == 200
    numbers = [answer.json["Records"][0]["SequenceNumber"] for answer in done]
    assert numbers == list(range(1, len(done) + 1))
    servers.stop(running)
    with serve(data=tmp_path) as v3io:
        assert v3io.ends("projects", "s") == {0: len(done)}
        v3io.put("projects", "s", [b"more"])
        assert [len(record.data) for record in v3io.records("projects", "s")] == [100_000] * len(
            done
        ) + [4]


def test_nothing_of_a_request_that_finds_no_space_is_kept() -> None:
    store = open_store()
    target = paths.of("projects", "s")
    streams.create(store, target, {"ShardCount": 3})
    (pages,) = store.execute("PRAGMA page_count").fetchone()
    store.execute(f"PRAGMA max_page_count={pages + 20}")
    records = [streams.Incoming(b"x" * 1000)] * 300
    with pytest.raises(V3ioError, match="No space left") as error:
        streams.put(store, streams.find(store, target), records)
    assert error.value.status == 507
    assert store.execute("SELECT count(*) FROM record").fetchone() == (0,)
    results = streams.put(store, streams.find(store, target), [streams.Incoming(b"x", shard=1)])
    assert results == [{"SequenceNumber": 1, "ShardId": 1}]
    store.close()


def test_the_log_says_once_what_to_do_about_a_full_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(data=tmp_path) as v3io:
        v3io.create_stream("projects", "s")
        pages = "PRAGMA max_page_count="
        v3io._thread.do(lambda service: service.store.execute(f"{pages}1"))  # no more than it has
        assert {put(v3io, STREAM, b"x" * 100_000).status for _ in range(3)} == {507}
        assert capsys.readouterr().err == (
            "the embedded v3io cannot write (database or disk is full), and answers 507: make room in the folder of --data\n"
        )
        v3io._thread.do(lambda service: service.store.execute(f"{pages}100000"))
        assert put(v3io, STREAM, b"x" * 100_000).status == 200


def test_a_disk_that_is_full_at_the_start_is_said(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to("/dev/full")
    with pytest.raises(EmulatorError, match=r"cannot be written \(.*\): choose another folder"):
        open_store(tmp_path)


def test_a_large_stream_is_deleted_at_once_and_its_records_are_erased_later(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    target = paths.of("projects", "s")
    streams.create(store, target, {"ShardCount": 2})
    large = [streams.Incoming(b"x")] * 12_000
    streams.put(store, streams.find(store, target), large)
    deletion.remove(store, target)
    assert nodes.find(store, target) is None
    streams.create(store, target, {})
    streams.put(store, streams.find(store, target), [streams.Incoming(b"new")])
    assert deletion.sweep(store)
    (left,) = store.execute("SELECT count(*) FROM record").fetchone()
    assert 1 < left < 12_001
    store.close()
    # Whoever starts on the folder goes on.
    with serve(data=tmp_path) as v3io:
        count = "SELECT count(*) FROM record"
        while v3io._thread.do(lambda service: service.store.execute(count).fetchone()) != (1,):
            pass
        assert [record.data for record in v3io.records("projects", "s")] == [b"new"]
        assert call(v3io, "DescribeStream", STREAM).status == 200
        v3io.put("projects", "s", [b"x"] * 6000)
        assert ask(v3io, "DELETE", f"{STREAM}/").status == 204
        while v3io._thread.do(lambda service: service.store.execute(count).fetchone()) != (0,):
            pass
