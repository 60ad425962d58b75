"""`iguazioig import`, as somebody at a terminal meets it."""

from __future__ import annotations

import os
from pathlib import Path

import in_process
import pytest
from cases import EXAMPLES
from click.testing import Result
from iguazioig.emulator import serve
from reported_functions import answer, as_local, committed

SCORING = answer(map(as_local, committed(EXAMPLES / "scoring" / "project")))
CONVERGE = answer(map(as_local, committed(EXAMPLES / "converge" / "project")))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with what nuctl printed of two projects."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scoring.json").write_bytes(SCORING)
    (tmp_path / "converge.json").write_bytes(CONVERGE)
    return tmp_path


def run(*words: str, given: bytes = b"") -> Result:
    return in_process.run("import", *words, input=given)


def test_the_graph_goes_to_standard_output_and_what_to_do_to_the_other() -> None:
    result = run("-", given=SCORING)
    assert result.exit_code == 0
    assert result.stdout.startswith("apiVersion: 0.2.0\nproject:\n")
    lines = result.stderr.splitlines()
    assert all(line.startswith("-:") and ": warning: " in line for line in lines)
    assert len(lines) > 5


def test_a_project_of_several_is_chosen_and_written(here: Path) -> None:
    several = run("scoring.json", "converge.json")
    assert several.exit_code == 1
    assert "functions of several projects: `fraud`, `orders`; choose one with --project" in several.stderr  # fmt: skip
    result = run("scoring.json", "converge.json", "--project", "orders", "-o", "graph.yaml")
    assert (result.exit_code, result.stdout) == (0, "graph.yaml was written\n")
    assert "graph.yaml:" in result.stderr
    text = (here / "graph.yaml").read_text()
    assert "name: converge" in text

    again = run("scoring.json", "-o", "graph.yaml")
    assert (again.exit_code, (here / "graph.yaml").read_text()) == (1, text)
    assert "graph.yaml: is there already; --force replaces it" in again.stderr
    assert run("scoring.json", "-o", "graph.yaml", "--force").exit_code == 0
    assert "name: fraud" in (here / "graph.yaml").read_text()


def test_what_is_no_file_is_never_replaced(here: Path) -> None:
    os.mkfifo(here / "pipe")
    result = run("scoring.json", "-o", "pipe", "--force")
    assert (result.exit_code, (here / "pipe").is_fifo()) == (1, True)
    assert result.stderr == "error: pipe: is there already; -o writes to another place\n"


def test_nothing_is_generated_before_the_class_is_said(here: Path) -> None:
    run("scoring.json", "-o", "graph.yaml")
    result = in_process.run("generate", "graph.yaml")
    assert result.exit_code == 1
    assert "`unknown`" in result.stderr


def test_v3io_is_asked_for_shards_and_retention(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serve() as v3io:
        monkeypatch.setenv("V3IO_API", v3io.url)
        monkeypatch.setenv("V3IO_ACCESS_KEY", v3io.access_key)
        v3io.create_container("projects")
        v3io.create_stream("projects", "/fraud/streams/transactions", shards=7, retention_hours=24)
        result = run("scoring.json", "--ask-v3io")
    assert "transactions: {container: projects, shards: 7, retention: 24}" in result.stdout
    assert "its shards are a guess: as many as read it at once, 1" in result.stderr


def test_v3io_has_to_be_named_to_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("V3IO_API", raising=False)
    monkeypatch.setenv("V3IO_ACCESS_KEY", "any")
    result = run("scoring.json", "--ask-v3io")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "V3IO_API is not set" in result.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "there are no functions; look into another namespace"),
        (b"No functions found\n", "there are no functions"),
        (SCORING[:2000], "the answer ends in the middle; run nuctl again"),
        (b"\x00\xff", "is not UTF-8"),
        (b"kind: Pod\nmetadata: {name: a}\nspec: {a: b}\n", "entry 1 is a `Pod`"),
    ],
)
def test_what_is_no_answer_writes_nothing(content: bytes, message: str, here: Path) -> None:
    result = run("-", "-o", "graph.yaml", given=content)
    assert (result.exit_code, (here / "graph.yaml").exists()) == (1, False)
    assert message in result.stderr


def test_a_dash_is_standard_output(here: Path) -> None:
    result = run("scoring.json", "-o", "-")
    assert (result.exit_code, result.stdout) == (0, run("scoring.json").stdout)
    assert not (here / "-").exists()
