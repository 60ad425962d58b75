"""The picture of a graph in its two languages: every node has a name of its own, and every text is only text."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from iguazioig.graph import Graph
from iguazioig.picture import draw_dot, draw_mermaid
from made_up import MADE_UP, full, load_graph, smallest, write_modules


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_modules(tmp_path)


def load(graph: dict[str, Any], folder: Path) -> Graph:
    return load_graph(graph, folder).graph


def test_the_smallest_picture(folder: Path) -> None:
    graph = load(smallest(), folder)
    assert draw_mermaid(graph) == 'flowchart LR\n    step_a["a<br/>Model: predict"]\n'
    assert draw_dot(graph) == (
        'digraph "p" {\n    rankdir=LR\n    step_a [shape=box, label="a\\nModel: predict"]\n}\n'
    )


def test_every_kind_of_node_and_edge(folder: Path) -> None:
    graph = full()
    graph["project"]["functions"] = graph["project"]["functions"][:1]
    assert draw_mermaid(load(graph, folder)).splitlines() == [
        "flowchart LR",
        '    stream_raw[("raw")]',
        '    stream_more_raw[("more-raw")]',
        '    stream_scores[("scores")]',
        '    stream_rejected[("rejected")]',
        '    step_first_step["first-step<br/>Model: prepare, check, predict"]',
        '    https_first_step_0(["example.com"])',
        '    function_first_step_0[["audit.record"]]',
        "    stream_raw --> step_first_step",
        "    stream_more_raw --> step_first_step",
        "    step_first_step --> stream_scores",
        "    step_first_step --> https_first_step_0",
        "    step_first_step --> function_first_step_0",
        "    step_first_step -. errors .-> stream_rejected",
    ]


@pytest.mark.parametrize("name", MADE_UP)
def test_both_languages_draw_the_same(folder: Path, name: str) -> None:
    graph = load(MADE_UP[name](), folder)
    mermaid = re.findall(r"^    (\w+) (?:-->|-\. errors \.->) (\w+)$", draw_mermaid(graph), re.M)
    assert re.findall(r"^    (\w+) -> (\w+)(?: \[.*\])?$", draw_dot(graph), re.M) == mermaid
    nodes = re.findall(r"^    (\w+)[\[(]", draw_mermaid(graph), re.M)
    assert re.findall(r"^    (\w+) \[shape=", draw_dot(graph), re.M) == nodes


def test_nodes_with_similar_names_stay_apart(folder: Path) -> None:
    graph = full()
    step = graph["project"]["functions"][0]
    names = ["x", "x-https-0", "x-function-0", "x-0", "https-x-0"]
    graph["project"]["functions"] = [{**step, "name": name} for name in names]
    picture = draw_mermaid(load(graph, folder))
    nodes = re.findall(r"^    (\w+)[\[(]", picture, re.M)
    assert len(nodes) == len(set(nodes)) == 4 + 3 * len(names)


@pytest.mark.parametrize(
    "host", ["a#b", 'a"b', "a;b", "(a)", "a<b>", "a`b", "a{b}", "a%b", "a\\b", "[::1]"]
)
def test_a_host_is_only_text(folder: Path, host: str) -> None:
    graph = full()
    url = f"http://{host}/"
    graph["project"]["functions"][0]["outputs"] = {"https": ["https://example.com"]}
    loaded = load(graph, folder)
    first = replace(loaded.steps[0], https=(replace(loaded.steps[0].https[0], url=url),))
    picture = replace(loaded, steps=(first,))
    (shown,) = re.findall(r'https_first_step_0\(\["(.*)"\]\)', draw_mermaid(picture))
    assert not re.search(r'["`<>()\[\]{}]', shown)
    assert html.unescape(re.sub(r"#(\d+);", r"&#\1;", shown)) in url
    (label,) = re.findall(r'https_first_step_0 \[shape=oval, label="(.*)"\]', draw_dot(picture))
    assert re.sub(r"\\(.)", r"\1", label) in url
