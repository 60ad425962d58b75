from __future__ import annotations

from collections.abc import Sequence

import pytest
from graphs import MINIMAL, graph_of, steps
from iguazioig.clients.base import DeployerClient
from iguazioig.graph import Graph, Step, Stream
from iguazioig.plan import make_plan, order_steps, readers_of, writers_of


class Recorder(DeployerClient):
    """Writes down what it is asked to do."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def create_stream(self, stream: Stream) -> None:
        self.done.append(f"create stream {stream.slug}")

    def delete_stream(self, stream: Stream) -> None:
        self.done.append(f"delete stream {stream.slug}")

    def create_project(self, project: str) -> None:
        self.done.append(f"create project {project}")

    def create_function(self, project: str, step: Step) -> None:
        self.done.append(f"create function {project}/{step.slug}")

    def delete_function(self, step: Step) -> None:
        self.done.append(f"delete function {step.slug}")


def order(*lines: str) -> list[str]:
    return names(order_steps(graph_of(steps(*lines)).steps))


def names(found: Sequence[Step]) -> list[str]:
    return [step.name for step in found]


def executed(graph: Graph, *, include: set[str] | None = None, recreate: bool = False) -> list[str]:
    recorder = Recorder()
    make_plan(graph, {}, include=include, recreate=recreate).execute(recorder)
    return recorder.done


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a: x → y"], ["a"]),
        (["a: x → y", "b: y → z", "c: z →"], ["c", "b", "a"]),
        (["c: z →", "b: y → z", "a: x → y"], ["c", "b", "a"]),
        (["a: x →", "b: x →", "c: x →"], ["a", "b", "c"]),
        (
            ["a: in → x, y", "left: x → z", "right: y → z", "meet: z →"],
            ["meet", "left", "right", "a"],
        ),
        (["a: in → x", "b: in → x", "meet: x →"], ["meet", "a", "b"]),
        (["a: x → y, z", "b: y → w", "c: z → y", "d: w →"], ["d", "b", "c", "a"]),
        (["alone: →", "a: x → y", "b: y →"], ["alone", "b", "a"]),
    ],
    ids=range(8),
)
def test_consumers_come_before_producers(lines: list[str], expected: list[str]) -> None:
    assert order(*lines) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a: x → x"], ["a"]),
        (["a: x → y", "b: y → x"], ["b", "a"]),
        (["first: in → x", "a: x → y", "b: y → x, out", "last: out →"], ["last", "b", "a", "first"]),
    ],
)  # fmt: skip
def test_a_cycle_keeps_nobody_out(lines: list[str], expected: list[str]) -> None:
    assert order(*lines) == expected


def test_whoever_reads_dead_letters_comes_before_those_who_write_them() -> None:
    text = steps("a: x →", "mend: bad →").replace(
        "    - name: a\n", "    - name: a\n      error_stream: bad\n"
    )
    assert names(order_steps(graph_of(text).steps)) == ["mend", "a"]


def test_a_chain_of_5000_steps() -> None:
    lines = [f"s{index}: x{index} → x{index + 1}" for index in range(5000)]
    assert order(*lines) == [f"s{index}" for index in reversed(range(5000))]


def test_many_writers_and_many_readers_of_one_stream() -> None:
    writers = [f"w{index}: in → x" for index in range(1000)]
    readers = [f"r{index}: x →" for index in range(1000)]
    found = order(*writers, *readers)
    assert found[:1000] == [f"r{index}" for index in range(1000)]
    assert found[1000:] == [f"w{index}" for index in range(1000)]


def test_the_whole_plan() -> None:
    graph = graph_of(steps("a: x → y", "b: y →"))
    assert executed(graph) == [
        "create stream x",
        "create stream y",
        "create project p",
        "create function p/b",
        "create function p/a",
    ]


def test_streams_are_deleted_first_where_they_are_made_anew() -> None:
    graph = graph_of(MINIMAL)
    assert executed(graph, recreate=True) == [
        "delete stream raw",
        "delete stream scores",
        *executed(graph),
    ]


def test_chosen_steps_keep_their_order_and_all_streams() -> None:
    graph = graph_of(steps("a: x → y", "b: y → z", "c: z →"))
    assert executed(graph, include={"a", "c"})[3:] == [
        "create project p",
        "create function p/c",
        "create function p/a",
    ]
    assert executed(graph, include=set())[3:] == ["create project p"]


def test_without_streams_there_is_nothing_to_set_up() -> None:
    text = MINIMAL.replace("  v3io_streams:\n    raw: {}\n    scores: {}\n", "")
    text = text.replace("      input_streams: {raw: {}}\n", "").replace("[scores]", "[]")
    for recreate in (False, True):
        assert executed(graph_of(text), recreate=recreate) == [
            "create project fraud",
            "create function fraud/score",
        ]


def test_a_plan_is_compared_by_what_it_does() -> None:
    first = make_plan(graph_of(MINIMAL), {}).operations
    assert first == make_plan(graph_of(MINIMAL), {}).operations
    assert first != make_plan(graph_of(MINIMAL), {}, recreate=True).operations


def test_who_reads_and_who_writes() -> None:
    graph = graph_of(steps("a: x → y, z", "b: y, x → z"))
    readers = {stream.name: names(found) for stream, found in readers_of(graph.steps).items()}
    writers = {stream.name: names(found) for stream, found in writers_of(graph.steps).items()}
    assert readers == {"x": ["a", "b"], "y": ["b"]}
    assert writers == {"y": ["a"], "z": ["a", "b"]}
