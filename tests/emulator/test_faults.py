from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected
from typing import Any

import pytest
import v3io.dataplane
from iguazioig import emulator
from iguazioig.emulator import V3io
from iguazioig.emulator.fault_words import LONGEST_DELAY, Kind
from iguazioig.emulator.faults import Faults
from iguazioig.emulator.functions import NAMES

STREAM = ("projects", "/orders/streams/orders")


@pytest.fixture
def v3io_server() -> Iterator[V3io]:
    with emulator.serve(admin=True) as server:
        server.create_stream(*STREAM, shards=2)
        yield server


@pytest.fixture
def client(v3io_server: V3io) -> Iterator[Any]:
    """v3io's own client; it sends a request once more when no answer comes."""
    made = v3io.dataplane.Client(
        endpoint=v3io_server.url,
        access_key=v3io_server.access_key,
        max_connections=1,
        logger_verbosity="CRITICAL",
    )
    yield made
    made.close()


def put(client: Any, *messages: str, path: str = STREAM[1]) -> Any:
    records = [{"data": message} for message in messages or ("one",)]
    return client.stream.put_records(STREAM[0], path, records, raise_for_status="never")


def written(server: V3io) -> list[bytes]:
    return [record.data for record in server.records(*STREAM)]


# What happens to a request


def test_without_faults_nothing_happens(v3io_server: V3io, client: Any) -> None:
    assert put(client).status_code == 200
    assert list(v3io_server.faults) == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 502, 503, 504, 599])
def test_a_status_is_answered_in_the_platforms_form(
    v3io_server: V3io, client: Any, status: int
) -> None:
    fault = v3io_server.faults.add(kind="status", status=status, next=1)
    answer = put(client)
    body = json.loads(answer.body)
    assert answer.status_code == status
    assert (body["ErrorCode"] < 0, bool(body["ErrorMessage"])) == (True, True)
    assert answer.body.count(b"ErrorCode") == 1
    assert b"timeout" not in answer.body.lower()
    assert written(v3io_server) == []
    assert fault.hits == 1
    assert put(client).status_code == 200


def test_a_busy_engine_answers_as_the_platforms_does(v3io_server: V3io, client: Any) -> None:
    v3io_server.faults.add(kind="status", status=503)
    assert json.loads(put(client).body) == {
        "ErrorCode": -117440512,
        "ErrorMessage": "Failed to send a control message request",
    }


def test_a_client_is_told_when_to_come_again(v3io_server: V3io, client: Any) -> None:
    v3io_server.faults.add(kind="status", status=429, retry_after=7, next=1)
    answer = put(client)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    v3io_server.faults.add(kind="status", status=429, next=1)
    assert put(client).headers["Retry-After"] is None


def test_a_connection_ends_before_the_write(v3io_server: V3io, client: Any) -> None:
    fault = v3io_server.faults.add(kind="drop-before")
    with pytest.raises(RemoteDisconnected):
        put(client)
    assert written(v3io_server) == []
    assert fault.hits == 2


def test_a_connection_ends_after_the_write(v3io_server: V3io, client: Any) -> None:
    v3io_server.faults.add(kind="drop-after", next=1)
    assert put(client, "a").status_code == 200
    assert written(v3io_server) == [b"a", b"a"]


def test_a_connection_ends_after_a_write_that_failed(v3io_server: V3io, client: Any) -> None:
    v3io_server.faults.add(kind="drop-after")
    with pytest.raises(RemoteDisconnected):
        put(client, path="/no/stream")


def test_a_body_is_cut_in_the_middle(v3io_server: V3io, client: Any) -> None:
    v3io_server.faults.add(kind="broken")
    with pytest.raises(IncompleteRead) as raised:
        put(client)
    assert raised.value.partial.startswith(b'{"FailedRecordCount":0,')
    assert written(v3io_server) == [b"one", b"one"]


def test_a_body_is_no_json(v3io_server: V3io, client: Any) -> None:
    v3io_server.faults.add(kind="broken", body="text", next=1)
    answer = put(client)
    assert (answer.status_code, answer.body[:6]) == (200, b"<html>")
    assert written(v3io_server) == [b"one"]


def test_the_body_of_an_error_and_of_an_object_can_be_broken(
    v3io_server: V3io, client: Any
) -> None:
    client.object.put("bigdata", "/large", body=b"x" * 2_000_000)
    v3io_server.faults.add(kind="broken", function="GET")
    with pytest.raises(IncompleteRead) as raised:
        client.object.get("bigdata", "/large", raise_for_status="never")
    assert (len(raised.value.partial), raised.value.expected) == (1_000_000, 1_000_000)
    with pytest.raises(IncompleteRead):
        client.object.get("bigdata", "/missing", raise_for_status="never")


def test_an_answer_without_a_body_is_not_broken(v3io_server: V3io, client: Any) -> None:
    fault = v3io_server.faults.add(kind="broken", function="CreateStream")
    answer = client.stream.create("projects", "/other", 1, raise_for_status="never")
    assert (answer.status_code, fault.hits) == (204, 1)


def test_an_answer_is_delayed_while_others_are_not(v3io_server: V3io, client: Any) -> None:
    fault = v3io_server.faults.add(kind="delay", seconds=LONGEST_DELAY, function="PutRecords")
    connection = HTTPConnection("127.0.0.1", v3io_server.port)
    body = json.dumps({"Records": [{"Data": "AAAA"}]})
    headers = {"X-v3io-function": "PutRecords"}
    connection.request("POST", "/projects/orders/streams/orders/", body, headers)
    answer = client.stream.describe(*STREAM)
    assert (answer.output.shard_count, written(v3io_server)) == (2, [])
    connection.close()
    assert fault.hits <= 1


def test_a_delay_ends_with_the_answer(v3io_server: V3io, client: Any) -> None:
    v3io_server.faults.add(kind="delay", seconds=0.01, next=1)
    assert put(client).status_code == 200
    assert written(v3io_server) == [b"one"]


def test_chosen_records_fail_and_the_others_are_written(v3io_server: V3io, client: Any) -> None:
    v3io_server.faults.add(kind="records", positions=[0, 2, 9], next=1)
    output = put(client, "a", "b", "c", "d").output
    assert output.failed_record_count == 2
    assert [each.error_code for each in output.records] == [-117440512, None, -117440512, None]
    assert written(v3io_server) == [b"b", b"d"]
    assert put(client, "a", "c").output.failed_record_count == 0


def test_a_share_of_the_records_fails_the_same_ones_every_time() -> None:
    def failures(seed: int) -> list[list[int]]:
        faults = Faults()
        faults.add(kind="records", of_records=0.3, seed=seed)
        hits = [faults.match("PutRecords", "c", "s") for _ in range(3)]
        return [[place for place in range(1000) if hit and hit.fails(place)] for hit in hits]

    first = failures(1)
    assert first == failures(1)
    assert first != failures(2)
    assert first[0] != first[1]
    assert all(250 < len(places) < 350 for places in first)


def test_all_records_or_none_fail_with_a_share_of_1_and_0(v3io_server: V3io, client: Any) -> None:
    v3io_server.faults.add(kind="records", of_records=1.0, next=1)
    assert put(client, "a", "b").output.failed_record_count == 2
    v3io_server.faults.add(kind="records", of_records=0, next=1)
    assert put(client, "a", "b").output.failed_record_count == 0


# Which requests are struck


def struck(faults: Faults, count: int, function: str = "PutRecords", path: str = "s") -> str:
    """A mark for each of so many requests: `x` for those that are struck."""
    hits = [faults.match(function, "projects", path) for _ in range(count)]
    return "".join("." if hit is None else "x" for hit in hits)


MARKS = ".......x..........x.x..."
"""What seed 1 strikes with a share of 0.25: on every machine, with every Python."""


def test_only_the_next_requests_are_struck() -> None:
    faults = Faults()
    fault = faults.add(kind="drop-before", next=3)
    assert struck(faults, 6) == "xxx..."
    assert fault.hits == 3


def test_a_share_is_struck_the_same_requests_every_time() -> None:
    def share(seed: int) -> str:
        faults = Faults()
        faults.add(kind="drop-before", share=0.25, seed=seed)
        return struck(faults, 400)

    assert share(1) == share(1)
    assert share(1) != share(2)
    assert 70 < share(1).count("x") < 130
    assert share(1)[:24] == MARKS


def test_requests_that_do_not_match_change_nothing() -> None:
    faults = Faults()
    faults.add(kind="drop-before", share=0.25, seed=1, function="PutRecords", path="projects/s")
    marks, others = "", ""
    for _ in MARKS:
        others += struck(faults, 3, "GetRecords") + struck(faults, 2, path="t")
        marks += struck(faults, 1)
    assert (marks, set(others)) == (MARKS, {"."})


@pytest.mark.parametrize(
    ("function", "path", "expected"),
    [
        ("PutRecords", "*", True), ("putrecords", "*", True), ("Put*", "*", True), ("*Records", "*", True),
        ("*", "projects/orders/*", True), ("*", "projects/*/orders", True), ("*", "/projects/orders/streams/orders/", True),
        ("*", "*/orders", True), ("PutItem", "*", False), ("PUT", "*", False), ("*", "projects/orders", False),
        ("*", "Projects/*", False), ("*", "orders/streams/orders", False), ("G*", "*", False),
    ],
)  # fmt: skip
def test_functions_and_paths_are_patterns(function: str, path: str, expected: bool) -> None:
    faults = Faults()
    faults.add(kind="drop-before", function=function, path=path)
    assert (faults.match("PutRecords", "projects", "orders/streams/orders") is not None) is expected


@pytest.mark.parametrize("name", NAMES)
def test_every_function_can_be_struck_and_no_other_is(name: str) -> None:
    faults = Faults()
    faults.add(kind="drop-before", function=name)
    assert [each for each in NAMES if faults.match(each, "c", "p")] == [name]


def test_verbs_are_functions_too(v3io_server: V3io, client: Any) -> None:
    v3io_server.faults.add(kind="status", status=503, function="PUT", path="bigdata/a/*")
    answers = [
        client.object.put("bigdata", path, body=b"x", raise_for_status="never").status_code
        for path in ("/a/b", "/b/a")
    ]
    assert answers == [503, 200]
    assert put(client).status_code == 200


def test_the_first_fault_that_strikes_is_the_one() -> None:
    faults = Faults()
    busy = faults.add(kind="status", status=503, next=2)
    drop = faults.add(kind="drop-after", next=1)
    broken = faults.add(kind="broken", next=1)
    hits = [faults.match("PutRecords", "c", "s") for _ in range(5)]
    assert [hit and hit.fault for hit in hits] == [busy, busy, drop, broken, None]


def test_faults_are_taken_away(v3io_server: V3io, client: Any) -> None:
    v3io_server.faults.add(kind="status", status=503)
    assert put(client).status_code == 503
    v3io_server.faults.clear()
    assert put(client).status_code == 200
    assert len(v3io_server.faults) == 0


def test_faults_are_added_from_many_threads_while_requests_come(v3io_server: V3io) -> None:
    def add() -> None:
        for _ in range(50):
            v3io_server.faults.add(kind="drop-before", function="GetItem", next=1)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    marks = struck(v3io_server.faults, 300, "GetItem").count("x")
    for thread in threads:
        thread.join()
    marks += struck(v3io_server.faults, 300, "GetItem").count("x")
    assert marks == sum(fault.hits for fault in v3io_server.faults) == 200


# What is possible


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"kind": "explode"}, "`kind` is 'explode'; expected one of status, delay, drop-before, drop-after, broken, records"),
        ({"kind": None}, "`kind` is None; expected one of "),
        ({"kind": "status"}, "kind `status` takes `status`"),
        ({"kind": "status", "status": 200}, "`status` is 200; expected a status of 400 to 599"),
        ({"kind": "status", "status": "503"}, "`status` is '503'; expected a status of 400 to 599"),
        ({"kind": "status", "status": 429, "retry_after": -1}, "`retry_after` is -1; expected whole seconds"),
        ({"kind": "status", "status": 503, "seconds": 1}, "`seconds` does not go with kind `status`; it goes with `delay`"),
        ({"kind": "delay"}, "kind `delay` takes `seconds`"),
        ({"kind": "delay", "seconds": -1}, "`seconds` is -1; expected seconds, at most 3600"),
        ({"kind": "delay", "seconds": float("nan")}, "`seconds` is nan; expected seconds"),
        ({"kind": "delay", "seconds": 1e9}, "`seconds` is 1000000000.0; expected seconds, at most 3600"),
        ({"kind": "delay", "seconds": True}, "`seconds` is True; expected seconds"),
        ({"kind": "drop-before", "body": "cut"}, "`body` does not go with kind `drop-before`; it goes with `broken`"),
        ({"kind": "broken", "body": "xml"}, "`body` is 'xml'; expected one of cut, text"),
        ({"kind": "records"}, "kind `records` takes `positions` or `of_records`"),
        ({"kind": "records", "positions": [0], "of_records": 0.5}, "kind `records` takes `positions` or `of_records`"),
        ({"kind": "records", "positions": [-1]}, "`positions` is [-1]; expected a list of numbers from 0"),
        ({"kind": "records", "positions": 3}, "`positions` is 3; expected a list of numbers from 0"),
        ({"kind": "records", "of_records": 2}, "`of_records` is 2; expected a share of 0 to 1"),
        ({"kind": "records", "of_records": 1, "function": "PutItem"}, "`function` is 'PutItem'; expected `*` or one of PutRecords"),
        ({"kind": "drop-after", "function": "PutRecord"}, "`function` is 'PutRecord'; expected `*` or one of CreateStream"),
        ({"kind": "drop-after", "path": 5}, "`path` is 5; expected a pattern of `container/path`"),
        ({"kind": "drop-after", "next": 0}, "`next` is 0; expected a number of requests, from 1"),
        ({"kind": "drop-after", "share": 1.5}, "`share` is 1.5; expected a share of 0 to 1"),
        ({"kind": "drop-after", "seed": "x"}, "`seed` is 'x'; expected a whole number"),
        ({"kind": "drop-after", "next": 1, "share": 0.5}, "`next` does not go with `share`"),
    ],
)  # fmt: skip
def test_what_is_not_possible_is_said(words: dict[str, Any], message: str) -> None:
    faults = Faults()
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the text is looked at below
        faults.add(**words)
    assert str(raised.value).startswith(message)
    assert len(faults) == 0


def test_the_kinds_are_those_of_the_documentation() -> None:
    assert all(f"`{kind}`" in str(Kind.__doc__) for kind in Kind)


# The admin endpoint


def ask(server: V3io, method: str, body: object = None, path: str = "faults") -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    try:
        connection.request(
            method,
            f"/.iguazioig/{path}",
            body if isinstance(body, bytes | None) else json.dumps(body),
        )
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content else None
    finally:
        connection.close()


def test_faults_are_added_listed_and_taken_away_over_http(v3io_server: V3io, client: Any) -> None:
    words = {
        "kind": "status",
        "status": 503,
        "function": "PutRecords",
        "path": "projects/*",
        "next": 1,
    }
    shown = {**words, "seed": 0, "hits": 0}
    assert ask(v3io_server, "POST", words) == (200, shown)
    assert put(client).status_code == 503
    assert ask(v3io_server, "GET") == (200, {"faults": [{**shown, "hits": 1}]})
    assert ask(v3io_server, "DELETE") == (204, None)
    assert ask(v3io_server, "GET") == (200, {"faults": []})


def test_a_fault_that_is_listed_can_be_added_again(v3io_server: V3io) -> None:
    v3io_server.faults.add(kind="records", positions=[1, 2], share=0.5, seed=3)
    (listed,) = ask(v3io_server, "GET")[1]["faults"]
    del listed["hits"]
    assert ask(v3io_server, "POST", listed)[0] == 200


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (None, "a fault is a JSON object; its words are kind, function, path, next, "),
        (b"{", "a fault is a JSON object"),
        ([], "a fault is a JSON object"),
        ({}, "`kind` is missing; expected one of status, "),
        (
            {"kind": "status", "state": 503},
            "there is no word `state` for a fault; there are kind, ",
        ),
        ({"kind": "status", "hits": 1}, "there is no word `hits` for a fault"),
        ({"kind": "status", "status": 200}, "`status` is 200; expected a status of 400 to 599"),
        ({"kind": ["x"]}, "`kind` is ['x']; expected one of "),
    ],
)
def test_what_is_no_fault_is_answered_in_the_platforms_form(
    v3io_server: V3io, body: object, message: str
) -> None:
    status, answer = ask(v3io_server, "POST", body)
    assert status == 400
    assert answer["ErrorCode"] == -201326592
    assert answer["ErrorMessage"].startswith(f"InvalidArgumentException: {message}")
    assert len(v3io_server.faults) == 0


def test_another_method_is_refused(v3io_server: V3io) -> None:
    assert ask(v3io_server, "PUT", {})[0] == 400


def test_too_long_a_fault_is_refused(v3io_server: V3io) -> None:
    assert ask(v3io_server, "POST", b" " * 100_000)[0] == 413


def test_faults_do_not_strike_the_admin_endpoints(v3io_server: V3io) -> None:
    v3io_server.faults.add(kind="drop-before")
    assert ask(v3io_server, "GET", path="puts") == (200, [])
    assert ask(v3io_server, "DELETE") == (204, None)


def test_without_admin_the_endpoint_says_what_to_do() -> None:
    with emulator.serve() as server:
        for method in ("GET", "POST", "DELETE"):
            status, answer = ask(server, method)
            assert status == 403
            assert answer["ErrorMessage"].endswith("started without --admin")
