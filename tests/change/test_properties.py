"""What holds for any two graphs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
import yaml
from change_cases import BASE, CASES, compared, edited
from graphs import translate
from hostile import NASTY, quick, texts
from hypothesis import given
from hypothesis import strategies as st
from iguazioig.change import Change, Consequence, Report, State, changes
from iguazioig.change.described import described
from iguazioig.change.lines import lines
from iguazioig.change.markdown import LARGEST, markdown
from iguazioig.change.model import CODES
from iguazioig.change.words import code
from iguazioig.errors import Location
from iguazioig.graph import Graph
from iguazioig.project.escapes import is_visible
from markdown_it import MarkdownIt

STREAMS = ["raw", "scores", "More Raw", "alerts"]
STEPS = ["first", "Second Step", "third"]

streams = st.fixed_dictionaries(
    {},
    optional={
        "shards": st.integers(1, 4),
        "retention": st.sampled_from([1, 24]),
        "container": st.sampled_from(["projects", "users"]),
    },
)
inputs = st.dictionaries(
    st.sampled_from(STREAMS),
    st.fixed_dictionaries(
        {},
        optional={
            "max_workers": st.integers(1, 3),
            "seek_to": st.sampled_from(["latest", "earliest"]),
            "read_batch_size": st.sampled_from([1, 100]),
        },
    ),
    max_size=2,
)
hostile = texts().filter(lambda text: "\0" not in text)


@st.composite
def steps(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """A step under this name; what can be any text is any text."""
    step = {
        "name": name,
        "class_module": draw(st.sampled_from(["model", "other"])),
        "class_name": "Model",
        "methods": draw(st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=2)),
        "input_streams": draw(inputs),
        "class_init": draw(st.dictionaries(st.sampled_from(["x", "y"]), hostile, max_size=2)),
        "env_custom": draw(st.dictionaries(st.sampled_from(["X", "Y"]), hostile, max_size=2)),
        "outputs": {
            "streams": draw(st.lists(st.sampled_from(STREAMS), unique=True, max_size=2)),
        },
        "error_stream": draw(st.sampled_from([None, "errors"])),
        "delivery": {"retries": draw(st.sampled_from([None, 0, 5]))},
    }
    replicas = draw(st.integers(1, 3))
    return {**step, "min_replicas": replicas, "max_replicas": replicas}


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """A graph that can be read, whatever else is wrong with it."""
    names = draw(st.lists(st.sampled_from(STEPS), unique=True, min_size=1))
    places = draw(st.permutations([None, None, "a/b", "a/c"]))  # two streams never share one
    project = {
        "name": draw(st.sampled_from(["fraud", "scam"])),
        "partition_key_name": draw(hostile.filter(lambda it: re.search(r"[^\0-\x1f\x7f]", it))),
        "v3io_streams": {
            **{
                name: {**draw(streams), **({"path": path} if path else {})}
                for name, path in zip(STREAMS, places, strict=True)
            },
            "errors": {},
        },
        "v3io_volumes": draw(
            st.dictionaries(
                st.sampled_from(["user", "data"]),
                st.fixed_dictionaries(
                    {
                        "remote": st.sampled_from(["users/a", "projects"]),
                        "mount_path": st.sampled_from(["/User", "/a`b", "/x |<b>"]),
                    }
                ),
            )
        ),
        "functions": [draw(steps(name)) for name in names],
    }
    whole = {"apiVersion": "0.2.0", "project": project}
    text = yaml.dump(whole, Dumper=yaml.CSafeDumper, allow_unicode=True)
    graph = translate(text).graph
    assert graph is not None
    return graph


def shown(found: list[Change]) -> str:
    """Changes as Markdown; the other two ways of writing them are tried, too."""
    report = Report("fraud", "a `b` <c>", "graph.yaml", tuple(found), frozenset({"replays"}))
    assert json.loads(json.dumps(described(report)))["accepted"] == (not report.refused)
    told = [line.text for line in lines(report, 80)]
    assert all(map(is_visible, told))
    return markdown(report)


@quick(60)
@given(graphs())
def test_nothing_changes_from_a_graph_to_itself(graph: Graph) -> None:
    assert changes(State("a", graph), State("b", graph)) == []


@quick(100)
@given(graphs(), graphs())
def test_any_pair_of_graphs_can_be_compared_and_shown(before: Graph, after: Graph) -> None:
    found = changes(State("a", before), State("b", after))
    assert {each.code for each in found} <= set(CODES)
    slugs = {step.slug for step in after.steps}
    assert all(slugs >= set(each.steps) for each in found)
    assert found == sorted(found, key=lambda each: -each.consequence)
    assert is_plain(shown(found))


@quick(100)
@given(graphs(), graphs())
def test_what_differs_in_a_step_is_never_left_unsaid(before: Graph, after: Graph) -> None:
    """A step that is in both graphs and not the same in both restarts for some reason that is given."""
    found = changes(State("a", before), State("b", after))
    said = {slug for each in found for slug in each.steps}
    old = {step.slug: step for step in before.steps}
    for step in after.steps:
        other = old.get(step.slug)
        if other is not None and replace(other, name=step.name) != step:
            reshaped = [
                each.code in ("shards-grown", "shards-shrunk", "retention") for each in found
            ]
            assert step.slug in said or any(reshaped)


@quick(300)
@given(hostile)
def test_a_value_is_a_value_in_markdown(text: str) -> None:
    (paragraph,) = [each for each in MarkdownIt().parse(f"a {code(text)} b") if each.children]
    assert [each.type for each in paragraph.children or ()] == ["text", "code_inline", "text"]


@pytest.mark.parametrize("text", NASTY)
def test_a_hostile_name_stays_in_its_place(text: str) -> None:
    change = Change(
        "step", text, "code", f"was {code(text)}", Consequence.LOSES, f"for {code(text)}",
        f"say {code(text)}", (f"{code(text)} is new",), (text,), Location(text, 3, 4),
    )  # fmt: skip
    assert is_plain(shown([change]))


def is_plain(text: str) -> bool:
    """Whether Markdown sees nothing in a text but what this package writes."""
    allowed = {
        "inline", "text", "code_inline", "softbreak", "html_block", "strong_open", "strong_close",
        "heading_open", "heading_close", "paragraph_open", "paragraph_close",
        "bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close", "code_block",
    }  # fmt: skip
    tokens = MarkdownIt().parse(text)
    seen = [each for token in tokens for each in (token, *(token.children or ()))]
    html = [each.content for each in seen if each.type.startswith("html")]
    return {each.type for each in seen} <= allowed and all(
        re.fullmatch(r"<!-- iguazioig diff [a-z]+ -->\n?", each) for each in html
    )


@pytest.mark.parametrize("name", CASES)
def test_each_text_is_markdown_that_says_only_what_is_meant(name: str) -> None:
    assert is_plain(shown(compared(BASE, edited(BASE, CASES[name].edits))))


def test_a_comment_is_never_too_long_for_its_place() -> None:
    one = Change("step", "a", "code", "x" * 500, Consequence.RESTARTS, "y" * 500)
    many = [replace(one, name=f"step-{number}", reason=f"{number}") for number in range(500)]
    text = markdown(Report("fraud", "a", "b", tuple(many)))
    assert len(text) <= LARGEST + 200
    left = re.search(r"- … and (\d+) more: `iguazioig diff` shows them all\n", text)
    assert left is not None
    assert text.count("- 🔁 **restarts** step") + int(left[1]) == 500
