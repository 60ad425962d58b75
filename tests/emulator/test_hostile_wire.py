"""Whatever comes over the wire, the server answers it as the platform does and goes on: property tests."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hostile import NASTY, json_values, quick, texts
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.emulator import V3io, serve
from wire import Answer, ask, connect

WAITS = 0.05  # seconds; how long is listened for an answer to what may be no whole request yet

FUNCTIONS = [
    "CreateStream", "UpdateStream", "DescribeStream", "PutRecords", "SeekShard", "GetRecords", "PutItem", "UpdateItem",
    "GetItem", "GetItems", "GetClusterMD", "Seek",
]  # fmt: skip
FIELDS = [
    "StreamName", "ShardId", "TableName", "Key", "ShardCount", "RetentionPeriodHours", "Records", "Data", "ClientInfo",
    "PartitionKey", "Type", "StartingSequenceNumber", "TimestampSec", "TimestampNSec", "Location", "Limit", "Item",
    "UpdateMode", "ConditionExpression", "UpdateExpression", "AlternateUpdateExpression", "AttributesToGet",
    "FilterExpression", "Marker", "ShardingKey", "Segment", "TotalSegment", "SortKeyRangeStart", "SortKeyRangeEnd",
]  # fmt: skip
WORDS = [
    "EARLIEST",
    "TIME",
    "SEQUENCE",
    "CreateOrReplaceAttributes",
    "eA==",
    "s",
    "s/0",
    "a = 1",
    "*",
    "**",
    "__size",
]
TRICKS = [
    "%00", "%2e%2e", "..", ".", "%252e", "%c0%ae", "%2F", "//", "%", "%f", "%zz", "%ff", "?", "#", ";", "\\", "%5c..", "~",
    "%0d%0aX:%20y", "s", "0", "4096", "%EF%BF%BE", "a" * 300, "$state.json", "@", "[", "{}", "|", "^", "`",
]  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[V3io]:
    """One server for all examples, with something in it."""
    with serve(admin=True) as running:
        running.create_stream("projects", "s", shards=4)
        running.put("projects", "s", [b"x"] * 8)
        ask(running, "PUT", "/projects/t/object", b"content")
        yield running


def check(answer: Answer) -> None:
    """Success, or the platform's error; never a mistake of ours."""
    assert answer.status < 500, answer.body
    if answer.status >= 400 and answer.body:
        assert answer.error


def still_answers(server: V3io) -> None:
    assert ask(server, "HEAD", "/projects").status == 200


def heard(server: V3io, data: bytes) -> bytes:
    """What comes for these bytes, which may be no whole request."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(WAITS)
        received = b""
        try:
            connection.sendall(data)
            while more := connection.recv(65536):
                received += more
        except (TimeoutError, ConnectionError):
            pass
        return received


def is_the_platforms(received: bytes) -> None:
    """Every answer among the bytes is success or has the error body."""
    for status, rest in re.findall(
        rb"HTTP/\d\.\d (\d{3}) .*?\r\n\r\n([^\r]*)", received, re.DOTALL
    ):
        assert int(status) < 500, received
        if int(status) >= 400 and rest:
            assert json.loads(rest.partition(b"}")[0] + b"}")["ErrorCode"]


@quick(150)
@given(
    st.lists(
        st.binary(max_size=40)
        | st.sampled_from([b"\r\n", b"GET ", b" HTTP/1.1", b"\r\n\r\n", b": ", b"\0"])
    )
)
def test_bytes(server: V3io, pieces: list[bytes]) -> None:
    is_the_platforms(heard(server, b"".join(pieces) + b"\r\n\r\n"))
    still_answers(server)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good request with some of its bytes replaced, left out or repeated."""
    body = b'{"Records":[{"Data":"eA==","PartitionKey":"k"}]}'
    good = draw(
        st.sampled_from(
            [
                b"POST /projects/s/ HTTP/1.1\r\nHost: x\r\nX-v3io-function: PutRecords\r\nContent-Length: %d\r\n\r\n%s"
                % (len(body), body),
                b"GET /projects?prefix=s/&max-keys=2&marker=s/1 HTTP/1.1\r\nHost: x\r\n\r\n",
                b"GET /projects/t/object HTTP/1.1\r\nHost: x\r\nRange: bytes=2-4\r\n\r\n",
                b"PUT /projects/t/new HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            ]
        )
    )
    data = bytearray(good)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data) - 1))
        length = draw(st.integers(0, 5))
        data[place : place + length] = draw(st.binary(max_size=5)) * draw(
            st.sampled_from([1, 1, 1, 50])
        )
    return bytes(data)


@quick(150)
@given(mutated())
def test_requests_with_other_bytes_in_them(server: V3io, data: bytes) -> None:
    is_the_platforms(heard(server, data))
    still_answers(server)


def values() -> st.SearchStrategy[Any]:
    """Values that a field may have, of the right or the wrong type."""
    words = st.sampled_from(WORDS) | texts()
    records = st.dictionaries(st.sampled_from(FIELDS), words | st.integers(), max_size=4)
    attributes = st.dictionaries(
        words, st.dictionaries(st.sampled_from(["S", "N", "B", "TS", "BOOL"]), words, max_size=1)
    )
    return json_values(words) | st.lists(records, max_size=3) | attributes | st.integers(-2, 5)


@quick(400)
@given(
    st.sampled_from(FUNCTIONS),
    st.sampled_from(["s", "s/0", "t", "t/object", "t/new", ""]),
    st.dictionaries(st.sampled_from(FIELDS), values(), max_size=6),
)
def test_fields_of_any_type(server: V3io, function: str, path: str, fields: dict[str, Any]) -> None:
    connection = connect(server)
    try:
        connection.request(
            "PUT", f"/projects/{path}", json.dumps(fields), {"X-v3io-function": function}
        )
        answer = connection.getresponse()
        check(Answer(answer.status, answer.headers, answer.read()))
    finally:
        connection.close()
    still_answers(server)


@quick(200)
@given(st.sampled_from(FUNCTIONS), st.binary(max_size=200) | texts().map(str.encode))
def test_bodies_of_any_bytes(server: V3io, function: str, body: bytes) -> None:
    check(ask(server, "PUT", "/projects/s", body, {"X-v3io-function": function}))
    still_answers(server)


def paths() -> st.SearchStrategy[str]:
    letters = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=10)
    pieces = (
        st.sampled_from(
            [*TRICKS, "/projects", "/s", "/t", "/", "/.iguazioig/wait", "prefix=", "stream="]
        )
        | letters
    )
    return st.lists(pieces, max_size=6).map("".join).map(lambda path: f"/{path}")


@quick(400)
@given(
    st.sampled_from(["GET", "HEAD", "PUT", "DELETE", "POST", "BREW"]),
    st.none() | st.sampled_from(FUNCTIONS),
    paths(),
)
def test_paths(server: V3io, method: str, function: str | None, path: str) -> None:
    if "timeout" in path:
        return
    if path.startswith("/.iguazioig/wait"):
        path += "?timeout=0"
    headers = {"X-v3io-function": function} if function else {}
    check(ask(server, method, path, b"" if method != "GET" else None, headers))
    still_answers(server)


@pytest.mark.parametrize("text", NASTY)
def test_text_that_means_something_elsewhere(server: V3io, text: str) -> None:
    quoted = "".join(f"%{byte:02X}" for byte in text.encode())
    for path in (f"/projects/names/{quoted}", f"/projects/names/a{quoted}b"):
        put = ask(server, "PUT", path, text.encode())
        check(put)
        if put.status == 200 and not quoted.endswith("%2F"):
            assert ask(server, "GET", path).body == text.encode()
    check(ask(server, "GET", f"/projects?prefix={quoted}&marker={quoted}"))
    check(ask(server, "GET", "/projects?prefix=names"))
    still_answers(server)


def test_what_was_there_is_still_there(server: V3io) -> None:
    described = ask(server, "PUT", "/projects/s", b"", {"X-v3io-function": "DescribeStream"})
    assert described.status in (200, 404)
    ask(server, "PUT", "/projects/after", b"all")
    assert ask(server, "GET", "/projects/after").body == b"all"
