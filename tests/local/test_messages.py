"""Messages in and out of streams, from another terminal than the one of the run."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import pty
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import v3io.dataplane
from cases import TESTS
from hypothesis import given
from hypothesis import strategies as st
from iguazioig import emulator
from iguazioig.errors import RunError
from iguazioig.local import sending
from iguazioig.local.sending import record, remarks, requests
from iguazioig.local.streams import NoAnswerError, Reader, StreamPlace, StreamRecord
from iguazioig.local_commands.extras import EXTRAS
from running import NUMBERS, Folder, started

STREAM = ("projects", "/demo/streams/numbers")
PLACE = StreamPlace("numbers", *STREAM, "key")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[emulator.V3io]:
    """An embedded v3io with a stream, which the commands find."""
    with emulator.serve() as served:
        served.create_stream(*STREAM, shards=4, retention_hours=24)
        monkeypatch.setenv("V3IO_API", served.url)
        monkeypatch.setenv("V3IO_ACCESS_KEY", served.access_key)
        yield served


@pytest.fixture
def client(server: emulator.V3io) -> Iterator[Any]:
    made = v3io.dataplane.Client(
        endpoint=server.url, access_key=server.access_key, max_connections=1
    )
    yield made
    made.close()


def file_of(folder: Folder, *messages: Any) -> str:
    return folder.messages("messages", *messages).partition("=")[2]


def keys(server: emulator.V3io) -> set[str | None]:
    return {each.partition_key for each in server.records(*STREAM)}


def test_messages_go_in_and_come_out(folder: Folder, server: emulator.V3io) -> None:
    folder.project()
    done = folder.run("send", "numbers", file_of(folder, *NUMBERS[:9]))
    assert (done.stdout, done.stderr) == ("projects/demo/streams/numbers: 9 records sent\n", "")
    assert keys(server) == {f"k{number}" for number in range(7)}
    lines = folder.run("tail", "numbers").stdout.splitlines()
    assert sorted(map(json.loads, lines), key=lambda each: int(each["n"])) == NUMBERS[:9]
    assert folder.run("tail", "numbers", "--from", "latest").stdout == ""


def test_a_stream_is_named_by_its_place_too(folder: Folder, server: emulator.V3io) -> None:
    path = file_of(folder, {"n": "a"}, {"n": "b"})
    folder.run("send", "projects/demo/streams/numbers", path, "--key", "n")
    assert keys(server) == {"a", "b"}


def test_what_a_person_may_not_have_meant_is_remarked_and_sent(
    folder: Folder, server: emulator.V3io
) -> None:
    folder.project()
    path = folder.path / "odd.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"key": "a"}\r\n\r\nno JSON\n{"key": 1}\n{"n": 1}\n[]')
    done = folder.run("send", "numbers", path)
    assert done.stdout.endswith("5 records sent\n")
    assert f"{path}: 2 of 5 messages are no JSON objects\n" in done.stderr
    assert f"{path}: 2 of 5 messages have no text as partition key `key`\n" in done.stderr


def test_a_message_that_no_record_holds_stops_everything_before_it_begins(
    folder: Folder, server: emulator.V3io
) -> None:
    folder.project()
    done = folder.run("send", "numbers", file_of(folder, {"n": 1}, {"n": "x" * 1_050_000}), rc=1)
    assert (
        "messages.jsonl:2: the message has 1,050,009 bytes; a record holds 1,048,576" in done.stderr
    )
    assert server.records(*STREAM) == []


@pytest.mark.parametrize(
    ("key", "kept"), [("a", "a"), ("\ud800", None), ("", None), ("x" * 257, None), (7, None)]
)
def test_a_partition_key_is_what_a_record_can_have(key: Any, kept: str | None) -> None:
    message = json.dumps({"key": key}).encode()
    assert record(message, "key").get("partition_key") == kept
    assert (remarks([message], "key") == []) == (kept is not None)


def test_no_request_holds_two_records_of_a_key() -> None:
    records = [record(json.dumps({"key": key}).encode(), "key") for key in "abcacb"]
    found = [[each["partition_key"] for each in request] for request in requests(records)]
    assert found == [["a", "b", "c"], ["a", "c", "b"]]
    free = [{"data": b"x"}] * 2500
    assert [len(request) for request in requests(free)] == [1000, 1000, 500]
    large = [{"data": b"x" * 1024 * 1024}] * 7
    assert [len(request) for request in requests(large)] == [5, 2]


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=40))
def test_every_record_goes_once_and_in_the_order_of_its_key(chosen: list[str | None]) -> None:
    records = [{"data": b"%d" % n, "partition_key": key} for n, key in enumerate(chosen)]
    sent = list(requests(records))
    for key in ("a", "b", "c", None):
        of_key = [each for request in sent for each in request if each["partition_key"] == key]
        assert of_key == [each for each in records if each["partition_key"] == key]
    for request in sent:
        keyed = [each["partition_key"] for each in request if each["partition_key"]]
        assert len(keyed) == len(set(keyed))


def test_what_is_refused_for_now_is_not_overtaken(server: emulator.V3io, client: Any) -> None:
    server.faults.add(kind="records", positions=[0], next=3)
    messages = [json.dumps({"key": "abc"[n % 3], "n": n}).encode() for n in range(60)]
    assert sending.put(client, PLACE, messages) == 60
    for key in "abc":
        there = [each.json["n"] for each in server.records(*STREAM) if each.partition_key == key]
        assert there == sorted(there)
        assert len(there) == 20


def test_what_may_have_arrived_is_not_sent_again(server: emulator.V3io, client: Any) -> None:
    server.faults.add(kind="drop-after", function="PutRecords", next=1)
    with pytest.raises(NoAnswerError, match="0 of 2 messages are in"):
        sending.put(client, PLACE, [b"1", b"2"])
    assert sorted(each.data for each in server.records(*STREAM)) == [b"1", b"2"]


def test_how_much_is_there_is_said_where_v3io_ends_in_the_middle(
    folder: Folder, server: emulator.V3io
) -> None:
    folder.project()
    server.faults.add(kind="status", status=400, function="PutRecords", next=1)
    done = folder.run("send", "numbers", file_of(folder, {"key": "a"}), rc=1)
    assert (
        "0 of 1 messages are in `projects/demo/streams/numbers`, of the others a part may be"
        in (done.stderr)
    )


def test_each_record_is_described(folder: Folder, server: emulator.V3io) -> None:
    for body in (b'{"n": 1}', b"text", b"\xff\x00"):
        server.put(*STREAM, [body])
    lines = folder.run("tail", "projects/demo/streams/numbers", "--json").stdout.splitlines()
    described = sorted(map(json.loads, lines), key=lambda each: str(sorted(each)))
    assert [each.get("base64") for each in described] == [
        base64.b64encode(b"\xff\x00").decode(),
        None,
        None,
    ]
    assert [each.get("json") for each in described] == [None, {"n": 1}, None]
    assert [each.get("text") for each in described] == [None, None, "text"]
    assert {"shard", "sequence_number", "partition_key", "arrived"} <= set(described[0])


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b'{"a": 1.50}', {"json": {"a": 1.5}}),
        (b'{"a": NaN}', {"text": '{"a": NaN}'}),
        (b"1e999", {"text": "1e999"}),
        (b"[" * 50_000 + b"]" * 50_000, {"text": "[" * 50_000 + "]" * 50_000}),
        (b'"\\ud800"', {"json": "\ud800"}),
        (b"", {"text": ""}),
    ],
    ids=["JSON", "NaN", "infinite", "deep", "surrogate", "empty"],
)
def test_what_is_described_is_json_whatever_the_record_is(data: bytes, shown: Any) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    described = json.loads(StreamRecord(0, 1, None, 1.0, data).to_json(), parse_constant=refuse)
    assert {key: described[key] for key in list(described)[4:]} == shown


def test_the_page_shows_commands_that_work(folder: Folder, server: emulator.V3io) -> None:
    page = (TESTS.parent / "docs" / "local.md").read_text()
    section = page.partition("## Messages in and out")[2].partition("\n## ")[0]
    block = re.search(r"```bash\n(.*?)```", section, re.S)
    assert block is not None
    example = TESTS.parent / "examples" / "converge"
    shutil.copy(example / "graph.yaml", folder.path)
    shutil.copy(example / "messages" / "orders.jsonl", folder.path)
    for name in ("orders", "answers", "rejected"):
        server.create_stream("projects", f"/orders/streams/{name}", shards=1, retention_hours=24)
    server.put("projects", "/orders/streams/rejected", [{"cause": {"type": "KeyError"}}])
    commands = [shlex.split(line, comments=True) for line in block[1].splitlines()]
    for _, *words in commands:
        arguments, _, filtered = " ".join(words).partition(" | jq ")
        if "--follow" not in words:
            output = folder.run(*arguments.split()).stdout
        if filtered:
            for key in filtered.split(".")[1:]:
                output = json.dumps(json.loads(output)[key])
            assert output == '"KeyError"'
    assert len(server.records("projects", "/orders/streams/orders")) == 4


def test_what_goes_through_a_pipe_is_what_is_there(folder: Folder, server: emulator.V3io) -> None:
    server.put(*STREAM, [b"\xff\x1b[2J"])
    command = folder.command("tail", "projects/demo/streams/numbers")
    done = subprocess.run(command, capture_output=True, check=True, cwd=folder.path, timeout=60)
    assert done.stdout == b"\xff\x1b[2J\n"


@pytest.mark.parametrize("option", [[], ["--json"], ["--follow", "--from", "earliest"]])
def test_a_reader_that_has_enough_ends_it_quietly(
    folder: Folder, server: emulator.V3io, option: list[str]
) -> None:
    server.put(*STREAM, [b"x"])
    ours, its = os.pipe()
    os.close(ours)
    command = folder.command("tail", "projects/demo/streams/numbers", *option)
    done = subprocess.run(
        command, stdout=its, stderr=subprocess.PIPE, check=False, cwd=folder.path, timeout=60
    )
    os.close(its)
    assert (done.returncode, done.stderr) == (141, b"")


def test_what_is_shown_does_nothing_to_a_terminal(folder: Folder, server: emulator.V3io) -> None:
    server.put(*STREAM, [b"\x1b[2J\xff"])
    ours, its = pty.openpty()
    command = folder.command("tail", "projects/demo/streams/numbers")
    subprocess.run(command, stdout=its, stderr=its, check=True, cwd=folder.path, timeout=60)
    os.close(its)
    assert os.read(ours, 1000) == b"\\x1b[2J\\xff\r\n"
    os.close(ours)


def test_a_follower_sees_what_comes_also_after_an_outage(
    folder: Folder, server: emulator.V3io
) -> None:
    server.put(*STREAM, [b"before"])
    command = folder.command(
        "tail", "projects/demo/streams/numbers", "--follow", "--from", "earliest"
    )
    with started(command, folder.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "before\n"
        server.faults.add(kind="status", status=503, function="GetRecords", next=2)
        assert "v3io answered 503" in process.stderr.readline()
        server.put(*STREAM, [b"after"])
        assert process.stdout.readline() == "after\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_a_follower_goes_on_where_it_was_when_v3io_is_there_again(folder: Folder) -> None:
    kept = folder.path / "kept"
    with contextlib.ExitStack() as stack:
        with emulator.serve(data=kept) as first:
            first.create_stream("projects", "/s", shards=2, retention_hours=24)
            first.put("projects", "/s", [b"before"])
            process = stack.enter_context(
                started(
                    folder.command("tail", "projects/s", "--follow", "--from", "earliest"),
                    folder.path,
                    env={**os.environ, "V3IO_API": first.url},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                )
            )
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stdout.readline() == "before\n"
        assert "no answer from v3io" in process.stderr.readline()
        second = stack.enter_context(emulator.serve(port=first.port, data=kept))
        second.put("projects", "/s", [b"after"])
        assert process.stdout.readline() == "after\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_a_follower_waits_for_a_stream_that_is_not_there_yet(
    folder: Folder, server: emulator.V3io
) -> None:
    command = folder.command("tail", "projects/later", "--follow")
    with started(command, folder.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "there is no stream `projects/later`" in process.stderr.readline()
        server.create_stream("projects", "/later", shards=1, retention_hours=24)
        server.put("projects", "/later", [b"first"])
        assert process.stdout.readline() == "first\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_what_was_read_before_a_failure_comes_with_the_next_call(
    server: emulator.V3io, client: Any
) -> None:
    reader = Reader(client, PLACE)
    server.put(*STREAM, [{"key": key} for key in "abcdefgh"], key="key")
    server.faults.add(kind="status", status=503, function="GetRecords", path="*/3", next=1)
    with pytest.raises(RunError, match="v3io answered 503"):
        reader.read()
    assert sorted(each.partition_key or "" for each in reader.read()) == list("abcdefgh")


def test_records_come_in_the_order_of_their_arrival_also_after_a_failure(
    server: emulator.V3io, client: Any
) -> None:
    reader = Reader(client, PLACE)
    for number in range(40):
        server.put(*STREAM, [{"n": number}])
    found = list(islice(reader.records(), 10))
    server.faults.add(kind="status", status=503, function="GetRecords", next=1)
    with pytest.raises(RunError, match="v3io answered 503"):
        found.extend(reader.records())
    found += reader.records()
    assert [record.arrived for record in found] == sorted(record.arrived for record in found)
    assert sorted(json.loads(record.data)["n"] for record in found) == list(range(40))
    assert list(reader.records()) == []


def test_where_a_location_is_gone_it_is_read_on_from_what_is_there(
    server: emulator.V3io, client: Any
) -> None:
    reader = Reader(client, PLACE)
    server.put(*STREAM, [{"n": n} for n in range(9)])
    assert len(reader.read()) == 9
    client.stream.delete(*STREAM)
    server.create_stream(*STREAM, shards=4, retention_hours=24)
    server.put(*STREAM, [{"n": n} for n in range(8)])
    assert len(reader.read()) == 8


def test_a_shard_that_cannot_be_looked_at_is_not_taken_for_one_that_is_not_there(
    server: emulator.V3io, client: Any
) -> None:
    server.faults.add(kind="status", status=503, function="SeekShard", next=1)
    with pytest.raises(RunError, match="shard 0: v3io answered 503"):
        Reader(client, PLACE)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["send", "numbers", "graph.yaml"], "no answer from v3io"),
        (["send", "numbers", "graph.yaml"], "(asked http://127.0.0.1:9: V3IO_API)"),
        (["tail", "number"], "there is no stream `number` (did you mean `numbers`?)"),
        (["tail", "numbers", "-g", "modules/double.py"], "is no graph that can be read"),
    ],
)
def test_mistakes_are_explained(folder: Folder, arguments: list[str], said: str) -> None:
    folder.project()
    done = folder.run(*arguments, rc=1, V3IO_API="http://127.0.0.1:9")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_graph_a_name_says_nothing(folder: Folder) -> None:
    done = folder.run("tail", "numbers", rc=1)
    assert "there is no graph.yaml here; say which with --graph" in done.stderr


def test_an_address_with_a_password_is_refused_and_not_shown(folder: Folder) -> None:
    done = folder.run("tail", "a/b", rc=1, V3IO_API="http://me:secret@127.0.0.1:9")
    assert "V3IO_API holds a user or a password" in done.stderr
    assert "secret" not in done.stderr


def test_a_v3io_keeps_what_it_has_when_it_is_killed(folder: Folder) -> None:
    env = {**os.environ, "IGUAZIOIG_ACCESS_KEY": "only-we"}
    command = folder.command("v3io", "--port", 0, "--data", folder.path / "kept")
    path = file_of(folder, {"n": 1})
    for place in ("projects/one", "projects/two"):
        with started(command, folder.path, stdout=subprocess.PIPE, env=env) as process:
            assert process.stdout is not None
            said = process.stdout.readline()
            found = re.fullmatch(r"v3io is at (\S+), kept in .*/kept; Ctrl-C ends it\n", said)
            assert found is not None
            there = {"V3IO_API": found[1], "V3IO_ACCESS_KEY": "only-we"}
            refused = {**there, "V3IO_ACCESS_KEY": "somebody"}
            client = v3io.dataplane.Client(endpoint=found[1], access_key="only-we")
            client.stream.create("projects", place.partition("/")[2], shard_count=1)
            client.close()
            folder.run("send", place, path, **there)
            assert folder.run("tail", "projects/one", **there).stdout == '{"n": 1}\n'
            assert (
                "is V3IO_ACCESS_KEY right?"
                in folder.run("tail", "projects/one", rc=1, **refused).stderr
            )
            process.kill()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "{port}"], "{port}"),
        (["--host", "0.0.0.0"], "access key"),
    ],
)
def test_a_v3io_that_cannot_listen_says_why(
    folder: Folder, arguments: list[str], said: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = [each.format(port=port) for each in arguments]
        done = folder.run("v3io", *words, rc=1)
    assert said.format(port=port) in done.stderr
    assert "Traceback" not in done.stderr


def test_the_extras_are_those_of_the_package() -> None:
    project = tomllib.loads((TESTS.parent / "pyproject.toml").read_text())["project"]
    for extra, names in EXTRAS.items():
        required = [
            re.split(r"[<>=\[]", each)[0].replace("-", "_")
            for each in project["optional-dependencies"][extra]
        ]
        assert sorted(names) == sorted(each for each in required if each != "iguazioig")


def test_the_fixture_says_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "pytest.py").write_text("raise ImportError\n")
    done = subprocess.run(
        [*Folder(tmp_path).command()[:1], "-c", "import iguazioig.testing"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ImportError: iguazioig.testing is for pytest; say: pip install pytest" in done.stderr
