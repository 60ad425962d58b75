"""The HTTP trigger of a replica, asked over the wire: what a handler sees, and what a client gets."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from iguazioig.local.http_trigger import WorkerServer
from iguazioig.local.reports import Assignment
from iguazioig.local.steps import DeployedStep
from iguazioig.local.workers import Worker

Serve = Callable[..., WorkerServer]

TELLS = """\
def handler(context, event):
    names = ("content_type", "fields", "headers", "method", "num_shards", "offset", "path", "shard_id", "size", "topic",
             "type", "url", "version")
    told = {name: getattr(event, name) for name in names}
    return {**told, "body": repr(event.body), "trigger": [event.trigger.kind, event.trigger.name],
            "has_id": len(event.id), "worker": context.worker_id}
"""
EVALUATES = """\
import datetime
from nuclio_sdk import Response


def handler(context, event):
    return eval(event.body)
"""
MEETS = """\
import os, pathlib, time

FOLDER = pathlib.Path(os.environ["FOLDER"])


def handler(context, event):
    name = event.body.decode()
    (FOLDER / name).touch()
    while not all((FOLDER / each).exists() for each in event.get_header("X-Waits-For").split()):
        time.sleep(0.001)
    return str(context.worker_id)
"""


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers for handlers of a test."""
    with contextlib.ExitStack() as stack:

        def start(handler: str, workers: int = 1, **options: Any) -> WorkerServer:
            (tmp_path / "step").mkdir()
            (tmp_path / "step" / "handler.py").write_text(handler)
            step = DeployedStep(
                name="ask", function="ask", folder=tmp_path / "step", handler="handler:handler", replicas=1, streams=(),
                http=None, env={}, secrets={}, secret_sets=(), mounts=(), log_level="info",
            )  # fmt: skip
            assignment = Assignment(
                step=step, replica=0, replicas=1, api="", access_key="", member="", log=str(tmp_path / "log"),
                env={"FOLDER": str(tmp_path)}, home=str(tmp_path), mounts={},
            )  # fmt: skip
            pool = [Worker(assignment, "default-http", "http", number) for number in range(workers)]
            server = WorkerServer(pool, **options)
            stack.callback(server.close)
            for worker in pool:
                worker.start()
            return server

        yield start


@pytest.fixture
def clients() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def connect(server: WorkerServer) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)


def ask(
    server: WorkerServer,
    body: Any = None,
    method: str = "POST",
    target: str = "/",
    headers: dict[str, str] | None = None,
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Status, headers and body of the answer to one request."""
    sent = body.encode() if isinstance(body, str) else body
    with contextlib.closing(connect(server)) as connection:
        connection.request(method, target, sent, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def say(server: WorkerServer, data: bytes) -> bytes:
    """All that comes for these bytes until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0), 60) as client:
        client.sendall(data)
        received = b""
        while more := client.recv(65536):
            received += more
        return received


def test_a_handler_gets_the_event_that_nuclio_makes_of_a_request(serve: Serve) -> None:
    server = serve(TELLS)
    headers = {"Content-Type": "text/csv", "x-REQUEST-id": "7", "User-Agent": "test"}
    target = "/a%20b//c/../d%C3%A9/?x=1&x=2&y=a%26b+c&empty&%C3%A9=%20"
    status, answered, body = ask(server, b"\xff\x00", "PATCH", target, headers)
    assert (status, answered["Content-Type"]) == (200, "application/json")
    assert json.loads(body) == {
        "method": "PATCH", "path": "/a b/dé/", "fields": {"x": "2", "y": "a&b c", "empty": "", "é": " "},
        "headers": {
            "Host": urlsplit(server.url).netloc, "Accept-Encoding": "identity", "Content-Length": "2",
            "Content-Type": "text/csv", "X-Request-Id": "7", "User-Agent": "test",
        },
        "content_type": "text/csv", "body": r"b'\xff\x00'", "size": 2, "url": "", "shard_id": -1, "num_shards": 0,
        "offset": 0, "topic": "", "type": "", "version": "", "trigger": ["http", "default-http"], "has_id": 36, "worker": 0,
    }  # fmt: skip


def test_of_a_header_that_is_repeated_the_last_one_counts_and_cookies_are_one(serve: Serve) -> None:
    server = serve(TELLS)
    head = b"GET / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a: 2\r\nCookie: a=1\r\nCookie: b=2\r\nX-B: \xff\r\nConnection: close\r\n\r\n"
    seen = json.loads(say(server, head).partition(b"\r\n\r\n")[2])["headers"]
    expected = {"Host": "x", "X-A": "2", "Cookie": "a=1; b=2", "X-B": "\ufffd"}
    assert seen == {**expected, "Connection": "close"}


@pytest.mark.parametrize(
    ("content_type", "body", "seen"),
    [
        ("application/json", b'{"a": [1]}', "{'a': [1]}"),
        ("application/json", b"no JSON", "b'no JSON'"),
        ("application/json; charset=utf-8", b"{}", "b'{}'"),
        ("application/json", b"", "b''"),
    ],
)
def test_a_body_is_read_where_its_type_is_json_and_no_other(
    serve: Serve, content_type: str, body: bytes, seen: str
) -> None:
    answer = ask(serve(TELLS), body, headers={"Content-Type": content_type})[2]
    assert json.loads(answer)["body"] == seen


def test_json_that_is_nested_too_deeply_stays_bytes(serve: Serve) -> None:
    server = serve("def handler(context, event):\n    return str(type(event.body))\n")
    answer = ask(server, b"[" * 1_000_000, headers={"Content-Type": "application/json"})
    assert (answer[0], answer[2]) == (200, b"<class 'bytes'>")


def test_a_body_in_chunks(serve: Serve) -> None:
    server = serve("def handler(context, event):\n    return event.body\n")
    assert (
        ask(server, iter([b"one, ", b"two, ", b"x" * 100_000]))[2] == b"one, two, " + b"x" * 100_000
    )


def test_a_client_that_waits_until_its_body_is_asked_for(serve: Serve) -> None:
    server = serve("def handler(context, event):\n    return event.body\n")
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0), 60) as client:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
        client.sendall(head)
        assert client.recv(25, socket.MSG_WAITALL) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"ok")
        assert client.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 200"


@pytest.mark.parametrize(
    "request_",
    [
        b"no HTTP\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_others_are_answered(
    serve: Serve, request_: bytes
) -> None:
    server = serve("def handler(context, event):\n    return 'here'\n")
    assert say(server, request_).startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
    assert ask(server)[2] == b"here"


def test_a_post_without_a_body(serve: Serve) -> None:
    server = serve("def handler(context, event):\n    return repr(event.body)\n")
    answer = say(server, b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.endswith(b"\r\n\r\nb''")


def test_a_body_that_is_too_long_is_refused_as_nuclio_does(serve: Serve) -> None:
    server = serve("def handler(context, event):\n    return str(event.size)\n", longest=64)
    assert ask(server, b"x" * 64)[2] == b"64"
    for body in (b"x" * 65, iter([b"x" * 60] * 2)):
        status, headers, text = ask(server, body)
        assert (status, headers["Connection"], text) == (
            400,
            "close",
            b"the body has more than 64 bytes",
        )


def test_two_requests_on_a_connection(serve: Serve) -> None:
    server = serve("def handler(context, event):\n    return event.method\n")
    with contextlib.closing(connect(server)) as connection:
        for method in ("GET", "PURGE", "POST", "OPTIONS"):
            connection.request(method, "/")
            assert connection.getresponse().read() == method.encode()
        connection.request("HEAD", "/")
        answer = connection.getresponse()
        assert (answer.headers["Content-Length"], answer.read()) == ("4", b"")


JSON, TEXT = "application/json", "text/plain"


@pytest.mark.parametrize(
    ("returned", "status", "kind", "body"),
    [
        ("'tekst é'", 200, TEXT, "tekst é".encode()),
        ("b'\\x00\\xff'", 200, TEXT, b"\x00\xff"),
        ("{'a': 1}", 200, JSON, b'{"a": 1}'),
        ("(201, 'made')", 201, TEXT, b"made"),
        ("(201, {'a': 1})", 201, JSON, b'{"a": 1}'),
        ("None", 200, TEXT, b"None"),
        ("7", 200, TEXT, b"7"),
        ("[{'a': 1}, 'second']", 200, JSON, b'{"a": 1}'),
        ("{'a': datetime.date(2026, 1, 2)}", 200, JSON, b'{"a": "datetime.date(2026, 1, 2)"}'),
        ("Response(body='x', content_type='text/html', status_code=418)", 418, "text/html", b"x"),
        ("Response(body={'a': 1})", 200, JSON, b'{"a": 1}'),
        ("Response(body=b'\\xff', content_type='image/png')", 200, "image/png", b"\xff"),
        ("Response(status_code=204, body='')", 204, TEXT, b""),
        ("Response(status_code=799, body='x')", 799, TEXT, b"x"),
    ],
)
def test_what_a_handler_returns_is_the_answer(
    serve: Serve, returned: str, status: int, kind: str, body: bytes
) -> None:
    answer = ask(serve(EVALUATES), returned)
    assert (answer[0], answer[1]["Content-Type"], answer[2]) == (status, kind, body)


def test_headers_of_a_response_are_sent(serve: Serve) -> None:
    headers = {
        "x-one": "1", "X-Two": "a\nb: c\udc80d", "X-Number": 3, "X-É": "é", "Location": "/there", "Content-Length": "9999",
        "content-type": "text/other", "Transfer-Encoding": "chunked", "x bad\r\nname": "v", "": "none",
    }  # fmt: skip
    server = serve(EVALUATES)
    status, answered, body = ask(server, f"Response(headers={headers!r}, body='x')")
    assert (status, body, answered["Content-Length"]) == (200, b"x", "1")
    assert answered.get_all("Content-Type") == ["text/plain"]
    assert (answered["X-One"], answered["X-Two"], answered["Location"]) == (
        "1",
        "a b: c d",
        "/there",
    )
    assert (answered["Xbadname"], answered["X-Number"]) == ("v", None)
    assert answered["X-"].encode("latin-1").decode() == "é"


@pytest.mark.parametrize(
    ("returned", "why"),
    [
        ("{(1, 2): 3}", "keys must be str, int, float, bool or None, not tuple"),
        ("(lambda it: it.append(it) or {'a': it})([])", "Circular reference detected"),
        ("('201', 'made')", "'201' is no status of an answer to a request"),
        ("(100, 'go on')", "100 is no status of an answer to a request"),
        ("[]", "an empty list is no answer to a request"),
        ("Response(headers=['a'])", "'list' object has no attribute 'items'"),
        ("no_such_name", "name 'no_such_name' is not defined"),
        ("exit(3)", "3"),
    ],
)
def test_what_is_no_answer_is_an_error_with_the_cause_and_the_worker_goes_on(
    serve: Serve, returned: str, why: str
) -> None:
    server = serve(EVALUATES)
    status, headers, body = ask(server, returned)
    assert (status, headers.get_content_type()) == (500, "text/plain")
    assert body.decode().startswith(f'Exception caught in handler - "{why}": Traceback')
    assert ask(server, "'still here'")[2] == b"still here"


def test_every_worker_handles_a_request_at_the_same_time(serve: Serve) -> None:
    server = serve(MEETS, workers=2)
    waits = {"X-Waits-For": "a b"}
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda name: ask(server, name, headers=waits)[2], ("a", "b")))
    assert sorted(answers) == [b"0", b"1"]


def test_a_handler_that_hangs_holds_up_no_other_worker(serve: Serve, tmp_path: Path) -> None:
    server = serve(MEETS, workers=2)
    with ThreadPoolExecutor(1) as pool:
        hangs = pool.submit(ask, server, "a", headers={"X-Waits-For": "a the-end"})
        for _ in range(5):
            assert ask(server, "b", headers={"X-Waits-For": "a b"})[0] == 200
        (tmp_path / "the-end").touch()
        assert hangs.result()[0] == 200


def test_without_a_free_worker_a_request_is_refused(serve: Serve, tmp_path: Path) -> None:
    server = serve(MEETS, patience=0.01)
    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(ask, server, "a", headers={"X-Waits-For": "a the-end"})
        while not (tmp_path / "a").exists():
            pass
        status, _, text = ask(server, "b", headers={"X-Waits-For": "b"})
        assert (status, text) == (503, b"no worker is free")
        (tmp_path / "the-end").touch()
        assert busy.result()[0] == 200
    assert not (tmp_path / "b").exists()


def test_a_client_that_goes_away_leaves_its_worker_to_others(serve: Serve, tmp_path: Path) -> None:
    server = serve(MEETS)
    for half in (
        b"",
        b"POST / HT",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: x\r\nX-Waits-For: left\r\nContent-Length: 1\r\n\r\na",
    ):
        with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0), 60) as client:
            client.sendall(half)
            while half.endswith(b"a") and not (tmp_path / "a").exists():
                pass
    (tmp_path / "left").touch()
    assert ask(server, "b", headers={"X-Waits-For": "b"})[2] == b"0"


def test_a_worker_that_ends_with_a_request_is_told_of(serve: Serve) -> None:
    server = serve("import os\n\n\ndef handler(context, event):\n    os._exit(7)\n")
    status, _, text = ask(server)
    assert (status, text) == (502, b"a worker ended with exit code 7")
    assert server.ended.poll(60)


def test_a_worker_that_has_ended_before_its_request_is_told_of(serve: Serve) -> None:
    server = serve("handler = print\n", workers=2)
    server.workers[0].process.kill()
    server.workers[0].process.wait()
    assert ask(server)[0] == 502
    assert server.ended.poll(60)
    assert [ask(server)[0] for _ in range(3)] == [200] * 3


def test_the_health_of_the_trigger_is_its_own_answer(serve: Serve) -> None:
    answer = ask(
        serve("def handler(context, event):\n    return 'no'\n"), None, "GET", "/__internal/health"
    )
    assert (answer[0], answer[2]) == (200, b"")


def test_the_end_waits_for_no_handler_and_no_client(
    clients: contextlib.ExitStack, serve: Serve, tmp_path: Path
) -> None:
    server = serve(MEETS)
    for begun in (
        b"POST / HTTP/1.1\r\nHost: x\r\nX-Waits-For: ever\r\nContent-Length: 1\r\n\r\na",
        b"POST",
    ):
        address = ("127.0.0.1", urlsplit(server.url).port or 0)
        clients.enter_context(socket.create_connection(address)).sendall(begun)
    while not (tmp_path / "a").exists():
        pass
    # What the fixture closes is still in use.


def test_at_the_end_what_is_being_answered_is_and_nothing_else(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve(MEETS)
    with ThreadPoolExecutor(2) as pool:
        last = pool.submit(ask, server, "a", headers={"X-Waits-For": "a the-end"})
        while not (tmp_path / "a").exists():
            pass
        drained = pool.submit(server.drain, time.monotonic() + 60)
        while ask(server, None, "GET", "/__internal/health")[0] != 503:
            pass
        assert ask(server, "b", headers={"X-Waits-For": "b"})[0] == 503
        (tmp_path / "the-end").touch()
        drained.result()
        assert last.result()[0] == 200
    assert not (tmp_path / "b").exists()
