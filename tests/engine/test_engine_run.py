"""`iguazioig run --engine processor`: what a run on Nuclio's real processor comes to is what a local run comes to."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cases import EXAMPLES
from example_runs import prepare_everything, run, take_posts
from iguazioig.emulator import ACCESS_KEY, V3io, serve
from platforms import streams, without_origin
from processors import Engine
from running import Folder

ENGINES = ("local", "processor")


@pytest.fixture
def found(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The engine, for `iguazioig` to find."""
    monkeypatch.setenv("IGUAZIOIG_PROCESSOR", str(engine.processor))
    monkeypatch.setenv("IGUAZIOIG_NUCLIO_WRAPPER", str(engine.wrapper))
    monkeypatch.setenv("IGUAZIOIG_NUCLIO_PYTHON", str(engine.python))
    return engine


@contextlib.contextmanager
def platform() -> Iterator[tuple[V3io, list[str], dict[str, str]]]:
    """A v3io, the options and the variables with which a run uses it."""
    with serve(access_key=ACCESS_KEY) as v3io:
        yield v3io, ["--v3io", v3io.url], {"V3IO_ACCESS_KEY": v3io.access_key}


def contents(v3io: V3io) -> dict[str, list[Any]]:
    """What is in each stream, whatever the order; without what depends on who was first."""
    return {
        f"{container}/{path}": sorted(
            json.dumps(comparable(record.json), sort_keys=True)
            for record in v3io.records(container, path)
        )
        for container, path in streams(v3io)
    }


def comparable(message: Any) -> Any:
    message = without_origin(message)
    if not isinstance(message, dict) or "body_encoding" not in message:
        return message
    varies = ("sequence_number", "shard", "trace", "body", "cause")
    return {
        **{name: value for name, value in message.items() if name not in varies},
        "cause": [message["cause"]["type"], message["cause"]["message"]],
        "body": without_origin(json.loads(message["body"])),
    }


@pytest.mark.parametrize("example", ["scoring", "converge"])
def test_an_example_comes_to_the_same(found: Engine, tmp_path: Path, example: str) -> None:
    folder = EXAMPLES / example
    results = {}
    for engine in ENGINES:
        (tmp_path / engine).mkdir()
        mounts = ("--mount", "results=out") if example == "converge" else ()
        with platform() as (v3io, options, env):
            result = run(
                folder, folder / "project", tmp_path / engine, *options, *mounts, "--engine", engine,
                **env,
            )  # fmt: skip
            files = {
                path.name: [without_origin(each) for each in json.loads(path.read_text()).values()]
                for path in (tmp_path / engine).glob("out/*.json")
            }
            delivered = {each["name"]: each["delivered"] for each in result["steps"]}
            results[engine] = contents(v3io), files, delivered
    assert results["processor"] == results["local"]


def test_everything_comes_to_the_same(found: Engine, tmp_path: Path) -> None:
    folder = EXAMPLES / "everything"
    results = {}
    for engine in ENGINES:
        home = tmp_path / engine
        home.mkdir()
        with take_posts() as (url, got), platform() as (v3io, options, env):
            run(
                folder, prepare_everything(home, url), home, *options,
                "--modules", folder / "modules", "--engine", engine,
                "--mount", "user-dir=user", "--mount", "results=bigdata",
                MODEL_TOKEN="a token", PYTHONPATH=str(home / "site"), **env,
            )  # fmt: skip
            archived = {path.name: path.read_text() for path in home.glob("bigdata/archive/*")}
            # How many objects a camera has seen depends on who of several workers counts.
            posts = [(path, message["camera"], message.get("frame")) for path, message in got]
            results[engine] = contents(v3io), sorted(map(str, posts)), sorted(archived)
    assert results["processor"] == results["local"]


def test_a_run_that_is_killed_leaves_no_processor(found: Engine, folder: Folder) -> None:
    folder.project()
    words = folder.command("run", "demo", "--engine", "processor", "--port", 0)
    with subprocess.Popen(words, cwd=folder.path, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("replicas are ready" in line for line in process.stderr)
        mine = processors(found)
        process.send_signal(signal.SIGKILL)
    assert mine
    assert all(map(has_ended, mine))


def has_ended(pid: int) -> bool:
    """Wait for the end of a process that is nobody's child here."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            return bool(select.select([handle], [], [], 60)[0])
        finally:
            os.close(handle)
    return True


def processors(engine: Engine) -> set[int]:
    """The processes that run the engine's processor."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if Path(os.readlink(entry / "exe")) == engine.processor.resolve():
                found.add(int(entry.name))
    return found


def test_a_processor_that_dies_is_started_again(found: Engine, folder: Folder) -> None:
    module = """\
import os
from pathlib import Path


class Double:
    def apply(self, context, message):
        once = Path(message["once"])
        if message["n"] == 2 and not once.exists():
            once.touch()
            os._exit(3)
        return {"key": message["key"], "n": message["n"] * 2}
"""
    folder.project(module)
    once = str(folder.path / "once")
    sent = folder.messages(
        "numbers", *({"key": "a", "n": number, "once": once} for number in (1, 2, 3))
    )
    wanted = folder.messages("doubled", *({"key": "a", "n": 2 * number} for number in (1, 2, 3)))
    done = folder.run_idle("--engine", "processor", "--send", sent, "--expect", wanted)
    assert "doubled: 3 expected" in done.stdout
    assert "double was started again 1 time" in done.stdout


def test_a_step_that_does_not_start_says_so(found: Engine, folder: Folder) -> None:
    folder.project("class Double:\n    def __init__(self):\n        raise ValueError('no model')\n\n"
                   "    def apply(self, context, message): ...\n")  # fmt: skip
    done = folder.run_idle("--engine", "processor", rc=1)
    assert "double/0 does not start: the processor ended with exit code" in done.stderr
    assert "no model" in (folder.path / "iguazioig-run" / "demo" / "double.log").read_text()


def test_the_python_of_the_engine_is_the_one_that_needs_the_packages(
    found: Engine, folder: Folder
) -> None:
    project = folder.project()
    (project / "steps" / "double" / "requirements.txt").write_text("v3io\nno-such-package\n")
    done = folder.run_idle("--engine", "processor", rc=1)
    cure = f"say: {found.python} -m pip install -r demo/steps/double/requirements.txt"
    assert cure in done.stderr
    assert sys.executable not in done.stderr
