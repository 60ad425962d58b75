"""What changes of a notebook, its code and its settings mean for what runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cases import EXAMPLES
from iguazioig.change import Change, changes
from iguazioig.change.earlier import Asked, earlier
from iguazioig.change.state import state_of
from iguazioig.deployment import load
from iguazioig.source import read_source

MODEL = "math.tanh(message['amount'] / self.usual)"
IMAGE = "python:3.12"


@pytest.fixture
def example(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLES / "notebook", tmp_path, dirs_exist_ok=True)
    return tmp_path


def edit(folder: Path, before: str, after: str) -> None:
    path = folder / "modules" / "fraud.ipynb"
    assert before in path.read_text()
    path.write_text(path.read_text().replace(before, after))


def found(folder: Path, against: str | None = None) -> list[Change]:
    """What the graph means now, against the project that is there."""
    graph = folder / "graph.yaml"
    before = earlier(Asked(graph, folder / "project"), against)
    after = state_of(load(read_source(graph)).plan(), "now")
    return changes(before, after)


def test_what_a_notebook_sets_is_no_change_of_the_graph(example: Path) -> None:
    assert found(example) == []
    shutil.copytree(example, example / "other")
    assert found(example, str(example / "other" / "graph.yaml")) == []


def test_another_code_is_a_change_of_the_modules_of_its_step(example: Path) -> None:
    edit(example, MODEL, MODEL.replace("tanh", "sin"))
    (change,) = found(example)
    assert (change.code, change.name, change.details) == ("code", "score", ("`fraud.py` changed",))


def test_another_setting_is_a_change_of_what_is_generated(example: Path) -> None:
    edit(example, IMAGE, "python:3.11")
    (change,) = found(example)
    assert (change.code, change.steps) == ("generated", ("prepare", "score"))
    assert change.what == "`function.yaml` of 2 steps differ"
    assert change.reason.startswith("a notebook may say so, and no key of the graph does")


def test_a_module_that_moved_into_a_notebook_is_a_change_of_the_graph(example: Path) -> None:
    before = shutil.copytree(example, example / "before")
    shutil.copy(
        before / "project" / "steps" / "score" / "fraud.py", before / "modules" / "fraud.py"
    )
    (before / "modules" / "fraud.ipynb").unlink()
    text = (before / "graph.yaml").read_text().replace("fraud.ipynb", "fraud")
    head, _, rest = text.partition("    - name: prepare")
    step = f"    - name: score{rest.partition('    - name: score')[2]}"
    (before / "graph.yaml").write_text(head + step)
    text = (example / "graph.yaml").read_text()
    head, _, rest = text.partition("    - name: prepare")
    (example / "graph.yaml").write_text(
        f"{head}    - name: score{rest.partition('    - name: score')[2]}"
    )
    lines = [line for each in found(example, str(before / "graph.yaml")) for line in each.details]
    assert "`class_module`: `fraud` → `fraud.ipynb`" in lines
