"""The HTTP trigger of a replica: a request goes to a worker that is free.

What a handler sees and what a client gets is as in Nuclio 1.14.1: pkg/processor/trigger/http on fasthttp, and its Python wrapper.
"""

from __future__ import annotations

import asyncio
import logging
import posixpath
import re
import socket
import threading
import time
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from typing import Any
from urllib.parse import parse_qsl, unquote

from aiohttp import ClientPayloadError, web

from .workers import Worker, WorkerEndedError

AVAILABILITY_TIMEOUT = 10.0  # seconds for which a request waits for a free worker: Nuclio's workerAvailabilityTimeoutMilliseconds
LONGEST_BODY = 4 * 1024 * 1024  # bytes: Nuclio's maxRequestBodySize
HEALTH = "/__internal/health"
"""Answered by the trigger itself."""

_OURS = frozenset({"Content-Length", "Transfer-Encoding", "Date", "Server"})
"""Headers of an answer that are the server's to set."""

_NOT_IN_A_NAME = re.compile(r"[^!#$%&'*+.^_`|~0-9A-Za-z-]")
_NOT_IN_A_VALUE = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_QUIET = logging.Logger("http", logging.CRITICAL)
"""What the library has to say is about what clients do wrong: the step's log is no place for it."""

_LINGER = 0.2
"""Seconds that requests which are being answered get at the end."""


class WorkerServer:
    """Listens on a free port of loopback, at `url`, until it is closed. `ended` can be received when a worker's process has ended.

    A request waits `patience` seconds for a worker; its body has at most `longest` bytes.
    """

    def __init__(
        self,
        workers: Iterable[Worker],
        *,
        patience: float = AVAILABILITY_TIMEOUT,
        longest: int = LONGEST_BODY,
    ) -> None:
        self.workers = tuple(workers)
        self.patience, self.longest = patience, longest
        self.ended, self._announce = Pipe(duplex=False)
        self._is_ending = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._free: asyncio.Queue[Worker] = asyncio.Queue()
        for worker in self.workers:
            self._free.put_nowait(worker)
        # A worker is waited for in a thread of its own: whatever its handler does, the others are served.
        self._threads = ThreadPoolExecutor(max_workers=len(self.workers) or 1)
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)
        self._thread.start()

    def drain(self, deadline: float) -> None:
        """Take no more requests, and wait until `deadline` (monotonic, in seconds) for those that are being answered."""
        self._is_ending = True
        while time.monotonic() < deadline and any(worker.busy_with for worker in self.workers):
            time.sleep(_LINGER / 10)
        time.sleep(_LINGER if self.workers else 0)  # for the last answers to be written

    def close(self) -> None:
        """Stop listening, and end the workers."""
        for worker in self.workers:
            worker.process.kill()
        self._threads.shutdown()
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        for worker in self.workers:
            worker.kill()
        self.ended.close()
        self._announce.close()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = web.Server(self._answer, access_log=None, logger=_QUIET, auto_decompress=False)
        runner = web.ServerRunner(server, shutdown_timeout=_LINGER)
        await runner.setup()
        await web.SockSite(runner, self._listener).start()
        await self._end.wait()
        await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if self._is_ending:
            return _refuse(503, "the step is ending")
        if path_of(request).startswith(HEALTH):
            return web.Response()
        try:
            body = await self._read(request)
        except (web.RequestPayloadError, ClientPayloadError):
            return _refuse(400, "the body is not as the headers announce it")
        if body is None:
            return _refuse(400, f"the body has more than {self.longest} bytes")
        try:
            async with asyncio.timeout(self.patience):
                worker = await self._free.get()
        except TimeoutError:
            return _refuse(503, "no worker is free")
        return await self._call(worker, describe(request, body))

    async def _read(self, request: web.BaseRequest) -> bytes | None:
        """The body; None where it is too long, which Nuclio answers with 400 (TestMaxRequestBodySize)."""
        if (request.content_length or 0) > self.longest:
            return None
        if request.headers.get("Expect", "").lower() == "100-continue" and request.transport:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = bytearray()
        async for piece in request.content.iter_any():
            body += piece
            if len(body) > self.longest:
                return None
        return bytes(body)

    async def _call(self, worker: Worker, event: dict[str, Any]) -> web.StreamResponse:
        try:
            answer = await self._loop.run_in_executor(self._threads, worker.call, event)
        except WorkerEndedError as error:
            self._announce.send(None)
            return _refuse(502, str(error))
        self._free.put_nowait(worker)
        return response(*answer["response"])


def _refuse(status: int, why: str) -> web.Response:
    refusal = web.Response(status=status, text=why)
    refusal.force_close()
    return refusal


def response(status: int, headers: dict[str, str], body: bytes) -> web.Response:
    """The answer that a handler has given; as fasthttp does it, lines in a header's value become one."""
    made = web.Response(status=status, body=body)
    made.headers["Content-Type"] = "text/plain; charset=utf-8"
    for name, value in headers.items():
        canonical = canonicalise(_NOT_IN_A_NAME.sub("", name))
        if canonical and canonical not in _OURS:
            made.headers[canonical] = _NOT_IN_A_VALUE.sub(" ", value)
    if made.headers.get("Connection", "").lower() == "close":
        made.force_close()
    return made


def describe(request: web.BaseRequest, body: bytes) -> dict[str, Any]:
    """The event of a request. Of a header or a field that is repeated the last one counts; `url` is empty."""
    query = request.raw_path.partition("?")[2]
    headers = {canonicalise(name): _text(value) for name, value in request.headers.items()}
    if cookies := request.headers.getall("Cookie", ()):
        headers["Cookie"] = _text("; ".join(cookies))
    return {
        "_id": str(uuid.uuid4()),
        "body": body,
        "content_type": headers.get("Content-Type", ""),
        "method": request.method,
        "path": path_of(request),
        "headers": headers,
        "fields": dict(parse_qsl(_text(query), keep_blank_values=True)),
        "shard_id": -1,
        "offset": 0,
        "topic": "",
        "timestamp": int(time.time()),
    }


def path_of(request: web.BaseRequest) -> str:
    """The path, decoded and without repeated slashes, `.` and `..`."""
    path = unquote(_text(request.raw_path.partition("?")[0]), errors="replace")
    normal = posixpath.normpath(f"/{path.lstrip('/')}")
    return f"{normal}/" if path.endswith("/") and normal != "/" else normal


def canonicalise(name: str) -> str:
    """A header's name as Go writes it: `x-REQUEST-id` is `X-Request-Id`."""
    return "-".join(part.capitalize() for part in name.split("-"))


def _text(value: str) -> str:
    """Bytes that are no UTF-8, which aiohttp keeps as surrogates, as the sign that says so."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
