"""What a test puts at the other end of a connection: a server on loopback."""

from __future__ import annotations

import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Loopback(ThreadingHTTPServer):
    """A server on a free port of loopback that leaves no thread and no connection behind.

    Until `listen` is called, a connection to it is refused, as to a machine that is up while the service is not.
    """

    daemon_threads = False

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler, bind_and_activate=False)
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self.closing = threading.Event()
        self.server_bind()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def listen(self) -> None:
        self.server_activate()
        self._thread.start()

    def stop(self) -> None:
        self.closing.set()
        if self._thread.ident:
            self.shutdown()
            self._thread.join()
        self.disconnect()
        self.server_close()

    def disconnect(self) -> None:
        """Close every connection that a client has kept."""
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what these tests are about."""
