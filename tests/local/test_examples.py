"""Every example, run as its reader would run it: from its messages to what is expected of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cases import EXAMPLES
from example_runs import prepare_everything, run, take_posts


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


def test_everything(tmp_path: Path) -> None:
    example = EXAMPLES / "everything"
    with take_posts() as (url, got):
        result = run(
            example, prepare_everything(tmp_path, url), tmp_path, "--modules", example / "modules",
            "--mount", "user-dir=user", "--mount", "results=bigdata",
            MODEL_TOKEN="a token", PYTHONPATH=str(tmp_path / "site"),
        )  # fmt: skip
    assert {each["name"]: each["delivered"] for each in result["steps"]} == {
        "archive": 2, "detect-objects": 4, "probe": 0, "summarise": 2,
    }  # fmt: skip
    frames = [message["frame"] for path, message in got if path == "/in?source=detect"]
    assert sorted(frames) == ["n-001", "n-002"]
    assert [message for path, message in got if path == "/objects"] == [
        {"camera": "north", "objects": 1},
        {"camera": "north", "objects": 2},
    ]
    archived = {path.stem for path in (tmp_path / "bigdata" / "archive").iterdir()}
    assert archived == {"n-001", "n-002"}
