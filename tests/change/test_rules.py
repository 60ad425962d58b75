"""What is said of every change that a graph can have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from change_cases import ALERT, BASE, CASES, briefly, compared, edited, state
from graphs import graph_of
from iguazioig.change import Consequence, Report, State, changes
from iguazioig.change.markdown import markdown
from iguazioig.change.model import CODES
from iguazioig.errors import Location
from iguazioig.graph import (
    Condition,
    Delivery,
    HttpOutput,
    Notebook,
    Step,
    UserFunction,
    UserModule,
)

EXPECTED = Path(__file__).resolve().parent / "expected"


@pytest.mark.parametrize("name", CASES)
def test_what_a_change_means(name: str) -> None:
    case = CASES[name]
    assert briefly(compared(BASE, edited(BASE, case.edits))) == case.said


@pytest.mark.parametrize("name", CASES)
def test_it_reads_as_it_did(name: str, update_golden: bool) -> None:
    found = compared(BASE, edited(BASE, CASES[name].edits))
    text = markdown(Report("fraud", "fraud", "graph.yaml", tuple(found)))
    path = EXPECTED / f"{name}.md"
    if update_golden:
        path.write_text(text)
    assert path.read_text() == text


def test_every_expected_text_has_its_case() -> None:
    assert {path.stem for path in EXPECTED.glob("*.md")} == set(CASES)


def test_every_code_has_its_case() -> None:
    said = {words.split()[1] for case in CASES.values() for words in case.said}
    tested_below = {"project-added", "generated", "edited", "code", "retries"}
    assert said | tested_below == set(CODES)


@pytest.mark.parametrize("name", CASES)
def test_what_is_undone_is_a_change_too(name: str) -> None:
    there, back = (
        compared(*pair)
        for pair in (
            (BASE, edited(BASE, CASES[name].edits)),
            (edited(BASE, CASES[name].edits), BASE),
        )
    )
    assert bool(there) == bool(back)


def test_a_project_that_is_new_has_nothing_to_lose() -> None:
    found = changes(State("fraud"), state(BASE))
    assert briefly(found) == ["safe project-added project fraud"]
    assert found[0].steps == ("score", "alert")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("null", "5", ["loses retries step alert", "restarts configuration step alert"]),
        ("5", "3", ["loses retries step alert", "restarts configuration step alert"]),
        ("3", "5", ["restarts configuration step alert"]),
        ("3", "null", ["restarts configuration step alert"]),
    ],
)
def test_who_gives_up_sooner_and_has_no_error_stream_loses(
    before: str, after: str, said: list[str]
) -> None:
    graphs = [
        edited(
            BASE,
            {
                "- name: alert\n": f"- name: alert\n      error_stream: null\n      delivery: {{retries: {each}}}\n"
            },
        )
        for each in (before, after)
    ]
    assert briefly(compared(*graphs)) == said


def test_a_changed_module_is_named() -> None:
    generated = {"handler.py": "1", "function.yaml": "1"}
    before = {"score": {**generated, "fraud_model.py": "1", "old.py": "1"}}
    after = {"score": {**generated, "fraud_model.py": "2", "models/new.py": "1"}}
    found = changes(replace(state(BASE), files=before), replace(state(BASE), files=after))
    assert briefly(found) == ["restarts code step score"]
    assert found[0].details == (
        "`fraud_model.py` changed",
        "`models/new.py` is new",
        "`old.py` is gone",
    )
    assert found[0].steps == ("score",)


def test_what_is_generated_differently_is_said_where_no_key_explains_it() -> None:
    files = [{name: {"delivery.py": each} for name in ("score", "alert")} for each in "12"]
    before = replace(state(BASE), files=files[0], generator="0.0.9")
    after = replace(state(BASE), files=files[1], generator="0.1.0")
    found = changes(before, after)
    assert briefly(found) == ["restarts generated project fraud"]
    assert found[0].what == "`delivery.py` of 2 steps differ"
    assert found[0].reason.startswith("written by iguazioig `0.0.9` and `0.1.0`; ")
    assert found[0].steps == ("score", "alert")


def test_what_is_generated_differently_is_not_said_twice() -> None:
    text = edited(BASE, {"threshold: 0.8": "threshold: 0.9"})
    files = [{"score": {"handler.py": each}} for each in "12"]
    found = changes(replace(state(BASE), files=files[0]), replace(state(text), files=files[1]))
    assert briefly(found) == ["restarts configuration step score"]


def test_an_edit_by_hand_is_said_and_belongs_to_its_step() -> None:
    before = replace(
        state(BASE),
        files={"score": {"function.yaml": "1"}},
        edited=("steps/score/function.yaml", "steps/gone/handler.py"),
    )
    found = changes(before, replace(state(BASE), files={"score": {"function.yaml": "2"}}))
    assert briefly(found) == ["restarts edited step score"]
    assert found[0].what == "`function.yaml` was edited by hand"


def test_the_later_graph_says_where() -> None:
    after = edited(BASE, CASES["scale"].edits)
    (change,) = compared(BASE, after)
    assert str(change.location) == "graph.yaml:15:21"
    line = after.splitlines()[14]
    assert line[20:] == "2"


OTHERWISE: dict[str, Any] = {
    "class_module": "other", "class_name": "Other", "init": {"threshold": True}, "methods": ("other",),
    "https": (HttpOutput(url="https://example.com", location=Location("x")),),
    "functions": (UserFunction(module="m", function="f", location=Location("x")),),
    "error_stream": None, "env": {"A": "b"}, "resources": {"limits": {"cpu": "1"}}, "pip": ("numpy",),
    "image": "python:3.12", "log_level": "error", "tag": "v2", "min_replicas": 2, "max_replicas": 2,
    "image_name": "other", "module_paths": ("/models",), "streams": (), "inputs": (),
    "imports": (UserModule(name="m", location=Location("x")),),
    "conditions": {
        "scores": Condition(text="message", tree=ast.Name("message"), location=Location("x"))
    },
    "notebook": Notebook("fraud.ipynb"),
}  # fmt: skip
"""Another value for each field of a step, but for its names, its place and `delivery`."""

DERIVED = {
    "name",
    "slug",
    "function_name",
    "consumer_group",
    "location",
    "places",
    "python",
    "habits",
}
"""What follows from other fields, or, as `habits`, from the version of the graph: it shows in the files."""


@pytest.mark.parametrize("name", [each.name for each in fields(Step) if each.name not in DERIVED])
def test_no_field_of_a_step_is_overlooked(name: str) -> None:
    graph = graph_of(BASE)
    step = graph.steps[0]
    values = [OTHERWISE[name]] if name != "delivery" else list(other_deliveries())
    for value in values:
        other = replace(graph, steps=(replace(step, **{name: value}), *graph.steps[1:]))
        found = changes(State("a", graph), State("b", other))
        assert "score" in {slug for each in found for slug in each.steps}


def other_deliveries() -> Iterator[Delivery]:
    """For each key of a delivery one in which it alone is other than usual."""
    usual = Delivery()
    for key in fields(Delivery):
        value = getattr(usual, key.name)
        yield replace(usual, **{key.name: 7 if value is None else value + 1})


def test_two_steps_of_one_role_are_renamed_in_their_order() -> None:
    twin = BASE[BASE.index("    - name: alert\n") :]
    before = BASE + twin.replace("name: alert", "name: second")
    after = before.replace("name: alert", "name: a").replace("name: second", "name: b")
    found = compared(before, after)
    assert [each.what.split(";")[0] for each in found] == ["was `alert`", "was `second`"]


def test_a_change_of_order_is_none() -> None:
    first = BASE.index("    - name: score\n")
    second = BASE.index(ALERT)
    assert compared(BASE, BASE[:first] + ALERT + BASE[first:second]) == []


def test_a_graph_is_needed_to_compare_with() -> None:
    with pytest.raises(ValueError, match="graph"):
        changes(state(BASE), State("nothing"))


def test_consequences_are_ordered() -> None:
    assert [str(each) for each in sorted(Consequence)] == [
        "safe",
        "restarts",
        "replays",
        "loses",
        "impossible",
    ]
