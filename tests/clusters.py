"""A machine from which projects are deployed: a recording nuctl, a v3io, and a Python that has v3io's client."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platforms
from iguazioig.emulator import ACCESS_KEY, serve
from nuctl_recorder import Recorder
from processes import COMMAND, environment, iguazioig
from v3io_proxy import Proxy, Request, stand_before


@contextmanager
def machine_at(home: Path) -> Iterator[Machine]:
    """A machine whose files are in a folder; it is there as long as this is entered."""
    with serve(access_key=ACCESS_KEY) as v3io, stand_before(v3io) as proxy:
        yield Machine(home, proxy)


class Machine:
    """A machine with a recording nuctl, a v3io, and a Python that has v3io's client."""

    def __init__(self, home: Path, proxy: Proxy) -> None:
        self.home = home
        self.proxy = proxy
        self.v3io = proxy.v3io
        self.nuctl = Recorder(home / "machine")
        proxy.before = self.note
        python = self.nuctl.folder / "python3"
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        python.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.nuctl.folder), os.environ["PATH"]])
        return environment(PATH=path, V3IO_API=self.proxy.url, V3IO_ACCESS_KEY=ACCESS_KEY)

    def generate(self, graph: str, into: str = "project") -> Path:
        """Generate a project with the command line."""
        result = iguazioig("generate", graph, "-o", str(self.home / into))
        assert result.returncode == 0, result.stderr
        return self.home / into

    def run(self, *words: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        options = {"cwd": self.home, "env": self.environment, **options}
        return subprocess.run(words, **options, capture_output=True, encoding="utf-8", check=False)

    def deploy(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Deploy with the command line."""
        return self.run(*COMMAND, "deploy", *words)

    @property
    def calls(self) -> list[str]:
        return self.nuctl.calls

    def forget(self) -> None:
        """A new cluster, in which nothing was called yet."""
        self.nuctl.forget()
        for stream in platforms.streams(self.v3io):
            platforms.delete(self.v3io, *stream)

    def note(self, request: Request) -> None:
        """Write what changes something at v3io into the log that nuctl writes into, too."""
        if request.function not in ("DescribeStream", "GetItem", "PutItem"):
            shape = " ".join(str(value) for value in (request.body or {}).values())
            with self.nuctl.log.open("a") as log:
                log.write(f"v3io {request.function} {request.container}/{request.path} {shape}\n")
