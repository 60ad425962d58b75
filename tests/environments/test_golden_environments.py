"""What an environment says of the graph beside it: every problem of each case, and what the good one changes in the project."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import pytest
from iguazioig.api.v0_2_0.environment import ENVIRONMENT
from iguazioig.deployment import load
from iguazioig.environments import in_environment
from iguazioig.errors import GraphError, Problem
from iguazioig.folder.manifest import MANIFEST
from iguazioig.project import render
from iguazioig.source import read_source

HERE = Path(__file__).resolve().parent

CASES = sorted((HERE / "cases").glob("*.yaml"))


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)


def problems_of(environment: str) -> tuple[Problem, ...]:
    try:
        return load(in_environment(read_source("graph.yaml"), environment)).warnings
    except GraphError as error:
        return error.problems


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_case(case: Path, update_golden: bool) -> None:
    text = "".join(f"{problem}\n" for problem in problems_of(f"cases/{case.name}"))
    expected = case.with_suffix(".txt")
    if update_golden:
        expected.write_text(text)
    assert expected.read_text() == text
    assert "Error" not in text


def test_what_an_environment_changes_in_the_project(update_golden: bool) -> None:
    text = "".join(differences(files_of(None), files_of("prod")))
    expected = HERE / "prod.diff"
    if update_golden:
        expected.write_text(text)
    assert expected.read_text() == text


def test_the_good_environment_says_everything_that_there_is_to_say() -> None:
    project = ENVIRONMENT.fields["project"].kind.fields
    text = (HERE / "environments" / "prod.yaml").read_text()
    known = {key for key, each in project.items() if not each.legacy} - {"name"}
    assert [key for key in sorted(known) if f"  {key}:" not in text] == []


def files_of(environment: str | None) -> dict[str, bytes]:
    files = render(load(in_environment(read_source("graph.yaml"), environment)).plan())
    return {path: content for path, content in files.items() if path not in (MANIFEST, "deploy.sh")}


def differences(before: dict[str, bytes], after: dict[str, bytes]) -> Iterator[str]:
    for path in sorted({*before, *after}):
        old, new = (
            each.get(path, b"").decode().splitlines(keepends=True) for each in (before, after)
        )
        yield from difflib.unified_diff(old, new, path, path, n=1)
