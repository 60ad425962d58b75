"""Examples, run as their reader would run them, and what they need beside a v3io."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from cases import EXAMPLES
from loopback import Loopback

ARCHIVE = """\
import json
from pathlib import Path


class Archive:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def store(self, context, message):
        (self.folder / f"{message['frame']}.json").write_text(json.dumps(message))
"""
"""The module that the graph of `everything` expects on a mounted volume."""


def run(example: Path, project: Path, folder: Path, *options: object, **env: str) -> Any:
    """Run a project with all messages of its example, and hold what comes out against all that is expected."""
    given = [
        (f"--{kind}", f"{path.stem}={path}")
        for kind, paths in (
            ("send", (example / "messages").iterdir()),
            ("expect", (example / "expected").iterdir()),
        )
        for path in sorted(paths)
    ]
    where = () if "--v3io" in options else ("--port", 0)
    words = ["run", project, "--until-idle", "--json", *where, *options, *sum(given, ())]
    done = subprocess.run(
        [sys.executable, "-m", "iguazioig", *map(str, words)],
        cwd=folder,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


class Posts(BaseHTTPRequestHandler):
    """Takes every POST."""

    got: list[tuple[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, json.loads(body)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


Sent = list[tuple[str, Any]]  # paths and messages


@contextmanager
def take_posts() -> Iterator[tuple[str, Sent]]:
    """Where POSTs can go, and those that came."""
    got: list[tuple[str, Any]] = []
    server = Loopback(type("Handler", (Posts,), {"got": got}))
    server.listen()
    try:
        yield server.url, got
    finally:
        server.stop()


def prepare_everything(tmp_path: Path, url: str) -> Path:
    """The graph of `everything`, its endpoints on this machine; what its steps need beside Nuclio is at hand."""
    text = (EXAMPLES / "everything" / "graph.yaml").read_text()
    text, replaced = re.subn(r"https?://(?!v3io)[a-z.:0-9]+(?=/)", url, text)
    assert replaced == 2
    graph = tmp_path / "graph.yaml"
    graph.write_text(text)
    modules = tmp_path / "user" / "modules"
    modules.mkdir(parents=True)
    (modules / "team_archive.py").write_text(ARCHIVE)
    for package, version in (
        ("numpy", "2.1.3"),
        ("pillow", "11.0.0"),
    ):  # the example does not import them
        installed = tmp_path / "site" / f"{package}-{version}.dist-info"
        installed.mkdir(parents=True)
        (installed / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
        )
    return graph
