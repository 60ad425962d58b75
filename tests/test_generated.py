"""What is generated is what its own tools call clean, and is the same wherever and whenever it is generated."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import pytest
from cases import ALL_CASES, EXAMPLES, name_of, read_tree
from iguazioig.deployment import load
from iguazioig.folder.paths import mode
from iguazioig.project import render
from iguazioig.source import read_source
from made_up import MADE_UP, dump, load_graph, write_modules
from mypy import api as mypy

Tool = Callable[[str], str]

MACHINERY = (
    "delivery.py",
    "delivery_batches.py",
    "delivery_duplicates.py",
    "delivery_letters.py",
    "delivery_outputs.py",
    "delivery_record.py",
)
OURS = ("handler.py", *MACHINERY, "setup_streams.py")
"""The Python files that are generated; the others are the user's own."""


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project of each example, of each golden case and of each graph that is made up."""
    home = tmp_path_factory.mktemp("projects")
    for case in ALL_CASES:
        if (case / "project").is_dir():
            loaded = load(read_source(case / "graph.yaml"))
            write(home / name_of(case), render(loaded.plan()))
    for name, graph in MADE_UP.items():
        modules = write_modules(tmp_path_factory.mktemp(name))
        write(home / "made-up" / name, render(load_graph(graph(), modules).plan()))
    return home


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode(name))


def named(projects: Path, *names: str) -> list[str]:
    """The files of these names in all projects; of those with the same content, one."""
    paths = sorted(path for path in projects.rglob("*") if path.name in names)
    assert {path.name for path in paths} == set(names)
    return list({path.read_bytes(): str(path) for path in reversed(paths)}.values())[::-1]


def run(*words: str) -> str:
    """What a program that checks files says of them, if it is not content."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"{done.returncode}\n{done.stdout}{done.stderr}"


def test_black_changes_nothing(projects: Path, tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    config = f"--config={tmp_path / 'pyproject.toml'}"
    assert run(tool("black"), "--check", "--diff", config, *named(projects, *OURS)) == ""


def test_ruff_finds_nothing(projects: Path, tool: Tool) -> None:
    files = named(projects, *OURS)
    assert run(tool("ruff"), "check", "--isolated", "--no-cache", *files) == ""


def test_mypy_finds_nothing(projects: Path, tmp_path: Path) -> None:
    # As in the step's own folder; what the user's modules do is the user's affair.
    options = ["--config-file=", f"--cache-dir={tmp_path}", "--ignore-missing-imports"]
    options += ["--follow-imports=silent", "--check-untyped-defs", "--no-error-summary"]
    for folder, files in groupby(named(projects, *OURS), os.path.dirname):
        said, failed, _ = mypy.run([*options, *files])
        assert (said, failed) == ("", ""), folder


def test_nothing_in_a_step_is_newer_than_the_oldest_python_of_nuclio(
    projects: Path, tool: Tool
) -> None:
    """Of the language and of the standard library; the images have 3.9 to 3.12 (nuclio-facts 2.1)."""
    files = named(projects, "handler.py", *MACHINERY)
    assert run(tool("vermin"), "--no-tips", "--target=3.9-", "--violations", *files) == ""


def test_shellcheck_finds_nothing(projects: Path, tool: Tool) -> None:
    assert run(tool("shellcheck"), "--norc", *named(projects, "deploy.sh")) == ""


def test_bash_can_read_the_script(projects: Path, tool: Tool) -> None:
    for script in named(projects, "deploy.sh"):
        assert run(tool("bash"), "-n", script) == ""


def test_yamllint_finds_nothing(projects: Path, tool: Tool) -> None:
    files = named(projects, "function.yaml")
    assert run(tool("yamllint"), "--strict", "-d", "extends: default", *files) == ""


def test_delivery_is_the_same_in_every_step(projects: Path) -> None:
    steps = sum(1 for _ in projects.rglob("function.yaml"))
    for name in MACHINERY:
        assert sum(1 for _ in projects.rglob(name)) == steps > 8
        assert len(named(projects, name)) == 1


def test_text_files_are_clean(projects: Path) -> None:
    texts = ["README.md", "deploy.sh", "requirements.txt", ".gitattributes", "function.yaml", *OURS]
    for path in named(projects, *texts):
        text = Path(path).read_bytes().decode("utf-8")
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert "\n\n\n\n" not in text, path
        assert not re.search(r"[ \t]$|\r|\t", text, re.MULTILINE), path


def test_the_readme_runs_what_can_be_run(projects: Path) -> None:
    for path in named(projects, "README.md"):
        for script in re.findall(r"^\./([\w.]+)", Path(path).read_text(), re.MULTILINE):
            assert (Path(path).parent / script).read_bytes().startswith(b"#!"), script


# The same bytes everywhere.


def generate(graph: Path, output: Path, cwd: Path, **environment: str) -> dict[str, bytes]:
    """The project as the command line writes it, in a process of its own."""
    command = [sys.executable, "-m", "iguazioig", "generate", str(graph), "--output", str(output)]
    environment = {"PATH": os.environ["PATH"], **environment}
    subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=True)
    return read_tree(cwd / output)


@pytest.fixture(params=["everything", "made-up"])
def graph(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The path of a graph that has some of everything."""
    folder = tmp_path / "graph"
    if request.param == "everything":
        shutil.copytree(EXAMPLES / "everything" / "modules", folder / "modules")
        shutil.copy(EXAMPLES / "everything" / "graph.yaml", folder)
    else:
        write_modules(folder)
        (folder / "graph.yaml").write_bytes(dump(MADE_UP["full"]()))
    return folder / "graph.yaml"


def test_nothing_of_the_machine_gets_into_a_file(graph: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "another-place"
    elsewhere.mkdir()
    here = generate(graph, tmp_path / "one", graph.parent, HOME="/home/ann", PYTHONHASHSEED="1")
    there = generate(
        Path(os.path.relpath(graph, elsewhere)),
        Path("two"),
        elsewhere,
        HOME=str(elsewhere),
        PYTHONHASHSEED="2",
        USER="zoe-from-accounting",
        LOGNAME="zoe-from-accounting",
        LC_ALL="C",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
        TZ="Pacific/Kiritimati",
        COLUMNS="20",
        FORCE_COLOR="1",
        V3IO_API="http://from.the.environment",
        V3IO_ACCESS_KEY="key-from-the-environment",
        NUCTL_NAMESPACE="namespace-from-the-environment",
    )
    assert here == there != {}
    whole = b"\n".join(there.values())
    for trace in (tmp_path.name, "another-place", "zoe", "Kiritimati", "the-environment"):
        assert trace.encode() not in whole


def test_a_second_rendering_is_the_same(graph: Path) -> None:
    loaded = load(read_source(graph))
    assert list(render(loaded.plan()).items()) == list(render(loaded.plan()).items())


def test_no_file_has_a_date_or_an_absolute_path(projects: Path) -> None:
    for path in sorted((projects / "examples").rglob("*")):
        if path.name in (*OURS, "README.md", "deploy.sh", ".gitattributes", "requirements.txt"):
            text = path.read_text()
            assert not re.search(r"\b(19|20)\d\d-\d\d-\d\d\b", text), path
            assert not re.search(r"(?<![\w.])/(home|root|tmp|work|usr/lib|Users)/", text), path
