"""An embedded v3io in a process that can be killed.

As a program: every line of standard input, the JSON of `run`'s options and a `largest_file` in bytes, starts a server as
a fork of this process, which has imported everything. It prints its process id and URL, or why it cannot start; when it
has ended, its exit code is printed. One runs at a time.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass
class Running:
    """A server that was started; it looks like a V3io to what only needs its port."""

    pid: int
    url: str

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


class Starter:
    """Starts servers, one after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, **options: Any) -> Running:
        self._say(json.dumps(options))
        return Running(**json.loads(self._hear()))

    def ended(self) -> int:
        """Wait for the end of the server; its exit code."""
        return int(self._hear())

    def kill(self, running: Running) -> None:
        os.kill(running.pid, signal.SIGKILL)
        assert self.ended() == -signal.SIGKILL

    def stop(self, running: Running, number: int = signal.SIGTERM) -> int:
        os.kill(running.pid, number)
        return self.ended()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextlib.contextmanager
def starter() -> Iterator[Starter]:
    command = [sys.executable, __file__]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
    ) as process:
        try:
            yield Starter(process)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def main() -> None:
    import iguazioig.emulator.threads  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if not child:
            serve(**json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def serve(largest_file: int | None = None, **options: Any) -> None:
    from iguazioig.emulator import EmulatorError, run

    if largest_file:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    code = 0
    try:
        run(port=0, ready=lambda url: say({"pid": os.getpid(), "url": url}), **options)
    except EmulatorError as error:
        say({"error": str(error)})
        code = 1
    os._exit(code)


def say(value: Any) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
