"""The HTTP trigger of a replica: a request goes to a worker that is free."""

from __future__ import annotations

import queue
import threading
import time
import uuid
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import Pipe
from typing import Any

from .workers import Worker

AVAILABILITY_TIMEOUT = 10.0  # seconds for which a request waits for a free worker: Nuclio's workerAvailabilityTimeoutMilliseconds
LONGEST_BODY = 4 * 1024 * 1024  # bytes: Nuclio's maxRequestBodySize


class HttpServer:
    """Listens on a free port of loopback, at `url`, until it is closed. `ended` can be received when a worker's process has ended."""

    def __init__(self, workers: Iterable[Worker]) -> None:
        self.workers = tuple(workers)
        self.ended, self._announce = Pipe(duplex=False)
        self._free: queue.Queue[Worker] = queue.Queue()
        for worker in self.workers:
            self._free.put(worker)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name: str) -> Any:
                # http.server looks for a method `do_<VERB>`: every verb is the step's to answer.
                if name.startswith("do_"):
                    return self.answer
                raise AttributeError(name)

            def answer(self) -> None:
                """Answer with what the step's handler returns."""
                status, kind, body = server.call(self)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: the step logs what it does."""

        return Handler

    def call(self, request: BaseHTTPRequestHandler) -> tuple[int, str, bytes]:
        """Status, content type and body of the answer to a request."""
        length = int(request.headers.get("Content-Length") or 0)
        if length > LONGEST_BODY:
            return 413, "text/plain", b"the body is too large"
        event = describe(request, request.rfile.read(length))
        try:
            worker = self._free.get(timeout=AVAILABILITY_TIMEOUT)
        except queue.Empty:
            return 503, "text/plain", b"no worker is free"
        try:
            answer = worker.call(event)
        except (EOFError, ConnectionResetError):
            self._announce.send(None)
            return 502, "text/plain", b"the worker has ended"
        self._free.put(worker)
        if answer["error"]:
            return 500, "text/plain", answer["error"].encode()
        response: tuple[int, str, bytes] = answer["response"]
        return response

    def close(self) -> None:
        """Stop listening, and end the workers."""
        self._server.shutdown()
        self._server.server_close()
        for worker in self.workers:
            worker.kill()


def describe(request: BaseHTTPRequestHandler, body: bytes) -> dict[str, Any]:
    """The event of a request."""
    path, _, query = request.path.partition("?")
    return {
        "_id": str(uuid.uuid4()),
        "body": body,
        "content_type": request.headers.get("Content-Type", ""),
        "method": request.command,
        "path": path,
        "url": f"http://{request.headers.get('Host', '')}{request.path}",
        "headers": dict(request.headers.items()),
        "fields": dict(pair.partition("=")[::2] for pair in query.split("&") if pair),
        "shard_id": -1,
        "offset": 0,
        "topic": "",
        "timestamp": int(time.time()),
    }
