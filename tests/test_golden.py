"""Each case's project, plan and problems are what is committed beside its graph; `--update-golden` writes them anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from cases import ALL_CASES, name_of, read_tree
from iguazioig.clients.dry_run import list_commands
from iguazioig.deployment import Loaded, load
from iguazioig.errors import GraphError, Problem
from iguazioig.folder.write import write
from iguazioig.project import render
from iguazioig.source import read_source


@pytest.mark.parametrize("case", ALL_CASES, ids=name_of)
def test_case(case: Path, update_golden: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    loaded, problems = try_to_load()
    project = render(loaded.plan()) if loaded else {}
    texts = {
        "problems.txt": "".join(f"{problem}\n" for problem in problems),
        "plan.txt": (
            "".join(f"{command}\n" for command in list_commands(loaded.plan())) if loaded else ""
        ),
    }
    if update_golden:
        update(case, project, texts)
    assert {name: read(case / name) for name in texts} == texts
    assert read_tree(case / "project") == project


def try_to_load() -> tuple[Loaded | None, tuple[Problem, ...]]:
    try:
        loaded = load(read_source("graph.yaml"))
    except GraphError as error:
        return None, error.problems
    return loaded, loaded.warnings


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def update(case: Path, project: dict[str, bytes], texts: dict[str, str]) -> None:
    for name, text in texts.items():
        if text:
            (case / name).write_text(text)
        else:
            (case / name).unlink(missing_ok=True)
    if project:
        write(project, case / "project", force=True)
