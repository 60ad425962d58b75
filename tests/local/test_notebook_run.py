"""Steps made from a notebook run like any other, on the embedded v3io."""

from __future__ import annotations

import json
from pathlib import Path

from cases import EXAMPLES, TESTS
from example_runs import run


def lay_out(folder: Path, kind: str, stream: str, *messages: dict[str, object]) -> None:
    """Write messages of a stream where those of an example are."""
    (folder / kind).mkdir()
    text = "".join(f"{json.dumps(each)}\n" for each in messages)
    (folder / kind / f"{stream}.jsonl").write_text(text)


def test_two_sections_of_a_notebook_are_two_steps_that_run(tmp_path: Path) -> None:
    example = EXAMPLES / "notebook"
    result = run(example, example / "project", tmp_path)
    assert {each["name"]: each["delivered"] for each in result["steps"]} == {
        "prepare": 4,
        "score": 3,
    }
    (letter,) = result["dead_letters"]["examples"]
    assert letter["cause"].startswith("KeyError: 'shells'")


def test_a_notebook_of_the_old_style_runs_from_its_old_graph(tmp_path: Path) -> None:
    high, low = {"PartitionKey": "a", "value": 0.9}, {"PartitionKey": "b", "value": 0.1}
    lay_out(tmp_path, "messages", "raw", high, low)
    lay_out(tmp_path, "expected", "scored", {**high, "score": 1.0}, {**low, "score": 0.0})
    result = run(tmp_path, TESTS / "golden" / "v0_1-notebook" / "project", tmp_path)
    (step,) = result["steps"]
    assert (step["delivered"], step["failed"]) == (2, 0)
