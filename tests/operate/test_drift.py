"""The committed configuration against the one that runs."""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cases import EXAMPLES
from iguazioig.drift import Drift, committed_steps, compare_project
from iguazioig.errors import ProblemsError, ProjectError
from reported_functions import as_kube, as_local, committed, exported

SCORE, ALERT = "fraud-score", "fraud-alert"
EXAMPLE_NAMES = sorted(each.name for each in EXAMPLES.iterdir() if each.is_dir())


def masked(config: Any) -> Any:
    return as_kube(config, masked=True)


def export(config: Any) -> Any:
    return exported(as_local(config))


@pytest.mark.parametrize("platform", [as_local, as_kube, masked, export])
@pytest.mark.parametrize("name", EXAMPLE_NAMES)
def test_what_a_platform_fills_in_is_no_difference(
    name: str, platform: Callable[[Any], Any]
) -> None:
    project = EXAMPLES / name / "project"
    found = compare_project(committed_steps(project), map(platform, committed(project)))
    assert [each for step in found.steps for each in step.differences] == []
    assert found.is_none


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(EXAMPLES / "scoring" / "project", tmp_path / "fraud")
    return tmp_path / "fraud"


def drift_of(project: Path, *, platform: Any = as_local, **changes: Any) -> Drift:
    """The drift of a project whose function `score` was changed by hand: `a__b` is the way to a value, None takes it away."""
    running = {
        each["metadata"]["name"]: platform(each)
        for each in committed(EXAMPLES / "scoring" / "project")
    }
    for way, value in changes.items():
        *keys, last = way.split("__")
        place = running[SCORE]
        for key in keys:
            place = place[key]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return compare_project(committed_steps(project), running.values())


def said(drift: Drift) -> list[tuple[str, Any, Any]]:
    return [(it.field, it.committed, it.running) for step in drift.steps for it in step.differences]


@pytest.mark.parametrize(
    ("way", "value", "difference"),
    [
        ("spec__maxReplicas", 5, ("spec.maxReplicas", 2, 5)),
        ("spec__replicas", 7, ("spec.replicas", None, 7)),
        ("spec__minReplicas", 0, ("spec.minReplicas", 2, 0)),
        ("spec__targetCPU", 50, ("spec.targetCPU", 75, 50)),
        ("spec__description", None, ("spec.description", "transactions → scores", None)),
        ("spec__triggers__transactions__numWorkers", 8, ("spec.triggers.transactions.numWorkers", 2, 8)),
        ("spec__triggers__transactions__attributes__seekTo", "latest", ("spec.triggers.transactions.attributes.seekTo", "earliest", "latest")),
        ("spec__triggers__transactions__explicitAckMode", "enable", ("spec.triggers.transactions.explicitAckMode", "disable", "enable")),
        ("spec__triggers__more", {"kind": "cron"}, ("spec.triggers.more.kind", None, "cron")),
        ("spec__disableDefaultHTTPTrigger", None, ("spec.disableDefaultHTTPTrigger", True, None)),
        ("spec__resources__requests__memory", "2Mi", ("spec.resources.requests.memory", "1Mi", "2Mi")),
        ("spec__resources__limits", {"nvidia.com/gpu": "1"}, ("spec.resources.limits[nvidia.com/gpu]", None, "1")),
        ("spec__loggerSinks", [{"level": "debug"}], ("spec.loggerSinks[0].level", "info", "debug")),
        ("spec__build__baseImage", "python:3.12", ("spec.build.baseImage", "python:3.11", "python:3.12")),
        ("spec__nodeSelector", {"gpu": "yes"}, ("spec.nodeSelector.gpu", None, "yes")),
        ("metadata__labels__tag", "v2", ("metadata.labels.tag", "latest", "v2")),
        ("metadata__annotations", {"team": "b"}, ("metadata.annotations.team", None, "b")),
    ],
)  # fmt: skip
def test_a_change_by_hand_is_one_field(
    way: str, value: Any, difference: tuple[str, Any, Any], project: Path
) -> None:
    found = drift_of(project, **{way: value})
    changes = [each for each in said(found) if each[0] != "spec.triggers.more.numWorkers"]
    changes = [
        each
        for each in changes
        if not each[0].startswith(("spec.triggers.default-http", "spec.triggers.more.name"))
    ]
    assert changes == [difference]
    assert [step.step for step in found.steps if not step.is_same] == ["score"]


def test_the_order_of_variables_means_nothing_and_the_last_of_a_name_counts(project: Path) -> None:
    env = [{"name": "V3IO_API", "value": "http://old:8081"}]
    env += committed(project)[1]["spec"]["env"][::-1]
    assert drift_of(project, spec__env=env).is_none


def test_a_variable_that_somebody_set(project: Path) -> None:
    env = [
        *committed(project)[1]["spec"]["env"],
        {"name": "EMPTY"},
        {"name": "LEVEL", "value": "1"},
    ]
    env[1] = {"name": "V3IO_ACCESS_KEY", "value": "not-for-anybody-else"}
    found = drift_of(project, spec__env=env)
    assert [each[0] for each in said(found)] == [
        "spec.env.V3IO_ACCESS_KEY.secretKeyRef.name",
        "spec.env.V3IO_ACCESS_KEY.secretKeyRef.key",
        "spec.env.EMPTY",
        "spec.env.LEVEL",
        "spec.env.V3IO_ACCESS_KEY",
    ]
    hidden = [it.field for step in found.steps for it in step.differences if it.hidden]
    assert hidden == ["spec.env.V3IO_ACCESS_KEY"]


@pytest.mark.parametrize(
    ("written", "running"),
    [("0.5", "500m"), ("1024Mi", "1Gi"), ("2000m", "2"), ("1e3", "1k"), ('"2"', "2")],
)
def test_a_quantity_is_the_number_that_it_is(written: str, running: str, project: Path) -> None:
    edit(
        project,
        "  loggerSinks:",
        f"  resources:\n    requests:\n      cpu: {written}\n  loggerSinks:",
    )
    assert drift_of(project, spec__resources__requests__cpu=running).is_none


def test_a_duration_is_the_time_that_it_is(project: Path) -> None:
    edit(project, "        seekTo:", "        sessionTimeout: 60s\n        seekTo:")
    way = "spec__triggers__transactions__attributes__sessionTimeout"
    assert drift_of(project, **{way: "1m"}).is_none


def test_the_older_name_of_workers_is_the_same(project: Path) -> None:
    edit(project, "numWorkers", "maxWorkers")
    assert drift_of(project).is_none


def test_where_a_value_was_committed_is_known(project: Path) -> None:
    found = drift_of(project, spec__maxReplicas=3, spec__env=[], spec__targetCPU=1)
    places = {it.field: it.location for step in found.steps for it in step.differences}
    path = str(project / "steps" / "score" / "function.yaml")
    assert str(places["spec.maxReplicas"]) == f"{path}:22:16"
    assert str(places["spec.env.V3IO_API"]) == f"{path}:26:7"
    assert places["spec.targetCPU"] is None


def test_what_a_platform_configures_is_compared_when_asked_for(project: Path) -> None:
    running = [as_kube(each) for each in committed(project)]
    steps = committed_steps(project)
    found = compare_project(steps, running, everything=True)
    assert {each.field for each in found.steps[0].differences} == {
        "spec.imagePullSecrets",
        "spec.preemptionMode",
        "spec.priorityClassName",
        "spec.resources.limits.cpu",
        "spec.resources.limits.memory",
        "spec.serviceAccount",
    }
    ignored = ("spec.resources", "spec.serviceAccount")
    fewer = compare_project(steps, running, ignored=ignored, everything=True)
    assert len(fewer.steps[0].differences) == 3


def test_limits_that_were_committed_are_compared(project: Path) -> None:
    edit(project, "  loggerSinks:", "  resources:\n    limits:\n      cpu: 2\n  loggerSinks:")
    limits = {"cpu": "4", "memory": "20Gi"}
    assert said(drift_of(project, spec__resources__limits=limits)) == [
        ("spec.resources.limits.cpu", 2, "4")
    ]


def test_what_is_in_a_secret_is_said_and_not_compared(project: Path) -> None:
    found = compare_project(committed_steps(project), map(masked, committed(project)))
    assert found.is_none
    assert found.steps[1].masked == ("spec.triggers.transactions.password",)


def test_a_secret_that_was_not_committed_is_a_difference(project: Path) -> None:
    found = drift_of(project, spec__triggers__transactions__username="$ref:/spec/triggers/x")
    assert [each[0] for each in said(found)] == ["spec.triggers.transactions.username"]


def test_the_digest_is_read_and_is_no_field(project: Path) -> None:
    annotations = {"iguazioig/digest": "0123"}
    found = drift_of(project, metadata__annotations=annotations)
    assert (found.is_none, found.steps[1].digest) == (True, "0123")


def test_a_missing_step_and_a_function_that_is_none(project: Path) -> None:
    score, old = (as_local(committed(project)[1]) for _ in range(2))
    old["metadata"] |= {"name": "fraud-old", "annotations": {"iguazioig/digest": "0123"}}
    foreign = copy.deepcopy(score)
    foreign["metadata"]["name"] = "fraud-foreign"
    other = copy.deepcopy(old)
    other["metadata"] |= {"name": "orders-old", "labels": {"nuclio.io/project-name": "orders"}}
    found = compare_project(committed_steps(project), [old, score, other, foreign])
    assert [(step.step, step.found) for step in found.steps] == [("alert", False), ("score", True)]
    assert found.strays == ("fraud-old",)
    assert not found.is_none


def test_a_configuration_that_is_nothing_of_the_kind_is_all_difference(project: Path) -> None:
    broken = {"metadata": {"name": SCORE, "labels": [1]}, "spec": {"env": {"a": 1}, "triggers": ["x"], "volumes": [3], "resources": "all", "minReplicas": "two"}}  # fmt: skip
    found = compare_project(committed_steps(project), [broken])
    assert "spec.triggers.transactions.kind" in {each[0] for each in said(found)}


def test_a_project_that_is_none_is_said(tmp_path: Path, project: Path) -> None:
    with pytest.raises(ProjectError, match=r"has no steps; expected the folder of a project"):
        committed_steps(tmp_path / "nowhere")
    edit(
        project,
        "  minReplicas: 2",
        "<<<<<<< ours\n  minReplicas: 3\n=======\n  minReplicas: 2\n>>>>>>> theirs",
    )
    with pytest.raises(ProjectError, match="the marks of a merge conflict"):
        committed_steps(project)


def test_a_step_without_its_function_is_said(project: Path) -> None:
    path = project / "steps" / "score" / "function.yaml"
    path.unlink()
    (project / "steps" / "__pycache__").mkdir()
    with pytest.raises(ProjectError, match=r"score/function\.yaml: is not there"):
        committed_steps(project)
    os.mkfifo(path)
    with pytest.raises(ProjectError, match="or is no file"):
        committed_steps(project)


@pytest.mark.parametrize("text", ["", "[]", "metadata: {name: a}\n", "a: [\n", "a: *b\n"])
def test_a_function_that_is_none_is_said(text: str, project: Path) -> None:
    (project / "steps" / "score" / "function.yaml").write_text(text)
    with pytest.raises(ProblemsError, match=r"score/function\.yaml:"):
        committed_steps(project)


def edit(project: Path, old: str, new: str) -> None:
    path = project / "steps" / "score" / "function.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
