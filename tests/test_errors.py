from __future__ import annotations

import pytest
from iguazioig.errors import GraphError, Location, Problem, closest, did_you_mean


def test_a_problem_is_one_line_with_its_place() -> None:
    problem = Problem(Location("graph.yaml", 3, 7), "`a` is wrong", "expected b")
    assert str(problem) == "graph.yaml:3:7: `a` is wrong; expected b"
    assert problem.severity == "error"


def test_a_warning_says_so() -> None:
    problem = Problem(Location("graph.yaml"), "`a` is odd", "", "code", "warning")
    assert str(problem) == "graph.yaml:1:1: warning: `a` is odd"


def test_a_graph_error_has_its_problems_once_and_in_their_order() -> None:
    places = [Location("b", 1), Location("a", 10, 2), Location("a", 9, 30), Location("a", 9, 4)]
    problems = [Problem(place, "wrong", "right") for place in places]
    error = GraphError([*problems, *problems])
    assert str(error).splitlines() == [
        "a:9:4: wrong; right",
        "a:9:30: wrong; right",
        "a:10:2: wrong; right",
        "b:1:1: wrong; right",
    ]


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("nmae", ["name", "tag"], "name"),
        ("Name", ["name"], "name"),
        ("INPUT_STREAMS", ["input_streams"], "input_streams"),
        ("docker-image", ["docker_image"], "docker_image"),
        ("minReplicas", ["min_replicas", "max_replicas"], "min_replicas"),
        ("x", ["name", "tag"], None),
        ("name", ["name"], None),
        ("name", [], None),
        ("", ["name"], None),
        ("n" * 5000, ["n" * 5000 + "x"], None),
    ],
)
def test_what_was_probably_meant(name: str, known: list[str], meant: str | None) -> None:
    assert closest(name, known) == meant
    assert did_you_mean(name, known) == (f" (did you mean `{meant}`?)" if meant else "")
