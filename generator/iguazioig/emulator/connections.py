"""Clients' connections, on aiohttp's server without its application."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Awaitable, Callable

from aiohttp import web

from .errors import V3ioError, invalid_argument
from .requests import JSON

HEAD_SECONDS = 10.0
"""How long the head of a request may take from its first byte on; a connection may rest between two requests."""


class Connection(web.RequestHandler):
    """One connection, whose errors are the platform's: also for what is not HTTP, and for our own faults."""

    server: HttpServer
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        super().connection_made(transport)
        self.server.hold(self, transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """A client has gone."""
        super().connection_lost(exc)
        self.server.held.pop(self, None)
        self._forget_limit()

    def data_received(self, data: bytes) -> None:
        """Bytes have come: limit the time of a head that they begin, until it is there as a whole."""
        super().data_received(data)
        # The library waits for as long as no head is complete; it says so nowhere else.
        if self._waiter is None or self._waiter.done():
            self._forget_limit()
        elif self._limit is None:
            loop = asyncio.get_running_loop()
            self._limit = loop.call_later(self.server.head_seconds, self.force_close)

    def _forget_limit(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer an error and close the connection; an exception that nobody foresaw is shown on stderr."""
        if isinstance(exc, ConnectionError):
            raise exc
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun") from exc
        error = invalid_argument("a request in HTTP/1.1")
        if status >= 500:
            traceback.print_exception(exc, file=sys.stderr)
            error = V3ioError(500, -5, "Internal error of the embedded v3io")
        response = web.Response(status=error.status, body=error.body, headers=JSON)
        response.force_close()
        return response

    def log_exception(self, *args: object, **kwargs: object) -> None:
        """Say nothing: what is left for the library to log is what a client did wrong behind an answered request."""


class HttpServer(web.Server):
    """Makes a `Connection` for every client, and holds their transports.

    The library forgets a transport as soon as it should close, and one with a slow reader would be open for ever.
    """

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        *,
        head_seconds: float = HEAD_SECONDS,
    ) -> None:
        super().__init__(handler)
        self.head_seconds = head_seconds
        self.held: dict[Connection, asyncio.Transport] = {}
        self._stopping = False

    def hold(self, connection: Connection, transport: asyncio.BaseTransport) -> None:
        """Remember a client's transport; one that comes when all are cut off is cut off, too."""
        assert isinstance(transport, asyncio.Transport)
        self.held[connection] = transport
        if self._stopping:
            transport.abort()

    def cut_off(self) -> None:
        """Close every connection, whatever is on its way."""
        self._stopping = True
        for transport in self.held.values():
            transport.abort()

    def __call__(self) -> web.RequestHandler:
        """A new client's connection."""
        loop = asyncio.get_running_loop()
        connection = Connection(
            self,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]
            auto_decompress=False,
        )
        connection.server = self
        return connection
