"""Folders in which `iguazioig` runs a small project, as its user does."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from iguazioig.deployment import load
from iguazioig.folder.write import write
from iguazioig.project import render
from iguazioig.source import Source

GRAPH = """\
apiVersion: 0.2.0
project:
  name: demo
  partition_key_name: key
  error_stream: rejected
  v3io_streams:
    numbers: {container: projects, shards: 4}
    doubled: {container: projects, shards: 2}
    rejected: {container: projects, shards: 1}
  functions:
    - name: double
      input_streams: {numbers: {max_workers: 2}}
      class_module: double
      class_name: Double
      methods: [apply]
      outputs: {streams: [doubled]}
"""

DOUBLE = """\
class Double:
    def apply(self, context, message):
        return {**message, "n": message["n"] * 2}
"""


class Folder:
    """A folder in which `iguazioig` is run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def project(self, module: str = DOUBLE, graph: str = GRAPH) -> Path:
        """The project of a graph with one module."""
        (self.path / "modules").mkdir(exist_ok=True)
        (self.path / "modules" / "double.py").write_text(module)
        (self.path / "graph.yaml").write_text(graph)
        loaded = load(Source("graph.yaml", graph.encode(), self.path))
        write(render(loaded.plan()), self.path / "demo")
        return self.path / "demo"

    def messages(self, name: str, *messages: Any) -> str:
        """A file of messages, as an option names it."""
        path = self.path / f"{name}.jsonl"
        path.write_text("".join(f"{json.dumps(each)}\n" for each in messages))
        return f"{name}={path}"

    def command(self, *arguments: object) -> list[str]:
        return [sys.executable, "-m", "iguazioig", *map(str, arguments)]

    def run(self, *arguments: object, rc: int = 0, **env: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.path,
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == rc, done.stdout + done.stderr
        return done

    def run_project(self, *arguments: object, rc: int = 0) -> Any:
        """Run `demo` until it is idle; the result."""
        return json.loads(self.run_idle("--json", *arguments, rc=rc).stdout)

    def run_idle(self, *arguments: object, rc: int = 0) -> subprocess.CompletedProcess[str]:
        """Run `demo` until it is idle, with a v3io of its own."""
        return self.run("run", "demo", "--port", 0, "--until-idle", *arguments, rc=rc)


NUMBERS = [{"key": f"k{number % 7}", "n": number} for number in range(60)]
DOUBLED = [{**each, "n": 2 * int(each["n"])} for each in NUMBERS]


@contextlib.contextmanager
def started(command: list[str], cwd: Path, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A process that is gone after the block, whatever happens in it."""
    with subprocess.Popen(command, cwd=cwd, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()
