"""The embedded v3io from Python: `serve` and `run`."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from iguazioig.emulator import EmulatorError, Record, V3io, V3ioError, serve
from server_process import Starter, starter
from wire import ask, call, put

HEAVY = [
    "aiohttp",
    "asyncio",
    "lark",
    "orjson",
    "sqlite3",
    "iguazioig.emulator.service",
    "iguazioig.emulator.streams",
]


@pytest.fixture
def servers() -> Iterator[Starter]:
    with starter() as running:
        yield running


def imported(program: str, names: list[str]) -> list[str]:
    report = f"\nimport sys\nprint([name for name in {names!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program + report], capture_output=True, text=True, check=True
    )
    found: list[str] = re.findall(r"'([^']+)'", done.stdout.splitlines()[-1])
    return found


def test_importing_it_is_cheap() -> None:
    assert imported("import iguazioig.emulator", HEAVY) == []


def test_serving_imports_no_more_than_it_needs() -> None:
    program = (
        "import iguazioig.emulator as e\nwith e.serve() as v:\n    v.create_stream('projects', 's')"
    )
    needless = [
        "lark",
        "xml.etree",
        "v3io",
        "yaml",
        "jinja2",
        "click",
        "iguazioig.errors",
        "requests",
    ]
    assert imported(program, needless) == []


def test_what_a_client_is_given(v3io: V3io) -> None:
    assert v3io.url == f"http://127.0.0.1:{v3io.port}"
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", v3io.access_key)


def test_messages_are_put_and_read(v3io: V3io) -> None:
    v3io.create_stream("projects", "/orders/streams/orders", shards=4, retention_hours=48)
    described = call(v3io, "DescribeStream", "/projects/orders/streams/orders").json
    assert described == {"ShardCount": 4, "RetentionPeriodHours": 48}
    before = time.time_ns()
    v3io.put("projects", "/orders/streams/orders", [b"\xff", {"order": 7}, "text", [1]])
    records = v3io.records("projects", "orders/streams/orders/")
    assert [record.data for record in records] == [b"\xff", b'{"order": 7}', b'"text"', b"[1]"]
    assert [record.json for record in records[1:]] == [{"order": 7}, "text", [1]]
    assert [(record.shard, record.sequence_number) for record in records] == [
        (0, 1),
        (1, 1),
        (2, 1),
        (3, 1),
    ]
    assert before <= records[0].arrival <= records[-1].arrival <= time.time_ns()
    assert records[0] == Record(b"\xff", None, None, 0, 1, records[0].arrival)


def test_a_field_is_the_partition_key(v3io: V3io) -> None:
    v3io.create_stream("projects", "s", shards=4)
    messages: list[Any] = [{"order": 7}, b'{"order": "7"}', {"order": "eight"}]
    v3io.put("projects", "s", messages * 5, key="order")
    records = v3io.records("projects", "s")
    assert {record.partition_key for record in records} == {"7", "eight"}
    assert len({record.shard for record in records if record.partition_key == "7"}) == 1
    with pytest.raises(KeyError, match="order"):
        v3io.put("projects", "s", [{"other": 1}], key="order")


def test_records_are_in_the_order_of_their_arrival(v3io: V3io) -> None:
    v3io.create_stream("projects", "s", shards=3)
    for shard in (2, 0, 2, 1):
        put(v3io, "/projects/s", b"%d" % shard, ShardId=shard)
    assert [record.data for record in v3io.records("projects", "s")] == [b"2", b"0", b"2", b"1"]
    assert v3io.ends("projects", "s") == {0: 1, 1: 1, 2: 2}


def test_more_than_a_request_may_have(v3io: V3io) -> None:
    v3io.create_stream("projects", "s", shards=2)
    v3io.put("projects", "s", (number for number in range(2500)))
    assert [record.json for record in v3io.records("projects", "s")] == list(range(2500))
    assert v3io.ends("projects", "s") == {0: 1250, 1: 1250}


def test_what_a_group_has_committed(v3io: V3io) -> None:
    v3io.create_stream("projects", "s", shards=3)
    v3io.put("projects", "s", [b"x"] * 6)
    assert v3io.committed("projects", "s", "g") == {}
    for shard, number in ((1, 2), (0, 1)):
        item = {"__g_committed_sequence_number": {"N": str(number)}}
        assert call(v3io, "PutItem", f"/projects/s/{shard}", Item=item).status == 200
    assert v3io.committed("projects", "s", "g") == {0: 1, 1: 2}
    assert v3io.committed("projects", "s", "other") == {}


def test_what_cannot_be_done_is_said_as_to_a_client(v3io: V3io) -> None:
    for looked in (v3io.records, v3io.ends):
        with pytest.raises(V3ioError, match="ResourceNotFoundException"):
            looked("projects", "nothing")
    with pytest.raises(V3ioError, match="Container not found"):
        v3io.create_stream("nowhere", "s")
    for shards in (0, 5000, "4"):
        with pytest.raises(V3ioError, match="ShardCount as a whole number"):
            v3io.create_stream("projects", "s", shards=shards)  # type: ignore[arg-type]
    for path in ("a/../b", "\0", "\ud800", "x" * 300):
        with pytest.raises(V3ioError, match="InvalidArgumentException"):
            v3io.create_stream("projects", path)
    for name in ("", "a/b", "..", "x" * 300):
        with pytest.raises(V3ioError, match="InvalidArgumentException"):
            v3io.create_container(name)
    v3io.create_stream("projects", "s")
    with pytest.raises(V3ioError, match="records of at most"):
        v3io.put("projects", "s", [b"x" * (3 << 20)])
    with pytest.raises(V3ioError, match="ResourceInUse"):
        v3io.create_stream("projects", "s")


def test_it_may_be_used_from_many_threads(v3io: V3io) -> None:
    v3io.create_stream("projects", "s", shards=4)
    threads = [
        threading.Thread(target=v3io.put, args=("projects", "s", [b"%d" % number] * 50))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(v3io.ends("projects", "s").values()) == [100] * 4


def test_after_the_block_there_is_nothing(tmp_path: Path) -> None:
    before = threading.active_count()
    with serve(data=tmp_path) as v3io:
        v3io.create_stream("projects", "s")
        kept = socket.create_connection(("127.0.0.1", v3io.port))
    assert threading.active_count() == before
    assert kept.recv(1) == b""
    kept.close()
    with pytest.raises(ConnectionRefusedError):
        ask(v3io, "GET", "/projects")
    with pytest.raises(RuntimeError, match="the v3io has ended"):
        v3io.records("projects", "s")


def test_an_exception_in_the_block_is_the_users(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), serve(data=tmp_path):
        _ = 1 / 0
    with serve(data=tmp_path):
        pass


def test_a_port_that_is_in_use() -> None:
    with serve() as v3io:
        refused = rf"port {v3io.port} of 127.0.0.1 is in use: .* --port \(0 is a free one\)"
        with pytest.raises(EmulatorError, match=refused), serve(port=v3io.port):
            pass
        assert ask(v3io, "GET", "/projects").status == 200


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 99999), ("127.0.0.1", -1), ("localhost", 70000)]
)
def test_a_port_that_cannot_be(host: str, port: int) -> None:
    with pytest.raises(EmulatorError, match="cannot listen on port"), serve(host, port):
        pass


def test_a_folder_that_is_not_used_after_all_is_free(tmp_path: Path) -> None:
    with serve() as v3io, pytest.raises(EmulatorError), serve(port=v3io.port, data=tmp_path):
        pass
    with serve(data=tmp_path):
        pass


def test_ipv6_and_names() -> None:
    with serve("localhost") as v3io:
        assert v3io.url.startswith("http://127.0.0.1:")
    with serve("::1") as v3io:
        assert v3io.url == f"http://[::1]:{v3io.port}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it(servers: Starter, tmp_path: Path, number: signal.Signals) -> None:
    running: Any = servers.start(data=str(tmp_path))
    assert call(running, "CreateStream", "/projects/s").status == 204
    with socket.create_connection(("127.0.0.1", running.port)):
        assert servers.stop(running, number) == 0
    with serve(data=tmp_path) as v3io:
        assert v3io.ends("projects", "s") == {}


def test_it_is_started_again_and_again(servers: Starter, tmp_path: Path) -> None:
    for count in range(5):
        running: Any = servers.start(data=str(tmp_path), access_key="k", containers=["mine"])
        answer = ask(running, "PUT", f"/mine/{count}", b"x", {"X-v3io-session-key": "k"})
        assert answer.status == 200
        assert servers.stop(running) == 0
    with serve(data=tmp_path) as v3io:
        assert ask(v3io, "GET", "/mine").body.count(b"<Key>") == 5
