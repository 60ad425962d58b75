"""Every example, run as its reader would run it: from its messages to what is expected of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
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
    words = ["run", project, "--port", 0, "--until-idle", "--json", *options, *sum(given, ())]
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


def test_scoring(tmp_path: Path) -> None:
    example = EXAMPLES / "scoring"
    result = run(example, example / "project", tmp_path)
    assert {each["stream"] for each in result["expected"]} == {"scores", "alerts", "rejected"}


@pytest.mark.parametrize("crash", [(), ("--crash", "converge@3"), ("--crash", "price@2")])
def test_converge(tmp_path: Path, crash: tuple[str, ...]) -> None:
    example = EXAMPLES / "converge"
    result = run(example, example / "project", tmp_path, "--mount", "results=out", *crash)
    found = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "out").glob("*.json")}
    assert {
        order: (each["price"]["total"], each["stock"]["in_stock"]) for order, each in found.items()
    } == {
        "o-1": (9.0, True),
        "o-2": (72.5, False),
        "o-3": (6, False),
    }
    assert list((tmp_path / "out" / "pending").iterdir()) == []
    assert sum(each["restarts"] for each in result["steps"]) == (1 if crash else 0)


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


@pytest.fixture
def posts() -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """Where POSTs can go, and those that came."""
    got: list[tuple[str, Any]] = []
    server = Loopback(type("Handler", (Posts,), {"got": got}))
    server.listen()
    yield server.url, got
    server.stop()


@pytest.fixture
def everything(tmp_path: Path, posts: tuple[str, list[tuple[str, Any]]]) -> Path:
    """The graph of `everything`, its endpoints on this machine; what its steps need beside Nuclio is at hand."""
    url, _ = posts
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


def test_everything(
    tmp_path: Path, everything: Path, posts: tuple[str, list[tuple[str, Any]]]
) -> None:
    example = EXAMPLES / "everything"
    result = run(
        example, everything, tmp_path, "--modules", example / "modules",
        "--mount", "user-dir=user", "--mount", "results=bigdata",
        MODEL_TOKEN="a token", PYTHONPATH=str(tmp_path / "site"),
    )  # fmt: skip
    assert {each["name"]: each["delivered"] for each in result["steps"]} == {
        "archive": 2, "detect-objects": 4, "probe": 0, "summarise": 2,
    }  # fmt: skip
    _, got = posts
    frames = [message["frame"] for path, message in got if path == "/in?source=detect"]
    assert sorted(frames) == ["n-001", "n-002"]
    assert [message for path, message in got if path == "/objects"] == [
        {"camera": "north", "objects": 1},
        {"camera": "north", "objects": 2},
    ]
    archived = {path.stem for path in (tmp_path / "bigdata" / "archive").iterdir()}
    assert archived == {"n-001", "n-002"}
