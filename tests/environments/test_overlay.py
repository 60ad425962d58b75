"""An environment over a graph: what is merged, what is replaced, where every value comes from, and what is not believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from graphs import MINIMAL, place, said, with_step
from hostile import json_values, quick, texts
from hypothesis import given
from hypothesis import strategies as st
from iguazioig import Deployment
from iguazioig.api import BaseDeployer, Translation
from iguazioig.deployment import Reading, load, read
from iguazioig.document import Document
from iguazioig.environments import in_environment
from iguazioig.errors import GraphError
from iguazioig.folder.manifest import MANIFEST
from iguazioig.graph import Environment, Graph, Step
from iguazioig.project import render
from iguazioig.source import Source, read_source

HERE = Path(__file__).resolve().parent
OURS = "environments/x.yaml"

FULL = with_step(
    MINIMAL,
    "class_init: {path: /m, weights: {a: 1, b: 2}, limit: 5}",
    "env_custom: {A: one, B: two}",
    "pip: [numpy, scipy]",
    "resources: {limits: {cpu: 1, memory: 1Gi}}",
    "docker_image: python:3.12",
    "min_replicas: 3",
    "max_replicas: 3",
    "delivery: {retries: 3, timeout: 5s}",
)


def reading(environment: str | bytes, graph: str = FULL) -> Reading:
    content = environment.encode() if isinstance(environment, str) else environment
    layer = Environment("x", OURS, content)
    return read(Source("graph.yaml", graph.encode(), Path(), layer))


def laid(environment: str, graph: str = FULL) -> Graph:
    found = reading(environment, graph)
    assert [each for each in found.problems if each.severity == "error"] == []
    assert found.translation.graph is not None
    return found.translation.graph


def step(differs: str, graph: str = FULL) -> Step:
    return laid(f"project: {{functions: {{score: {differs}}}}}", graph).steps[0]


def problems(environment: str | bytes, graph: str = FULL) -> list[str]:
    return said(reading(environment, graph).problems)


# what counts


def test_a_list_is_replaced_whole() -> None:
    assert step("{pip: [torch]}").pip == ("torch",)
    assert step("{pip: []}").pip == ()


def test_a_mapping_is_merged_key_by_key() -> None:
    assert step("{env_custom: {B: deux, C: trois}}").env == {"A": "one", "B": "deux", "C": "trois"}
    assert step("{resources: {limits: {cpu: 4}, requests: {cpu: 2}}}").resources == {
        "limits": {"cpu": "4", "memory": "1Gi"},
        "requests": {"cpu": "2"},
    }


def test_an_argument_of_the_class_is_one_value_and_null_is_one() -> None:
    found = step("{class_init: {weights: {c: 3}, limit: null}}").init
    assert found == {"path": "/m", "weights": {"c": 3}, "limit": None}


def test_null_takes_an_entry_or_a_key_away() -> None:
    assert step("{env_custom: {A: null}}").env == {"B": "two"}
    assert step("{resources: {limits: {memory: null}}}").resources == {"limits": {"cpu": "1"}}
    assert step("{max_replicas: null, min_replicas: null}").replicas == 1
    assert step("{docker_image: null, env_custom: null, pip: null}").env == {}
    assert step("{resources: null}").resources == {}
    assert step("{class_init: null}").init == {}


def test_null_stays_what_it_is_where_the_graph_knows_it() -> None:
    patient = FULL.replace(
        "  name: fraud\n", "  name: fraud\n  delivery: {retries: 7, timeout: 9s}\n"
    )
    found = step("{delivery: {retries: null, timeout: null}}", patient).delivery
    assert (found.retries, found.timeout) == (None, 9.0)
    assert step("{delivery: null}", patient).delivery.retries == 7


def test_all_functions_comes_before_any_of_them_wherever_it_stands() -> None:
    first = "project:\n  all_functions: {log_level: warn, tag: v2}\n  functions: {score: {log_level: error}}\n"
    last = "project:\n  functions: {score: {log_level: error}}\n  all_functions: {log_level: warn, tag: v2}\n"
    assert laid(first).steps == laid(last).steps
    assert (laid(last).steps[0].log_level, laid(last).steps[0].tag) == ("error", "v2")


def test_what_anchors_share_is_changed_for_one_step_alone() -> None:
    graph = FULL.replace("env_custom: {A: one, B: two}", "env_custom: &env {A: one}") + (
        "    - name: other\n      input_streams: {scores: {}}\n      class_module: m\n      class_name: M\n"
        "      methods: [go]\n      env_custom: *env\n"
    )
    found = laid("project: {functions: {other: {env_custom: {A: two}}}}", graph)
    assert [each.env for each in found.steps] == [{"A": "one"}, {"A": "two"}]


def test_anchors_and_merge_keys_work_in_an_environment_too() -> None:
    found = laid("project:\n  functions:\n    score: {<<: {tag: v2, pip: &p [a]}, pip: *p}\n")
    assert (found.steps[0].tag, found.steps[0].pip) == ("v2", ("a",))


def test_a_project_may_have_another_name() -> None:
    found = laid("project: {name: fraud_dev}")
    assert (found.slug, found.steps[0].function_name) == ("fraud-dev", "fraud-dev-score")
    assert found.streams[0].path == "/fraud-dev/streams/raw"


@pytest.mark.parametrize(
    ("name", "environment", "title"),
    [("fraud", "x", "fraud-x"), ("fraud-x", "x", "fraud-x"), ("x", "x", "x-x")],
)
def test_the_title_of_a_project_has_its_environment_once(
    name: str, environment: str, title: str
) -> None:
    layer = Environment(environment, OURS, f"project: {{name: {name}}}".encode())
    graph = read(Source("graph.yaml", FULL.encode(), Path(), layer)).translation.graph
    assert graph is not None
    assert graph.title == title


# nothing changes where nothing is said


NOTHING = [
    "",
    "# all of it is as in the graph\n",
    "{}",
    "~",
    "project:",
    "project: {}",
    "apiVersion: 0.2.0\nproject:\n  functions:\n  v3io_streams:\n  all_functions:\n",
    "project: {functions: {score: {}, send_out: null}}",
    "project: {v3io_streams: {raw: {}, scores: null}, v3io_volumes: {models: {}}, env_defaults: null}",
    "project: {functions: {score: {input_streams: {raw: {}}, outputs: {}, env_custom: {}, resources: {}}}}",
    "project: {functions: {send_out: {input_streams: null, outputs: null, class_init: {}}}}",
]


def files_of(environment: str | None, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    monkeypatch.chdir(HERE)
    source = read_source("graph.yaml")
    layer = None if environment is None else Environment("x", OURS, environment.encode())
    loaded = load(Source(source.name, source.content, source.folder, layer))
    marks = (MANIFEST, "README.md", ".gitattributes", OURS)
    return {path: it for path, it in render(loaded.plan()).items() if path not in marks}


@pytest.mark.parametrize("nothing", NOTHING)
def test_an_environment_that_says_nothing_changes_no_byte(
    nothing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert files_of(nothing, monkeypatch) == files_of(None, monkeypatch)


ALLOWED = (
    "class_init", "docker_image", "env_custom", "log_level", "max_replicas", "min_replicas", "pip", "resources", "delivery",
)  # fmt: skip


@quick(60)
@given(st.lists(st.sampled_from(ALLOWED), unique=True), st.booleans())
def test_an_environment_that_repeats_the_graph_changes_nothing(
    keys: list[str], for_all: bool
) -> None:
    function = yaml.safe_load(FULL)["project"]["functions"][0]
    same = {key: function[key] for key in keys if key in function}
    project = {"all_functions": same} if for_all else {"functions": {"score": same}}
    plain = read(Source("graph.yaml", FULL.encode(), Path())).translation.graph
    found = laid(yaml.safe_dump({"project": project}))
    assert plain is not None
    assert (found.steps, found.streams) == (plain.steps, plain.streams)


# where things are


@pytest.mark.parametrize(
    "wrong",
    [
        "max_replicas: many", "docker_image: Not An Image", "log_level: loud", "resources: {limits: {cpu: lots}}",
        "env_custom: {A: [1]}", "class_init: {path: 2024-01-01}", "pip: ['-']", "delivery: {timeout: never}", "tag: a b",
    ],
)  # fmt: skip
def test_a_problem_is_where_its_value_was_written(wrong: str) -> None:
    own = [
        str(each.location)
        for each in reading(f"project: {{functions: {{score: {{{wrong}}}}}}}").problems
    ]
    assert own
    assert all(each.startswith(f"{OURS}:1:") for each in own)
    graph = with_step(MINIMAL, wrong)
    below = [each.location for each in reading("project:", graph).problems]
    assert {each.path for each in below} == {"graph.yaml"}


def test_a_wrong_value_of_the_graph_that_an_environment_replaces_is_not_looked_at() -> None:
    graph = with_step(MINIMAL, "max_replicas: many", "min_replicas: 1")
    assert problems("project: {functions: {score: {max_replicas: 1}}}", graph) == []
    assert len(problems("project:", graph)) == 1


def test_what_is_wrong_in_both_files_is_said_of_both_sorted() -> None:
    graph = with_step(MINIMAL, "log_level: loud")
    found = problems("project: {functions: {score: {tag: a b}}}", graph)
    assert [each.partition(":")[0] for each in found] == [
        "environments/x.yaml",
        place(graph, "loud")[:1],
    ]


def test_a_warning_about_size_is_where_the_size_was_written() -> None:
    found = load_problems("project: {v3io_streams: {raw: {shards: 1}}}")
    assert any("`max_workers`" in each or "replicas" in each for each in found)
    assert [each for each in found if each.startswith("environments")] == []
    larger = "project: {functions: {score: {max_replicas: 9, min_replicas: 8}}}"
    found = load_problems(larger)
    where = f"{OURS}:{place(larger, '9')}:"
    assert [each.partition(" ")[0] for each in found if "idle" in each] == [where]


def load_problems(environment: str) -> list[str]:
    layer = Environment("x", OURS, environment.encode())
    try:
        return said(load(Source("graph.yaml", FULL.encode(), Path(), layer)).warnings)
    except GraphError as error:
        return said(error.problems)


# what is not believed


@pytest.mark.parametrize(
    "graph",
    [
        "apiVersion: 0.2.0\n",
        "apiVersion: 0.2.0\nproject:\n",
        "apiVersion: 0.2.0\nproject: [1]\n",
        "apiVersion: 0.2.0\nproject: {name: x, functions: }\n",
        "apiVersion: 0.2.0\nproject: {name: x, functions: score, v3io_streams: [raw]}\n",
        "apiVersion: 0.2.0\nproject: {name: x, functions: [1, [], {}, {name: }, {name: []}]}\n",
        "apiVersion: 0.2.0\nproject: {name: x, functions: [{name: *missing}], v3io_streams: *missing}\n",
    ],
)
def test_a_broken_graph_is_what_is_spoken_of(graph: str) -> None:
    environment = "project: {functions: {score: {max_replicas: 2}}, all_functions: {tag: a}}"
    found = reading(environment, graph).problems
    assert any(each.location.path == "graph.yaml" for each in found)
    strangers = [each for each in found if each.location.path == OURS]
    assert {each.code for each in strangers} <= {"not-in-graph"}


def test_steps_whose_names_could_not_be_read_are_nobody_elses() -> None:
    graph = FULL.replace("name: score", "name: *missing")
    assert [
        each for each in problems("project: {functions: {score: {}}}", graph) if "no step" in each
    ] == []


@pytest.mark.parametrize("version", ["v0_1", "v2alpha3", "v2alpha2", "v2alpha1", "v1alpha1"])
def test_an_older_graph_has_no_environments_and_says_so(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = HERE.parent / "golden" / version
    monkeypatch.chdir(case)
    layer = Environment("x", OURS, b"project:\n")
    source = read_source("graph.yaml")
    with pytest.raises(GraphError) as caught:
        load(Source(source.name, source.content, source.folder, layer))
    errors = [each for each in caught.value.problems if each.severity == "error"]
    assert [(str(each.location), each.code) for each in errors] == [(f"{OURS}:1:1", "api-version")]
    assert f"this one is of {version};" in errors[0].message


def test_a_version_of_ones_own_may_have_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(BaseDeployer):
        api_version = "mine/1"

        @classmethod
        def translate(cls, document: Document) -> Translation:
            return Translation(None, ())

    monkeypatch.chdir(HERE)
    layer = Environment("x", OURS, b"project:\n")
    with pytest.raises(GraphError, match=r"this one is of mine/1"):
        load(Source("graph.yaml", b"apiVersion: mine/1\n", Path(), layer), deployer=Mine)


def test_an_environment_does_not_multiply_a_graph_without_end() -> None:
    functions = "".join(
        f"    - {{name: s{number}, class_module: m, class_name: M, methods: [go]}}\n"
        for number in range(1100)
    )
    graph = f"apiVersion: 0.2.0\nproject:\n  name: p\n  functions:\n{functions}"
    many = ", ".join(f"V{number}: x" for number in range(1000))
    found = problems(f"project: {{all_functions: {{env_custom: {{{many}}}}}}}", graph)
    assert [each for each in found if "multiplies the graph too much" in each]


def test_an_environment_goes_as_far_as_a_graph_and_no_further() -> None:
    assert "too many bytes" in problems(b"#" * (8 * 1024 * 1024 + 1))[0]
    assert "nested too deeply" in problems("project: " + "[" * 200)[0]


@quick(150)
@given(
    json_values(texts(), leaves=20),
    st.sampled_from(["", "project", "functions", "score", "v3io_streams", "all_functions"]),
)
def test_whatever_an_environment_holds_it_is_a_problem_or_a_graph(value: Any, under: str) -> None:
    wrapped = {
        "": value,
        "project": {"project": value},
        "functions": {"project": {"functions": value}},
        "score": {"project": {"functions": {"score": value}}},
        "v3io_streams": {"project": {"v3io_streams": {"raw": value}}},
        "all_functions": {"project": {"all_functions": value}},
    }[under]
    found = reading(json.dumps(wrapped))
    assert found.translation.graph is not None
    for problem in found.problems:
        assert problem.location.path in (OURS, "graph.yaml")


def test_a_credential_that_an_environment_replaces_is_still_one(tmp_path: Path) -> None:
    graph = with_step(MINIMAL, "env_custom: {API_TOKEN: correct-horse-battery}")
    layer = b"project: {functions: {score: {env_custom: {API_TOKEN: {secret: s, key: k}}}}}"
    with pytest.raises(GraphError) as caught:
        load(Source("graph.yaml", graph.encode(), tmp_path, Environment("x", OURS, layer)))
    codes = [each.code for each in caught.value.problems if "API_TOKEN" in each.wrong]
    assert codes == ["credential"]


# from Python


def test_from_python_an_environment_is_a_name_or_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    deployment = Deployment()
    named = deployment.render("graph.yaml", environment="prod")
    assert named == deployment.render("graph.yaml", environment=Path("environments/prod.yaml"))
    commands = deployment.deploy("graph.yaml", environment="prod", dry_run=True)
    assert "projects/fraud/streams/scores: 4 shards, 96 hours" in commands[0].details
    assert deployment.load("graph.yaml").graph.environment is None


def test_from_python_a_mapping_has_the_environments_of_the_current_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(HERE)
    graph = yaml.safe_load(Path("graph.yaml").read_text())
    assert Deployment().load(graph, environment="prod").graph.title == "fraud-prod"


def test_nothing_is_laid_where_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    source = read_source("graph.yaml")
    assert in_environment(source, None) is source
