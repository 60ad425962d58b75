"""The web API over HTTP: every request is one function's."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hmac
import sys
import time

from aiohttp import ClientPayloadError, StreamReader, web

from . import admin, deletion, functions, paths
from .admin import Admin
from .errors import (
    NO_SPACE,
    V3ioError,
    invalid_argument,
    missing_body,
    permission_denied,
    too_large,
)
from .faults import Faults, Hit
from .functions import Function
from .ledger import Ledger
from .requests import JSON, Answer, Request
from .responses import respond
from .store import Store

BODY_SECONDS = 60.0
"""How long a body may take to come."""

COMPLAINT_SECONDS = 10.0
"""The time between two lines about a full disk."""


class V3ioServer:
    """Answers requests from a store.

    `access_key` is the one that every request must bring; None accepts all. `ledger` is there where clients may watch;
    `admin` lets them switch faults.
    """

    def __init__(
        self,
        store: Store,
        *,
        access_key: str | None = None,
        ledger: Ledger | None = None,
        admin: bool = False,
    ) -> None:
        self.store = store
        self.access_key = access_key
        self.ledger = ledger
        self.faults = Faults()
        self._admin = Admin(store, ledger, self.faults if admin else None)
        self._sweeping = asyncio.create_task(self._sweep())
        self._next_complaint = 0.0

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        try:
            answer = await self._answer(request)
        except V3ioError as error:
            answer = Answer(error.status, error.body, JSON)
            if error.code == NO_SPACE:
                self._complain(error)
        return await respond(request, answer)

    async def _answer(self, request: web.BaseRequest) -> Answer:
        headers = request.headers
        target = paths.parse(request.raw_path)
        key = _access_key(headers.get("X-v3io-session-key"), headers.get("Authorization"))
        if self.access_key is not None and not _same(key, self.access_key):
            raise permission_denied()
        if target.container == admin.CONTAINER:
            body = await _read(request, admin.LARGEST_BODY)
            return await self._admin.answer(request.method, target, body)
        function = functions.find(request.method, headers.get("X-v3io-function"), target)
        body = await _read(request, function.largest)
        hit = self.faults.match(function.name, target.container, target.path)
        call = Request(target, headers, body, key)
        if hit is not None:
            return await self._suffer(hit, function, call)
        return await self._call(function, call)

    async def _suffer(self, hit: Hit, function: Function, request: Request) -> Answer:
        """Answer a request that a fault strikes."""
        await asyncio.sleep(hit.seconds)
        if hit.drops_before:
            raise ConnectionAbortedError("a fault that was asked for")
        instead = hit.instead
        if instead is not None:
            return instead
        request.fails = hit.fails
        try:
            answer = await self._call(function, request)
        except V3ioError as error:
            answer = Answer(error.status, error.body, JSON)
        if hit.drops_after:
            raise ConnectionAbortedError("a fault that was asked for")
        return hit.broken(answer)

    async def _call(self, function: Function, request: Request) -> Answer:
        answer = function.answer(self.store, request)
        if not isinstance(answer, Answer):
            answer = await answer
        if function.name == "DELETE" and self._sweeping.done():
            self._sweeping = asyncio.create_task(self._sweep())
        if self.ledger is not None and answer.written is not None:
            self.ledger.add(*answer.written, request.access_key)
        return answer

    def _complain(self, error: V3ioError) -> None:
        """Say what to do about a disk, at most every now and then: each client asks again and again."""
        if time.monotonic() >= self._next_complaint:
            self._next_complaint = time.monotonic() + COMPLAINT_SECONDS
            text = f"the embedded v3io cannot write ({error.__cause__}), and answers 507: make room in the folder of --data"
            print(text, file=sys.stderr, flush=True)

    async def _sweep(self) -> None:
        """Erase what was deleted, a little at a time."""
        with contextlib.suppress(V3ioError):
            while deletion.sweep(self.store):
                await asyncio.sleep(0)

    async def stop(self) -> None:
        """Do nothing more by itself."""
        self._sweeping.cancel()
        await asyncio.wait([self._sweeping])


def _access_key(key: str | None, authorization: str | None) -> str:
    """The key that a request brings; also as the password of Basic authentication (v3io-protocol 1.3)."""
    if key is not None or authorization is None:
        return key or ""
    scheme, _, credentials = authorization.partition(" ")
    try:
        decoded = base64.b64decode(credentials).decode()
    except ValueError:
        return ""
    return decoded.partition(":")[2] if scheme.lower() == "basic" else ""


def _same(key: str, other: str) -> bool:
    return hmac.compare_digest(key.encode("utf-8", "surrogateescape"), other.encode())


async def _read(request: web.BaseRequest, largest: int) -> bytes:
    """The body; V3ioError where it is too large, before it is read, or does not come."""
    if (request.content_length or 0) > largest:
        raise too_large(largest)
    if request.content.is_eof():
        return request.content.read_nowait()
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read_pieces(request.content, largest)
    except TimeoutError:
        raise missing_body(BODY_SECONDS) from None
    except (web.RequestPayloadError, ClientPayloadError):
        raise invalid_argument("a body as the headers announce it") from None


async def _read_pieces(content: StreamReader, largest: int) -> bytes:
    body = bytearray()
    async for piece in content.iter_any():
        body += piece
        if len(body) > largest:
            raise too_large(largest)
    return bytes(body)
