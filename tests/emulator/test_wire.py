"""v3io-protocol 1: transport, errors and access, over the wire."""

from __future__ import annotations

import inspect
import json
import socket
from http.client import HTTPConnection
from typing import Any

import pytest
from iguazioig.emulator import V3io, V3ioError, errors, items, serve, server
from wire import ask, call, connect

STREAM = "/projects/s"
KEY = "5b1f7a52-8b5e-4f57-9a3c-2f9f8b8c6d11"
PUT_RECORDS = {"X-v3io-function": "PutRecords"}


def exchange(v3io: V3io, *pieces: bytes) -> bytes:
    """Send bytes on one connection; all that comes until the server closes it."""
    with socket.create_connection(("127.0.0.1", v3io.port), timeout=60) as connection:
        for piece in pieces:
            connection.sendall(piece)
        received = b""
        while more := connection.recv(65536):
            received += more
        return received


def error_of(received: bytes) -> tuple[int, Any]:
    """Status and body of the only answer on a connection."""
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


# Requests


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("name", ["X-v3io-function", "X-V3io-Function", "x-v3io-function"])
@pytest.mark.parametrize("function", ["DescribeStream", "describestream", " DescribeStream "])
def test_the_header_names_the_function(v3io: V3io, method: str, name: str, function: str) -> None:
    v3io.create_stream("projects", "s", shards=3)
    answer = ask(v3io, method, STREAM, b"", {name: function})
    assert answer.json == {"ShardCount": 3, "RetentionPeriodHours": 24}


@pytest.mark.parametrize("function", ["", "Nonsense", "PutRecord", "OosRun", "é", "x" * 5000])
def test_an_unknown_function(v3io: V3io, function: str) -> None:
    answer = ask(v3io, "PUT", STREAM, b"{}", {"X-v3io-function": function})
    assert answer.error[:2] == (400, -201326592)


@pytest.mark.parametrize("method", ["POST", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_an_unknown_verb(v3io: V3io, method: str) -> None:
    assert ask(v3io, method, "/projects/o").error[0] in (400, 405)


@pytest.mark.parametrize("kind", [None, "application/json", "application/octet-stream", "text/x"])
def test_no_content_type_is_required(v3io: V3io, kind: str | None) -> None:
    v3io.create_stream("projects", "s")
    headers = PUT_RECORDS | ({"Content-Type": kind} if kind else {})
    answer = ask(v3io, "POST", STREAM, b'{"Records":[{"Data":"eA=="}]}', headers)
    assert answer.json["FailedRecordCount"] == 0


@pytest.mark.parametrize(
    "path", ["//projects//s//", "/projects/s/", "/projects/%73", "//projects/s"]
)
def test_slashes_and_percent_signs(v3io: V3io, path: str) -> None:
    v3io.create_stream("projects", "s")
    assert call(v3io, "DescribeStream", path).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/projects/..",
        "/projects/../bigdata",
        "/projects/a/./b",
        "/projects/%2e%2e/bigdata",
        "/projects/a%2F..%2Fb",
        "/..",
        "/projects/%00",
        "/projects/a%0Ab",
        "/projects/%7F",
        "/projects/%FF",
        "/projects/%C0%AE",
        "/projects/%ED%A0%80",
        "/projects/%EF%BF%BF",
        "/projects/" + "a" * 256,
        "/projects/" + "%C3%A9" * 128,
        "/projects/" + "a/" * 2050,
        "projects/s",
        "*",
        "http://127.0.0.1/projects/s",
    ],
)
def test_a_path_that_names_nothing(v3io: V3io, path: str) -> None:
    for method, headers in (("GET", {}), ("PUT", {}), ("PUT", PUT_RECORDS), ("DELETE", {})):
        answer = ask(v3io, method, path, b"" if method == "PUT" else None, headers)
        assert answer.error[:2] == (400, -201326592)


def test_percent_signs_are_decoded_once(v3io: V3io) -> None:
    assert ask(v3io, "PUT", "/projects/%252e%252e", b"x").status == 200
    assert b"<Key>%2e%2e</Key>" in ask(v3io, "GET", "/projects").body


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"[]",
        b'"text"',
        b"5",
        b"null",
        b"{",
        b'{"a":1}x',
        b"\xff",
        b'{"a":"\\ud800"}',
        b"[" * 5000,
    ],
)
def test_a_body_that_is_no_json_object(v3io: V3io, body: bytes) -> None:
    v3io.create_stream("projects", "s")
    for function in ("PutRecords", "CreateStream", "PutItem", "UpdateItem", "GetItem", "GetItems"):
        assert ask(v3io, "PUT", STREAM, body, {"X-v3io-function": function}).error[0] == 400


# Connections


def test_a_connection_is_kept(v3io: V3io) -> None:
    connection = connect(v3io)
    for _ in range(3):
        for path, status in (
            ("/projects", 200),
            ("/projects/nothing", 404),
            ("/projects/%00", 400),
        ):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status
            # Go takes the word `timeout` in it for trouble of the network: v3io-protocol 1.2.
            assert answer.headers["Keep-Alive"] is None
    connection.close()


def test_requests_may_be_sent_before_the_answers_are_read(v3io: V3io) -> None:
    connections = [connect(v3io) for _ in range(8)]
    for connection in connections:
        connection.request("PUT", "/projects/o", b"x")
    assert [connection.getresponse().status for connection in connections] == [200] * 8
    for connection in connections:
        connection.close()
    request = b"GET /projects/o HTTP/1.1\r\nHost: x\r\n"
    received = exchange(v3io, (request + b"\r\n") * 50 + request + b"Connection: close\r\n\r\n")
    assert received.count(b"HTTP/1.1 200 OK") == 51


def test_a_body_in_chunks(v3io: V3io) -> None:
    head = b"PUT /projects/o HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    assert exchange(v3io, head, b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n").startswith(
        b"HTTP/1.1 200"
    )
    assert ask(v3io, "GET", "/projects/o").body == b"abcde"


def test_a_client_may_wait_for_100(v3io: V3io) -> None:
    head = b"PUT /projects/o HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", v3io.port), timeout=60) as connection:
        connection.sendall(head)
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"12345")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 OK")
    assert ask(v3io, "GET", "/projects/o").body == b"12345"


@pytest.mark.parametrize(
    ("function", "largest"),
    [("PutRecords", 10 << 20), ("PutItem", 4 << 20), ("GetItem", 2 << 20), (None, 64 << 20)],
)
def test_a_body_that_is_too_large_is_not_waited_for(
    v3io: V3io, function: str | None, largest: int
) -> None:
    name = f"X-v3io-function: {function}\r\n".encode() if function else b""
    start = b"PUT /projects/o HTTP/1.1\r\nHost: x\r\n" + name
    with socket.create_connection(("127.0.0.1", v3io.port), timeout=60) as connection:
        connection.sendall(start + b"Content-Length: %d\r\n\r\n" % (largest + 1))
        status, error = error_of(connection.recv(65536))
    assert (status, error["ErrorCode"]) == (413, -201326592)
    assert str(largest) in error["ErrorMessage"]


def test_a_body_in_chunks_that_grows_too_large(v3io: V3io) -> None:
    head = b"PUT /projects/s HTTP/1.1\r\nHost: x\r\nX-v3io-function: GetItem\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", v3io.port), timeout=60) as connection:
        connection.sendall(head)
        for _ in range(3):
            connection.sendall(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
        assert error_of(connection.recv(65536))[0] == 413


def test_a_large_body_is_taken(v3io: V3io) -> None:
    data = b"x" * (64 << 20)
    assert ask(v3io, "PUT", "/projects/o", data).status == 200
    assert ask(v3io, "HEAD", "/projects/o").headers["Content-Length"] == str(64 << 20)


def test_a_body_that_does_not_come(v3io: V3io, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "BODY_SECONDS", 0.05)
    head = b"PUT /projects/o HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n123"
    with socket.create_connection(("127.0.0.1", v3io.port), timeout=60) as connection:
        connection.sendall(head)
        status, error = error_of(connection.recv(65536))
    assert (status, error["ErrorCode"]) == (408, -201326592)
    assert ask(v3io, "GET", "/projects/o").status == 404


def test_a_compressed_body_is_bytes_like_any_other(v3io: V3io) -> None:
    answer = ask(v3io, "PUT", "/projects/o", b"not gzip", {"Content-Encoding": "gzip"})
    assert answer.status == 200
    assert ask(v3io, "GET", "/projects/o").body == b"not gzip"


# Errors


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /projects SMTP/1.1\r\n\r\n",
        b"GET /projects HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        b"GET /projects HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"GET /projects HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"PUT /projects/o HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /projects/\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
    ],
)
def test_what_is_not_http_gets_the_error_body(
    v3io: V3io, garbage: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    status, error = error_of(exchange(v3io, garbage))
    assert status == 400
    assert error == {
        "ErrorCode": -201326592,
        "ErrorMessage": "InvalidArgumentException: a request in HTTP/1.1",
    }
    assert ask(v3io, "GET", "/projects").status == 200
    assert capfd.readouterr() == ("", "")


def test_our_own_mistake_is_an_answer_and_a_traceback(
    v3io: V3io, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def mistaken(*_: object) -> None:
        raise RuntimeError("a mistake")

    ask(v3io, "PUT", "/projects/t/k", b"")
    monkeypatch.setattr(items.attributes, "project", mistaken)
    answer = call(v3io, "GetItem", "/projects/t/k")
    assert answer.error == (500, -5, "Internal error of the embedded v3io")
    assert "RuntimeError: a mistake" in capfd.readouterr().err
    assert ask(v3io, "GET", "/projects").status == 200


def test_no_error_has_a_word_that_makes_clients_ask_again_for_ever() -> None:
    made: list[V3ioError] = []
    for name, make in inspect.getmembers(errors, inspect.isfunction):
        words = [1 if "int" in str(each.annotation) or "float" in str(each.annotation) else "word"
                 for each in inspect.signature(make).parameters.values()]  # fmt: skip
        made.append(make(*words))
        assert name.islower()
    assert len(made) > 15
    for error in made:
        # v3io-protocol 1.2 and 1.6.
        assert "timeout" not in error.message.lower()
        assert "refused" not in error.message.lower()
        assert error.body.count(b"ErrorCode") == (2 if error.code == errors.ITEM_EXISTS else 1)
        assert error.code


@pytest.mark.parametrize(
    ("function", "fields"),
    [
        ("PutItem", {"Item": {"timeout": {"refused": "ErrorCode"}}}),
        ("PutItem", {"Item": {"a": {"N": "1"}}, "ConditionExpression": "timeout(refused)"}),
        ("UpdateItem", {"UpdateExpression": "a = refused + 1"}),
        ("UpdateItem", {"UpdateExpression": "SET timeout refused ErrorCode"}),
        ("UpdateItem", {"UpdateMode": "timeout"}),
        ("SeekShard", {"Type": "refused"}),
        ("timeout", {}),
    ],
)
def test_no_error_quotes_such_a_word_of_a_request(
    v3io: V3io, function: str, fields: dict[str, Any]
) -> None:
    status, _, text = call(v3io, function, "/projects/timeout/refused", **fields).error
    assert status in (400, 404)
    assert not any(word in text for word in ("timeout", "refused", "ErrorCode"))


# Access


@pytest.fixture
def locked() -> Any:
    with serve(access_key=KEY) as running:
        yield running


def test_the_key_is_checked_where_one_is_set(locked: V3io) -> None:
    assert locked.access_key == KEY
    for name in ("X-v3io-session-key", "X-V3io-Session-Key"):
        assert ask(locked, "GET", "/projects", headers={name: KEY}).status == 200
    for headers in (
        {},
        {"X-v3io-session-key": ""},
        {"X-v3io-session-key": KEY[:-1]},
        {"X-v3io-session-key": "é"},
    ):
        for method, path in (
            ("GET", "/projects"),
            ("PUT", "/projects/o"),
            ("GET", "/.iguazioig/puts"),
        ):
            assert ask(locked, method, path, headers=headers).error == (
                403,
                -13,
                "Permission denied",
            )


def test_the_key_may_be_a_password(locked: V3io) -> None:
    connection = HTTPConnection("127.0.0.1", locked.port)
    basic = {
        "Basic dXNlcjo1YjFmN2E1Mi04YjVlLTRmNTctOWEzYy0yZjlmOGI4YzZkMTE=": 200,
        "basic OjViMWY3YTUyLThiNWUtNGY1Ny05YTNjLTJmOWY4YjhjNmQxMQ==": 200,
        "Basic dXNlcjpvdGhlcg==": 403,
        "Basic dXNlcg==": 403,
        "Basic !!!": 403,
        "Basic /w==": 403,
        "Basic": 403,
        "Bearer dXNlcjo1YjFmN2E1Mi04YjVlLTRmNTctOWEzYy0yZjlmOGI4YzZkMTE=": 403,
    }
    for authorization, status in basic.items():
        connection.request("GET", "/projects", headers={"Authorization": authorization})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status
    connection.close()


def test_without_a_key_any_is_taken(v3io: V3io) -> None:
    for headers in ({}, {"X-v3io-session-key": "any"}, {"Authorization": "Basic"}):
        assert ask(v3io, "GET", "/projects", headers=headers).status == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_others_are_let_in_with_a_key_only(host: str) -> None:
    with pytest.raises(ValueError, match="set an access key, or listen on"), serve(host):
        pass


def test_with_a_key_it_listens_to_all() -> None:
    with serve("0.0.0.0", access_key=KEY) as running:
        assert ask(running, "GET", "/projects").status == 403
