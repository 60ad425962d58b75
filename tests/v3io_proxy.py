"""Somebody between a client and an embedded v3io, who notes what is asked and can answer in v3io's place.

with stand_before(v3io) as proxy:
    proxy.answer(V3ioError(400, -201326592, "InvalidArgumentException"), None)   # the next two; None is v3io's own
    …                                                                            # a client at proxy.url
    proxy.requests                                                               # what was asked, in order

It is for what is said of single requests, and for answers that v3io never gives; for the rest there is `v3io.faults`.
"""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

from iguazioig.emulator import V3io, V3ioError
from loopback import Loopback

Answer = tuple[int, bytes] | V3ioError
"""A status and a body, or an error of the platform."""


@dataclass(frozen=True)
class Request:
    """A request; `function` is the HTTP verb where no v3io function was named, `body` is what its JSON says."""

    function: str
    container: str
    path: str
    body: Any
    status: int | None = None  # None: no answer was sent


class Proxy:
    """What stands before a v3io. `before` is called with each request, and may answer it or do something else meanwhile."""

    def __init__(self, v3io: V3io) -> None:
        self.v3io = v3io
        self.requests: list[Request] = []
        self.before: Callable[[Request], Answer | None] = lambda request: None
        self.server = Loopback(type("Handler", (_Handler,), {"proxy": self}))
        self.url = self.server.url
        self.access_key = v3io.access_key

    def answer(self, *answers: Answer | None) -> None:
        """Give the next requests these answers, one each; with None v3io gives its own."""
        left = iter(answers)
        self.before = lambda request: next(left, None)


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = self.read(body)
        answer = self.proxy.before(request) or self.ask(body)
        if isinstance(answer, V3ioError):
            answer = answer.status, answer.body
        status = answer[0] if answer else None
        self.proxy.requests.append(replace(request, status=status))
        if answer:
            self.send(*answer)
        else:
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = serve  # noqa: N815

    def read(self, body: bytes) -> Request:
        function = self.headers.get("X-v3io-function") or self.command
        target, _, _ = self.path.partition("?")
        container, _, path = unquote(target).strip("/").partition("/")
        return Request(function, container, path, json.loads(body or b"null"))

    def ask(self, body: bytes) -> Answer | None:
        """The answer of v3io; None where it ends the connection without one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.v3io.port)
        with contextlib.closing(connection):
            connection.request(self.command, self.path, body, dict(self.headers))
            try:
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (ConnectionError, http.client.IncompleteRead):
                return None

    def send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def stand_before(v3io: V3io, *, listen: bool = True) -> Iterator[Proxy]:
    """A proxy for as long as the block runs; with `listen=False` it refuses connections until `server.listen()`."""
    proxy = Proxy(v3io)
    try:
        if listen:
            proxy.server.listen()
        yield proxy
    finally:
        proxy.server.stop()
