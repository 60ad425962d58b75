"""The embedded v3io as a running service: a store and a listening server in one event loop."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from . import streams
from .connections import HttpServer
from .database import open_store
from .errors import EmulatorError, V3ioError
from .ledger import Ledger
from .paths import Target
from .server import V3ioServer
from .streams import Incoming

_LINGER = 0.2
"""Seconds that requests which are being answered get at the end."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a service is to be; `port` 0 is a free one, `data` None is memory."""

    host: str = "127.0.0.1"
    port: int = 0
    data: Path | None = None
    access_key: str | None = None
    watch: bool = False
    admin: bool = False
    containers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not is_loopback(self.host) and not self.access_key:
            text = (
                f"{self.host} can be reached by others: set an access key, or listen on 127.0.0.1"
            )
            raise ValueError(text)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Service:
    """A v3io that listens.

    service = await start(Options())
    …                                   # at service.url
    await service.stop()
    """

    def __init__(
        self,
        server: V3ioServer,
        ledger: Ledger,
        http: HttpServer,
        runner: web.ServerRunner,
        listener: socket.socket,
    ) -> None:
        self._server = server
        self.store = server.store
        self.faults = server.faults
        self.ledger = ledger
        self.url = _url(listener)
        self._http = http
        self._runner = runner
        self._listener = listener

    def put(self, target: Target, records: list[Incoming], access_key: str) -> None:
        """Put records as a client would; V3ioError where one of them fails, and then the others are written."""
        results = streams.put(self.store, streams.find(self.store, target), records)
        failed = [result for result in results if "ErrorCode" in result]
        self.ledger.add(target.full, len(results) - len(failed), access_key)
        if failed:
            raise V3ioError(400, int(failed[0]["ErrorCode"]), str(failed[0]["ErrorMessage"]))

    async def stop(self) -> None:
        """Close every connection and the store."""
        self.ledger.close()
        # asyncio forgets a client that it has accepted and not yet attached when its server closes, and leaves it open.
        asyncio.get_running_loop().remove_reader(self._listener)
        await asyncio.sleep(0)
        await self._runner.cleanup()
        self._http.cut_off()
        await asyncio.sleep(0)
        await self._server.stop()
        self.store.close()


async def start(options: Options) -> Service:
    """Open the store and listen; EmulatorError where one of the two is not possible."""
    listener = _listen(options.host, options.port)
    try:
        store = open_store(options.data, containers=options.containers)
    except BaseException:
        listener.close()
        raise
    ledger = Ledger()
    server = V3ioServer(
        store,
        access_key=options.access_key,
        ledger=ledger if options.watch or options.admin else None,
        admin=options.admin,
    )
    http = HttpServer(server.handle)
    runner = web.ServerRunner(http, shutdown_timeout=_LINGER)
    await runner.setup()
    await web.SockSite(runner, listener, backlog=1024).start()
    return Service(server, ledger, http, runner, listener)


def _listen(host: str, port: int) -> socket.socket:
    """A socket on the port; one of IPv4 where a name means both."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, OverflowError) as error:
        listener.close()
        raise EmulatorError(_why_not(host, port, error)) from error
    return listener


def _why_not(host: str, port: int, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use: stop what listens there, or choose another --port (0 is a free one)"
    return (
        f"cannot listen on port {port} of {host} ({error}): choose another --port (0 is a free one)"
    )


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
