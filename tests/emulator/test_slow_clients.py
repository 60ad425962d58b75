"""Clients that are slow, or that never finish what they began, do not hold up others."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest
from iguazioig.emulator import V3io
from wire import ask, call, connect, put

CLIENTS = 200
HALVES = [
    b"",
    b"POST /projects/s HTT",
    b"POST /projects/s HTTP/1.1\r\nHost: x\r\nX-v3io-func",
    b"PUT /projects/o HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf of it",
    b"PUT /projects/o HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\nhalf of it",
    b"GET /projects/large HTTP/1.1\r\nHost: x\r\n\r\n",
]


@pytest.fixture
def clients() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def test_200_clients_that_never_finish(v3io: V3io, clients: contextlib.ExitStack) -> None:
    v3io.create_stream("projects", "s")
    large = b"x" * (20 << 20)
    ask(v3io, "PUT", "/projects/large", large)
    for number in range(CLIENTS):
        client = socket.create_connection(("127.0.0.1", v3io.port))
        clients.enter_context(client)
        client.sendall(HALVES[number % len(HALVES)])
    for _ in range(100):
        assert put(v3io, "/projects/s", b"x").status == 200
    assert call(v3io, "DescribeStream", "/projects/s").status == 200
    assert ask(v3io, "GET", "/projects/large").body == large
    assert v3io.ends("projects", "s") == {0: 100}


def test_a_client_that_sends_byte_by_byte_is_answered(v3io: V3io) -> None:
    v3io.create_stream("projects", "s")
    body = b'{"Records":[{"Data":"eA=="}]}'
    head = b"POST /projects/s HTTP/1.1\r\nHost: x\r\nX-v3io-function: PutRecords\r\nContent-Length: %d\r\n\r\n"
    with socket.create_connection(("127.0.0.1", v3io.port), timeout=60) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in head % len(body) + body:
            client.send(bytes([byte]))
        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK")


def test_a_client_that_leaves_in_the_middle(v3io: V3io) -> None:
    for half in HALVES:
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", v3io.port)) as client:
                client.sendall(half)
    assert ask(v3io, "GET", "/projects/o").status == 404


def test_an_object_that_is_written_anew_while_it_is_read(v3io: V3io) -> None:
    ask(v3io, "PUT", "/projects/large", b"x" * (40 << 20))
    with socket.create_connection(("127.0.0.1", v3io.port), timeout=60) as client:
        client.sendall(b"GET /projects/large HTTP/1.1\r\nHost: x\r\n\r\n")
        received = len(client.recv(1000))
        assert ask(v3io, "PUT", "/projects/large", b"y" * (40 << 20)).status == 200
        # It gets no mixture: what it got before, and then the end of the connection.
        with contextlib.suppress(ConnectionError):
            while more := client.recv(1 << 20):
                assert b"y" not in more
                received += len(more)
    assert received < 40 << 20


def test_the_end_of_the_server_waits_for_nobody(clients: contextlib.ExitStack) -> None:
    from iguazioig.emulator import serve

    with serve() as v3io:
        ask(v3io, "PUT", "/projects/large", b"x" * (20 << 20))
        for half in HALVES:
            client = socket.create_connection(("127.0.0.1", v3io.port))
            clients.enter_context(client)
            client.sendall(half)
        ask(v3io, "GET", "/projects")


def test_a_head_that_does_not_come_in_time_ends_its_connection(v3io: V3io) -> None:
    v3io._thread.do(lambda service: setattr(service._http, "head_seconds", 0.05))
    with contextlib.closing(connect(v3io)) as rests:
        rests.request("GET", "/projects")
        rests.getresponse().read()
        for half in (b"G", b"POST /projects/s HTTP/1.1\r\nHost: x\r\nX-v3io-func"):
            with socket.create_connection(("127.0.0.1", v3io.port), timeout=60) as client:
                client.sendall(half)
                assert client.recv(1) == b""
        whole = b"GET /projects HTTP/1.1\r\nHost: x\r\n\r\n"
        with socket.create_connection(("127.0.0.1", v3io.port), timeout=60) as client:
            client.sendall(whole)
            assert client.recv(65536).startswith(b"HTTP/1.1 200")
            client.sendall(whole[:20])
            assert client.recv(1) == b""
        rests.request("GET", "/projects")
        assert rests.getresponse().status == 200


def test_a_body_may_take_longer_than_a_head(v3io: V3io) -> None:
    v3io._thread.do(lambda service: setattr(service._http, "head_seconds", 0.05))
    with socket.create_connection(("127.0.0.1", v3io.port), timeout=60) as client:
        client.sendall(b"PUT /projects/o HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na")
        with socket.create_connection(("127.0.0.1", v3io.port), timeout=60) as other:
            other.sendall(b"G")
            assert other.recv(1) == b""
        client.sendall(b"b")
        assert client.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"
