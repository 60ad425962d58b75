"""A graph from functions that run."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cases import ALL_CASES, EXAMPLES, name_of
from graphs import translate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from iguazioig.credentials import find_credentials
from iguazioig.deployment import load
from iguazioig.document import parse
from iguazioig.drift import committed_steps, compare_project
from iguazioig.errors import ProblemsError
from iguazioig.folder.write import write
from iguazioig.graph import Graph
from iguazioig.importing import Imported, Shape, import_graph
from iguazioig.plan import Plan
from iguazioig.project import render
from iguazioig.source import read_source
from iguazioig.user_code import StepCode
from reported_functions import as_kube, as_local, committed, exported

CASES = [case for case in ALL_CASES if (case / "project").is_dir()]
PROJECT = "nuclio.io/project-name"


def export(config: Any) -> Any:
    return exported(as_local(config))


def graph_of(imported: Imported) -> Graph:
    """The neutral model of what was imported: it has no error in it."""
    translation = translate(imported.text)
    assert [each for each in translation.problems if each.severity == "error"] == []
    assert translation.graph is not None
    return translation.graph


@pytest.mark.parametrize("platform", [as_local, as_kube, export])
@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_what_was_imported_is_generated_as_it_runs(
    case: Path, platform: Callable[[Any], Any], tmp_path: Path
) -> None:
    running = list(map(platform, committed(case / "project")))
    graph = graph_of(import_graph(running, path="graph.yaml"))
    code = {step.slug: StepCode({}, None, ()) for step in graph.steps}
    write(render(Plan(graph, code, ())), tmp_path / "again")
    # what the packages are, and to where records go that fail, is in no function
    unknown = ("spec.build.commands",)
    found = compare_project(committed_steps(tmp_path / "again"), running, ignored=unknown)
    assert [(step.step, it.field, it.committed, it.running) for step in found.steps for it in step.differences] == []  # fmt: skip
    assert found.strays == ()


@pytest.mark.parametrize("name", sorted(each.name for each in EXAMPLES.iterdir() if each.is_dir()))
def test_all_that_a_function_carries_is_in_the_graph_again(name: str) -> None:
    written = said(EXAMPLES / name)
    running = map(as_local, committed(EXAMPLES / name / "project"))
    places = {(each.container, each.path): each for each in written.streams}

    def look(container: str, path: str) -> Shape | None:
        found = places.get((container, path))
        return Shape(found.shards, found.retention) if found else None

    graph = graph_of(import_graph(running, path="graph.yaml", shapes=look))
    read = {each.stream.slug for step in written.steps for each in step.inputs}
    assert known(graph) == known(written)
    assert {s.slug: shape(s) for s in graph.streams if s.slug in read} == {
        s.slug: shape(s) for s in written.streams if s.slug in read
    }


def said(example: Path) -> Graph:
    """The graph of an example, with the variables that its notebooks say."""
    loaded = load(read_source(example / "graph.yaml"))
    steps = (
        replace(step, env={**loaded.code[step.slug].env, **step.env}) for step in loaded.graph.steps
    )
    return replace(loaded.graph, steps=tuple(steps))


def shape(stream: Any) -> tuple[Any, ...]:
    return stream.container, stream.path, stream.shards, stream.retention


def known(graph: Graph) -> Any:
    """What a function.yaml carries of a graph."""
    steps = {
        step.slug: (
            step.function_name,
            step.consumer_group,
            step.tag,
            [(each.stream.slug, each.workers, each.seek_to, each.read_batch_size) for each in step.inputs],
            [each.slug for each in step.streams],
            [each.url for each in step.https],
            [(each.module, each.function) for each in step.functions],
            dict(step.env),
            step.resources,
            (step.image, step.python, step.log_level),
            (step.min_replicas, step.max_replicas),
            (step.gathers, step.remembers is not None and step.remembers != "v3io"),
        )
        for step in graph.steps
    }  # fmt: skip
    volumes = [(each.name, each.container, each.sub_path, each.mount_path) for each in graph.volumes]  # fmt: skip
    secret = graph.volume_secret if graph.volumes else ""
    return graph.slug, graph.v3io_api, graph.access_key, secret, volumes, steps


def test_the_places_of_marks_are_those_of_their_keys() -> None:
    imported = import_graph(map(as_local, committed(EXAMPLES / "scoring" / "project")), path="g.yaml")  # fmt: skip
    lines = imported.text.splitlines()
    for mark in imported.marks:
        place = mark.location
        assert (place.path, mark.severity, mark.code) == ("g.yaml", "warning", "import")
        key = lines[place.line - 1][place.column - 1 :]
        assert key.startswith(("name:", "class_module:", "outputs:", "- name:", "scores:", "alerts:", "transactions:"))  # fmt: skip
        above = "".join(lines[: place.line - 1]).replace("#   ", "").replace(" ", "")
        assert mark.message.replace(" ", "") in above.replace("#", "")
    assert import_graph(map(as_local, committed(EXAMPLES / "scoring" / "project")), path="g.yaml") == imported  # fmt: skip


FOREIGN: dict[str, Any] = {
    "metadata": {"name": "scorer", "namespace": "team", "labels": {PROJECT: "fraud", "team": "b"}},
    "spec": {
        "handler": "main:handle",
        "runtime": "python:3.11",
        "description": "scores things",
        "minReplicas": 1,
        "maxReplicas": 1,
        "build": {"baseImage": "python:3.11", "codeEntryType": "image", "timestamp": 1},
        "triggers": {
            "raw": {
                "kind": "v3ioStream",
                "url": "http://v3io-webapi:8081",
                "password": "$generate",
                "attributes": {
                    "containerName": "bigdata",
                    "streamPath": "/fraud/raw",
                    "consumerGroup": "scorers",
                },
            }
        },
    },
    "status": {"state": "ready"},
}


def imported_with(**changes: Any) -> Imported:
    """What comes of a function that iguazioig did not generate: `a__b` is the way to a value."""
    config = copy.deepcopy(FOREIGN)
    for way, value in changes.items():
        *keys, last = way.split("__")
        place = config
        for key in keys:
            place = place.setdefault(key, {})
        place[last] = value
    return import_graph([config], path="graph.yaml")


def marks(imported: Imported) -> list[str]:
    return [each.message for each in imported.marks]


def test_a_function_of_somebody_else() -> None:
    imported = imported_with()
    graph = graph_of(imported)
    (step,) = graph.steps
    (read,) = step.inputs
    assert (read.stream.name, read.stream.container, read.stream.path) == ("raw", "bigdata", "/fraud/raw")  # fmt: skip
    assert (read.workers, read.seek_to, read.read_batch_size) == (1, "latest", 64)
    assert (step.class_module, step.class_name, step.methods) == ("unknown", "Unknown", ("unknown",))  # fmt: skip
    told = "\n".join(marks(imported))
    assert "the function is called `scorer`; generated it is `fraud-scorer`, a new one beside it" in told  # fmt: skip
    assert "its consumer group in `raw` is `scorers`; generated it is `scorer`, which begins at `seek_to`" in told  # fmt: skip
    assert "its handler is in module `main`" in told
    assert "where its results go is not known; say it in `outputs`" in told
    assert "`metadata.labels.team` (`b`) has no key in 0.2.0" in told
    assert "its level of the log is the platform's" in told


@pytest.mark.parametrize(
    ("way", "value", "mark"),
    [
        ("spec__runtime", "python:3.9", "its runtime is `python:3.9`, and `python:3.11` says another Python"),
        ("spec__nodeSelector", {"gpu": "yes"}, "`spec.nodeSelector.gpu` (`yes`) has no key in 0.2.0"),
        ("spec__targetCPU", 50, "`spec.targetCPU` (`50`) has no key"),
        ("spec__minReplicas", 3, None),
        ("spec__maxReplicas", 3, "it has 1 to 3 replicas and reads streams"),
        ("spec__build__commands", ["apt-get install -y curl"], "its build command `apt-get install -y curl` has no key"),
        ("spec__build__commands", ["pip install -r /opt/nuclio/requirements.txt"], "what is in its requirements.txt is not known"),
        ("spec__build__commands", ["pip install --index-url https://u:s3cr3t@pypi.example.com x"], "its build command `pip …` has no key"),
        ("spec__build__functionSourceCode", "cHJpbnQ=", "its code is in `spec.build.functionSourceCode`"),
        ("spec__build__image", "reg:5000/a:b", "the name of its image is none for a graph"),
        ("spec__envFrom", [{"secretRef": {"name": "a"}}], "all keys of a Secret or a ConfigMap are variables of it"),
        ("spec__env", [{"name": "A.B", "value": "c"}], "variable `A.B` cannot be said in a graph"),
        ("spec__env", [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "a", "key": "b"}}}], "variable `A` comes from a ConfigMap"),
        ("spec__env", [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "a"}}}], "variable `A` comes from its pod"),
        ("spec__env", [{"name": "V3IO_ACCESS_KEY", "value": "s3cr3t"}], "its access key is no key of a Secret"),
        ("spec__env", [{"name": "DB_PASSWORD", "value": "s3cr3t"}], "the value of `DB_PASSWORD` may be a credential, and is not written"),
        ("spec__env", [{"name": "DB", "value": "postgres://u:s3cr3t@h/d"}], "the value of `DB` may be a credential"),
        ("spec__triggers__tick", {"kind": "cron", "attributes": {"interval": "10s"}}, "trigger `tick` is a `cron`, which 0.2.0 has not"),
        ("spec__triggers__web", {"kind": "http", "numWorkers": 4}, "it takes HTTP requests as well, by trigger `web`"),
        ("spec__triggers__raw__attributes__sessionTimeout", "30s", "`spec.triggers.raw.attributes.sessionTimeout` (`30s`) has no key"),
        ("spec__triggers__raw__attributes__streamPath", "../x y", "a graph cannot name that: say where the stream is"),
        ("spec__triggers__raw__attributes__readBatchSize", 5000, "`readBatchSize` is 5,000; a graph has at most 1,000"),
        ("spec__triggers__raw__explicitAckMode", "explicitOnly", "its code acknowledges records itself"),
        ("spec__volumes", [{"volume": {"name": "a", "hostPath": {"path": "/"}}, "volumeMount": {"mountPath": "/a"}}], "volume `a` is none of v3io"),
        ("spec__volumes", [{"volume": {"name": "a", "flexVolume": {"driver": "v3io/fuse", "options": {"container": "c", "accessKey": "s3cr3t"}}}, "volumeMount": {"mountPath": "/a"}}], "volume `a` has an access key in it, which is not written"),
        ("spec__resources__limits", {"cpu": "lots"}, "some of its limits of resources cannot be said"),
        ("metadata__labels__nuclio.io/project-name", "9lives", "the project is called `9lives`, which is no name in a graph"),
        ("metadata__annotations", {"a-token": "s3cr3t"}, "`metadata.annotations.a-token` (a value that may be a credential) has no key"),
    ],
)  # fmt: skip
def test_what_a_graph_has_no_key_for_is_marked(way: str, value: Any, mark: str | None) -> None:
    imported = imported_with(**{way: value})
    graph_of(imported)
    told = "\n".join(marks(imported))
    assert mark is None or mark in told
    assert "s3cr3t" not in imported.text + told


@pytest.mark.parametrize(
    ("way", "value"),
    [
        *(
            ("spec__env", [{"name": name, "value": value}])
            for name, value in {
                "CONF": '{"password": "s3cr3t"}',
                "YAML": "user: me\npassword: s3cr3t\n",
                "ARGS": "--verbose --api-token s3cr3t",
                "URL": "https://s3cr3t@example.com/x",
                "HEADER": "Authorization: Bearer s3cr3t-s3cr3t",
                "DB_PASS": "s3cr3t",
                "PGPASS": "s3cr3t",
                "REDIS_AUTH": "s3cr3t",
                "PASSWORD_HASH": "s3cr3t",
                "LICENSE_KEY": "s3cr3t",
                "sessionCookie": "s3cr3t",
            }.items()
        ),
        *(
            ("spec__build__commands", [command])
            for command in (
                "export TOKEN=s3cr3t",
                "curl -u me:s3cr3t http://example.com",
                "echo s3cr3t | docker login --password-stdin",
                "mysql -ps3cr3t",
                "PIP_PASSWORD=s3cr3t pip install x",
                "pip install git+https://s3cr3t@example.com/x",
                "apt-get install x && curl -ks3cr3t http://example.com",
            )
        ),
        ("spec__build__commands", [["pip", "install", "s3cr3t"], {"a": "s3cr3t"}]),
        ("spec__build__codeEntryAttributes", {"headers": {"X-Anything": "s3cr3t"}, "s3AccessKeyId": "s3cr3t"}),
        ("spec__sidecars", [{"args": ["x", "s3cr3t"], "env": [{"name": "A", "value": "s3cr3t"}]}]),
        ("spec__runtimeAttributes", {"jvm": "-Dpassword=s3cr3t"}),
        ("metadata__annotations", {"applied": '{"env": [{"name": "PASSWORD", "value": "s3cr3t"}]}'}),
    ],
)  # fmt: skip
def test_what_may_be_a_credential_is_nowhere(way: str, value: Any) -> None:
    imported = imported_with(**{way: value})
    graph_of(imported)
    assert "s3cr3t" not in imported.text + "\n".join(marks(imported))


@pytest.mark.parametrize("text", ["token ", "token=", "://", "Bearer ", "a://", "aA", "-", 'key"'])
def test_a_long_text_is_looked_through_in_no_time(text: str) -> None:
    imported_with(spec__env=[{"name": "A", "value": text * 100_000}])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARTITION_KEY", "customer"),
        ("MAX_TOKENS", "1024"),
        ("SESSION_TIMEOUT", "30s"),
        ("HTTP_AUTH", "false"),
        ("AUTH_URL", "https://example.com/login"),
        ("TEXT", "a text: with colons, and commas"),
    ],
)
def test_what_is_no_credential_is_kept(name: str, value: str) -> None:
    text = imported_with(spec__env=[{"name": name, "value": value}]).text
    assert f'{name}: "{value}"' in text


@pytest.mark.parametrize("value", ["a\0b", "half a \ud83d", "x" * 100_001])
def test_what_is_no_text_for_a_graph_is_left_out(value: str) -> None:
    imported = imported_with(spec__env=[{"name": "LABEL", "value": value}])
    graph_of(imported)
    assert 'LABEL: ""' in imported.text
    assert "the value of `LABEL` is no text for a graph; say it" in marks(imported)


@pytest.mark.parametrize(
    "command", ["apt-get update && apt-get install -y gcc=1.2", "mkdir -p /a; chmod 755 /a"]
)
def test_a_plain_build_command_is_shown(command: str) -> None:
    told = "\n".join(marks(imported_with(spec__build__commands=[command])))
    assert f"its build command `{command}` has no key" in told


def test_what_may_be_a_credential_is_a_reference() -> None:
    imported = imported_with(spec__env=[{"name": "DB_PASSWORD", "value": "s3cr3t"}])
    assert "DB_PASSWORD: {secret: scorer-secrets, key: db_password}" in imported.text


def test_packages_that_are_named_are_kept() -> None:
    commands = [
        "@nuclio.postCopy",
        "pip install numpy==2.1.0 'pandas>=2'",
        "pip install numpy==2.1.0",
    ]
    (step,) = graph_of(imported_with(spec__build__commands=commands)).steps
    assert step.pip == ("numpy==2.1.0", "pandas>=2")


def test_the_name_of_an_image_is_kept_without_its_tag() -> None:
    (step,) = graph_of(imported_with(spec__build__image="vision/detect:latest")).steps
    assert step.image_name == "vision/detect"


def test_a_legacy_url_names_the_stream() -> None:
    trigger = {"kind": "v3io-stream", "url": "http://v3io:8081/bigdata/a/b@scorer", "numWorkers": 3}
    graph = graph_of(imported_with(spec__triggers={"raw": trigger}))
    (read,) = graph.steps[0].inputs
    assert (read.stream.container, read.stream.path, read.workers) == ("bigdata", "/a/b", 3)
    assert graph.v3io_api == "http://v3io:8081"


def test_names_that_are_taken_or_none_get_others() -> None:
    functions = []
    for name in ("fraud-a", "a", "fraud-fraud-a", "9", "b\n- evil: true"):
        config = copy.deepcopy(FOREIGN)
        config["metadata"]["name"] = name
        functions.append(config)
    graph = graph_of(import_graph(functions, path="graph.yaml"))
    assert len({step.slug for step in graph.steps}) == 5
    assert graph_of(import_graph(functions[::-1], path="graph.yaml")) == graph


def test_what_differs_between_steps_and_is_one_in_a_graph_is_marked() -> None:
    functions = []
    for name, api in (("a", "http://one:8081"), ("b", "http://two:8081"), ("c", "http://two:8081")):
        config = copy.deepcopy(FOREIGN)
        config["metadata"]["name"] = f"fraud-{name}"
        secret = {"secretKeyRef": {"name": f"key-{api[7:10]}", "key": "k"}}
        config["spec"]["env"] = [{"name": "V3IO_API", "value": api}, {"name": "V3IO_ACCESS_KEY", "valueFrom": secret}]  # fmt: skip
        functions.append(config)
    imported = import_graph(functions, path="graph.yaml")
    graph = graph_of(imported)
    assert (graph.v3io_api, graph.access_key.name) == ("http://two:8081", "key-two")
    told = "\n".join(marks(imported))
    assert "its v3io is at `http://one:8081`; a graph has one address" in told
    assert "its access key is in another Secret" in told


@pytest.mark.parametrize(
    ("functions", "project", "problem"),
    [
        ([], None, "there are no functions"),
        ([FOREIGN], "fruad", "there are no functions of project `fruad` (did you mean `fraud`?)"),
        ([FOREIGN, {"metadata": {"name": "a"}, "spec": {"runtime": "python"}}], None, "functions of several projects: `none`, `fraud`; choose one with --project"),
        ([{"metadata": {"name": "a"}, "spec": {"runtime": "golang"}}], None, "none of these functions runs Python"),
    ],
)  # fmt: skip
def test_what_makes_no_graph_is_said(functions: Any, project: str | None, problem: str) -> None:
    with pytest.raises(ProblemsError) as raised:
        import_graph(functions, path="graph.yaml", project=project)
    assert problem in str(raised.value)


TEXTS = st.sampled_from(
    ["", "a", "raw", "v3ioStream", "http", "python:3.9", "python", "x:y", "1", "../..", "a\nb: c", "- x", "#", "{{ x }}", "ghp_0123456789abcdefghijABCDEFGHIJ0123", "http://u:p@h", "🚲", "\x00", "latest"]
) | st.text(max_size=8)  # fmt: skip
SCALARS = TEXTS | st.integers(-5, 10**6) | st.booleans() | st.none() | st.floats(allow_nan=True)
KEYS = st.sampled_from(
    ["name", "kind", "labels", "annotations", "tag", "handler", "runtime", "env", "value", "valueFrom", "secretKeyRef", "key", "triggers", "raw", "attributes", "containerName", "streamPath", "consumerGroup", "seekTo", "readBatchSize", "numWorkers", "minReplicas", "maxReplicas", "replicas", "build", "commands", "baseImage", "image", "resources", "requests", "limits", "cpu", "volumes", "volume", "volumeMount", "mountPath", "flexVolume", "options", "subPath", "container", "driver", "description", "loggerSinks", "level", "url", "password", PROJECT]
) | st.text(max_size=6)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)
SPECS = st.dictionaries(KEYS, TREES, max_size=8).map(lambda each: {"runtime": "python", **each})


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.dictionaries(KEYS, TREES, max_size=3), TEXTS, SPECS), min_size=1, max_size=3))  # fmt: skip
def test_whatever_a_function_is_the_graph_is_one_and_has_no_credential(functions: Any) -> None:
    configs = [{"metadata": {**meta, "name": name}, "spec": spec} for meta, name, spec in functions]
    try:
        imported = import_graph(configs, path="graph.yaml")
    except ProblemsError:
        return
    graph_of(imported)
    assert find_credentials(parse(imported.text.encode(), "graph.yaml")) == {}
    assert "ghp_0123456789" not in imported.text
    assert len(imported.text.splitlines()) == len(imported.text.split("\n")) - 1
