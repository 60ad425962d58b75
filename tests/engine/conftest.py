"""What is tried on the real Nuclio, where it is found: the engine's programs, and the examples' projects.

Each is taken from a variable, or else from the PATH:

    IGUAZIOIG_NUCTL            nuctl
    IGUAZIOIG_PROCESSOR        processor, as in /home/nuclio/bin of Nuclio's image handler-builder-python-onbuild
    IGUAZIOIG_NUCLIO_WRAPPER   _nuclio_wrapper.py of the same version; or else in `py/` beside the processor, or beside it
    IGUAZIOIG_NUCLIO_PYTHON    a Python with nuclio-sdk, msgpack and v3io; or else the one that runs the tests

This is the one part of the suite that may be absent where `IGUAZIOIG_REQUIRE_TOOLS` is set: no registry has these programs.
Where one is, the last lines of pytest say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from example_projects import load_example
from iguazioig.emulator import ACCESS_KEY, V3io, serve
from iguazioig.folder.write import write
from iguazioig.project import render
from processors import Cluster, Engine
from running import Folder


@dataclass(frozen=True)
class Found:
    """What was found of the real Nuclio."""

    nuctl: Path | None
    processor: Path | None
    wrapper: Path | None
    python: Path | None


NEEDED = {"nuctl": ["nuctl"], "engine": ["processor", "wrapper", "python"]}
"""What a fixture needs of it."""


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a program that is not there: all from one place and in one wording, which makes one line."""
    nuclio = find_nuclio()
    for fixture, names in NEEDED.items():
        used = fixture in getattr(item, "fixturenames", ())
        if used and any(getattr(nuclio, name) is None for name in names):
            pytest.skip(
                f"NO REAL NUCLIO ({', '.join(absent(nuclio))} not found): NOTHING THAT NEEDS IT WAS CHECKED;"
                " tests/engine/conftest.py says what it takes"
            )


def absent(nuclio: Found) -> list[str]:
    return [name for name, path in vars(nuclio).items() if path is None]


@cache
def find_nuclio() -> Found:
    processor = find("IGUAZIOIG_PROCESSOR", shutil.which("processor"))
    beside = [processor.parent / "py", processor.parent] if processor else []
    wrappers = [folder / "_nuclio_wrapper.py" for folder in beside]
    python = sys.executable if is_complete(sys.executable) else None
    return Found(
        nuctl=find("IGUAZIOIG_NUCTL", shutil.which("nuctl")),
        processor=processor,
        wrapper=find("IGUAZIOIG_NUCLIO_WRAPPER", *(path for path in wrappers if path.exists())),
        python=find("IGUAZIOIG_NUCLIO_PYTHON", python),
    )


def find(variable: str, *others: str | Path | None) -> Path | None:
    """The path that a variable names; that it names one in vain is a mistake, and no reason to skip."""
    named = os.environ.get(variable)
    if named and not Path(named).is_file():
        pytest.fail(f"{variable} is {named}, and there is no such file", pytrace=False)
    path = next(filter(None, [named, *others]), None)
    # Not `resolve`: a virtual environment's Python is a link, and works by its place.
    return Path(path).absolute() if path else None


def is_complete(python: str) -> bool:
    """Whether a Python has what Nuclio's wrapper and the steps import."""
    program = "import nuclio_sdk, msgpack, v3io.dataplane"
    return subprocess.run([python, "-c", program], capture_output=True, check=False).returncode == 0


@pytest.fixture
def nuctl() -> Path | None:
    return find_nuclio().nuctl


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Path]:
    """Renders an example into a folder of the test."""

    def render_example(name: str) -> Path:
        write(render(load_example(name).plan()), tmp_path / name)
        return tmp_path / name

    return render_example


@pytest.fixture
def v3io() -> Iterator[V3io]:
    with serve(access_key=ACCESS_KEY) as endpoint:
        yield endpoint


@pytest.fixture
def engine() -> Engine:
    found = find_nuclio()
    return Engine(found.processor, found.wrapper, found.python)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder in which `iguazioig` is run."""
    return Folder(tmp_path)


@pytest.fixture
def cluster(engine: Engine, v3io: V3io, tmp_path: Path) -> Iterator[Cluster]:
    """Runs steps on real processors, for as long as the test runs."""
    with Cluster(engine, v3io, tmp_path / "cluster") as running:
        yield running
