"""A v3io on disk in a process of its own, which can be killed, started again, filled up, and told to fail."""

from __future__ import annotations

import contextlib
import json
import resource
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

KEY = "00000000-0000-4000-8000-00000000fa17"


class Server:
    """`iguazioig v3io`, always at the same address."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port = data, port
        self.url, self.access_key = f"http://127.0.0.1:{port}", KEY
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        words = ["v3io", "--port", str(self.port), "--data", str(self.data), "--admin"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "iguazioig", *words, "--access-key", KEY],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it tells of the full disk
            text=True,
        )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        assert self.url in said, said or "v3io does not start"

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            with self.process:
                pass
            assert self.process.returncode in (-signal.SIGKILL, 0)
            self.process = None

    def fill(self) -> None:
        """The disk is full: no file of the server grows any more."""
        assert self.process is not None
        largest = max(path.stat().st_size for path in self.data.rglob("*") if path.is_file())
        _, hard = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (largest, hard))

    def empty(self) -> None:
        """There is room again."""
        assert self.process is not None
        _, hard = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (hard, hard))

    def fault(self, **words: Any) -> None:
        """Let requests fail, as docs/local.md has it."""
        self._admin("POST", json.dumps(words).encode())

    def hits(self) -> int:
        """How many requests have failed so."""
        return sum(each["hits"] for each in json.loads(self._admin("GET"))["faults"])

    def clear(self) -> None:
        """No request fails any more."""
        self._admin("DELETE")

    def _admin(self, method: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(
            f"{self.url}/.iguazioig/faults",
            data=body,
            method=method,
            headers={"X-v3io-session-key": KEY},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bytes(answer.read())


@contextlib.contextmanager
def server(data: Path, port: int) -> Iterator[Server]:
    """It runs for as long as the block."""
    running = Server(data, port)
    running.start()
    try:
        yield running
    finally:
        running.kill()
