"""What is below /.iguazioig/, for whoever waits for records."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from iguazioig.emulator import V3io, serve
from server_process import starter
from wire import Answer, ask, call, encoded, put

STREAM = "projects/a/s"


@pytest.fixture
def stream(v3io: V3io) -> V3io:
    """A server with the stream projects/a/s of three shards, and one record in it."""
    v3io.create_stream("projects", "a/s", shards=3)
    put(v3io, f"/{STREAM}", b"x", ShardId=1)
    return v3io


def wait(v3io: V3io, query: str) -> Any:
    answer = ask(v3io, "GET", f"/.iguazioig/wait?{query}")
    assert answer.status == 200, answer.body
    return answer.json


def later(v3io: V3io, query: str) -> tuple[threading.Thread, list[Any]]:
    """A thread that waits, and the list that its answer will be in."""
    answers: list[Any] = []
    thread = threading.Thread(target=lambda: answers.append(wait(v3io, query)))
    thread.start()
    return thread, answers


def test_what_is_there_is_told_at_once(stream: V3io) -> None:
    expected = {"records": 1, "ends": {STREAM: {"1": 1}}}
    assert wait(stream, f"after=0&stream={STREAM}") == expected
    assert wait(stream, f"stream={STREAM}") == expected
    assert wait(stream, f"after=1&timeout=0&stream={STREAM}") == expected


def test_a_larger_number_is_from_another_server(stream: V3io) -> None:
    assert wait(stream, f"after=500&stream={STREAM}")["records"] == 1


def test_a_put_wakes_who_waits_for_it(stream: V3io) -> None:
    stream.create_stream("projects", "other")
    threads = [later(stream, f"after=1&stream={STREAM}&stream=projects/other") for _ in range(10)]
    put(stream, "/projects/other", b"y", b"z")
    for thread, answers in threads:
        thread.join()
        # Who came after the put has it in the answer, too.
        assert answers == [{"records": 3, "ends": {STREAM: {"1": 1}, "projects/other": {"0": 2}}}]


def test_puts_from_python_wake_too(stream: V3io) -> None:
    thread, answers = later(stream, f"after=1&stream={STREAM}")
    stream.put("projects", "/a/s", [b"y"])
    thread.join()
    assert answers[0]["records"] == 2


def test_only_records_that_were_written_count(stream: V3io) -> None:
    records = [{"Data": encoded(b"good")}, {"Data": encoded(b"bad"), "ShardId": 9}]
    call(stream, "PutRecords", "/projects", StreamName="a/s", Records=records)
    call(stream, "PutRecords", f"/{STREAM}", Records=records[1:])
    assert wait(stream, f"after=0&stream={STREAM}")["records"] == 2


def test_a_stream_that_is_not_there_is_left_out(stream: V3io) -> None:
    query = "after=0&timeout=0&stream=projects/none&stream=nowhere/none&stream="
    assert wait(stream, query) == {"records": 0, "ends": {}}
    assert wait(stream, "timeout=0") == {"records": 0, "ends": {}}


def test_a_stream_that_is_made_while_one_waits(v3io: V3io) -> None:
    thread, answers = later(v3io, "after=0&stream=projects/new")
    v3io.create_stream("projects", "new")
    put(v3io, "/projects/new", b"x")
    thread.join()
    assert answers == [{"records": 1, "ends": {"projects/new": {"0": 1}}}]


@pytest.mark.parametrize(
    "query",
    ["after=x", "timeout=x", "timeout=61", "timeout=-1", "timeout=nan", "stream=projects/../x"],
)
def test_what_cannot_be_waited_for(v3io: V3io, query: str) -> None:
    assert ask(v3io, "GET", f"/.iguazioig/wait?{query}").error[0] == 400


def test_the_end_of_the_server_ends_the_waiting() -> None:
    def waiting(v3io: V3io, answers: list[Answer]) -> None:
        answers.append(ask(v3io, "GET", "/.iguazioig/wait?after=0&timeout=60&stream=projects/s"))

    answers: list[Answer] = []
    with serve(admin=True) as v3io:
        thread = threading.Thread(target=waiting, args=(v3io, answers))
        thread.start()
        while not v3io._thread.do(lambda service: service.ledger.waiting):
            pass
    thread.join()
    assert answers[0].json == {"records": 0, "ends": {}}


def test_puts_are_counted_by_access_key(stream: V3io) -> None:
    for key, count in (("one", 2), ("two", 1), ("one", 3)):
        body = b'{"Records":[' + b",".join([b'{"Data":""}'] * count) + b"]}"
        headers = {"X-v3io-function": "PutRecords", "X-v3io-session-key": key}
        assert ask(stream, "POST", f"/{STREAM}/", body, headers).status == 200
    stream.put("projects", "a/s", [b""])
    query = f"access_key=one&access_key=&access_key={stream.access_key}&access_key=nobody"
    assert ask(stream, "GET", f"/.iguazioig/puts?{query}").json == [
        {"access_key": "", "stream": STREAM, "records": 1},
        {"access_key": "one", "stream": STREAM, "records": 5},
        {"access_key": stream.access_key, "stream": STREAM, "records": 1},
    ]


def test_nobody_learns_an_access_key(stream: V3io) -> None:
    assert ask(stream, "GET", "/.iguazioig/puts").json == []


def test_it_is_off_unless_asked_for(either_v3io: V3io) -> None:
    for path in ("wait", "puts", ""):
        for method in ("GET", "DELETE"):
            answer = ask(either_v3io, method, f"/.iguazioig/{path}")
            assert answer.error == (404, -2, "Container not found")


def test_who_watches_cannot_switch_faults() -> None:
    with serve(watch=True) as watched:
        watched.create_stream("projects", "a/s")
        put(watched, f"/{STREAM}", b"x")
        assert wait(watched, f"stream={STREAM}") == {"records": 1, "ends": {STREAM: {"0": 1}}}
        for method in ("GET", "POST", "DELETE"):
            status, code, text = ask(watched, method, "/.iguazioig/faults").error
            assert (status, code) == (403, -1)
            assert text == "Operation not permitted: the embedded v3io was started without --admin"


def test_nothing_else_is_there(v3io: V3io) -> None:
    for method, path in (("GET", ""), ("GET", "other"), ("PUT", "wait"), ("DELETE", "puts")):
        assert ask(v3io, method, f"/.iguazioig/{path}").error[0] == 404


def test_the_command_lets_clients_of_this_machine_watch() -> None:
    with starter() as servers:
        running = servers.start()
        answer = ask(running, "GET", "/.iguazioig/wait?timeout=0")
        assert answer.json == {"records": 0, "ends": {}}
        assert ask(running, "GET", "/.iguazioig/faults").error[0] == 403
        servers.stop(running)
        everywhere = servers.start(host="0.0.0.0", access_key="key")
        headers = {"X-v3io-session-key": "key"}
        refused = ask(everywhere, "GET", "/.iguazioig/wait?timeout=0", headers=headers)
        assert refused.error[0] == 404
        servers.stop(everywhere)
