"""`iguazioig drift`, as somebody at a terminal and a job meet it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import in_process
import pytest
from cases import EXAMPLES
from click.testing import Result
from reported_functions import answer, as_kube, committed


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The functions of `scoring`, which was generated into the current folder."""
    shutil.copytree(EXAMPLES / "scoring" / "project", tmp_path / "fraud")
    monkeypatch.chdir(tmp_path)
    return [as_kube(each, masked=True) for each in committed(Path("fraud"))]


def run(*words: str, given: bytes = b"") -> Result:
    return in_process.run("drift", *words, input=given)


def test_nothing_is_said_in_one_line(running: list[Any]) -> None:
    for each in running:
        each["spec"]["triggers"] = {
            name: {**trigger, "password": "$generate"}
            for name, trigger in each["spec"]["triggers"].items()
        }
    result = run("fraud", "--from", "-", given=answer(running))
    assert (result.exit_code, result.output) == (0, "fraud: 2 steps run as committed\n")


def test_what_differs_is_a_table(running: list[Any]) -> None:
    alert, score = running
    score["spec"] |= {"maxReplicas": 3, "minReplicas": 3}
    score["spec"]["triggers"]["transactions"]["numWorkers"] = 4
    score["spec"]["env"] += [{"name": "API_TOKEN", "value": "tok-1234"}, {"name": "A", "value": ""}]
    score["metadata"]["labels"]["tag"] = "evil\x1b[31m"
    score["metadata"]["name"] = "fraud-score"
    alert["metadata"] |= {"name": "fraud-warn", "annotations": {"iguazioig/digest": "0123"}}
    result = run("fraud", "--from", "-", given=answer(running))
    assert result.exit_code == 1
    assert result.stdout == (
        "step   field                                  committed  running       line\n"
        "score  metadata.labels.tag                    latest     evil\\x1b[31m  11\n"
        "score  spec.minReplicas                       2          3             21\n"
        "score  spec.maxReplicas                       2          3             22\n"
        "score  spec.triggers.transactions.numWorkers  2          4             40\n"
        'score  spec.env.A                             –          ""\n'
        "score  spec.env.API_TOKEN                     –          (not shown)\n"
        "alert is not deployed: there is no function fraud-alert\n"
        "score: kept in a Secret, and not compared: spec.triggers.transactions.password\n"
        "fraud-warn is deployed, and its step is gone\n"
        "a deployment does not change labels on Kubernetes: delete the function, then deploy it\n"
        "fraud: 0 steps run as committed, 1 drifted, 1 not deployed, 1 left over\n"
    )


def test_json_has_the_same_and_no_credential(running: list[Any]) -> None:
    running[1]["spec"]["env"] += [{"name": "API_TOKEN", "value": "tok-1234"}]
    running[1]["spec"]["maxReplicas"] = 3
    result = run("fraud", "--format", "json", "--from", "-", given=answer(running))
    assert (result.exit_code, "tok-1234" in result.output) == (1, False)
    told = json.loads(result.stdout)
    assert (told["project"], told["same"], told["strays"]) == ("fraud", False, [])
    assert [(step["step"], step["same"]) for step in told["steps"]] == [("alert", True), ("score", False)]  # fmt: skip
    replicas, token = told["steps"][1]["differences"]
    assert replicas == {
        "field": "spec.maxReplicas",
        "committed": 2,
        "running": 3,
        "hidden": False,
        "note": None,
        "path": "fraud/steps/score/function.yaml",
        "line": 22,
        "column": 16,
    }
    assert (token["running"], token["hidden"]) == (None, True)


def test_fields_can_be_left_out(running: list[Any]) -> None:
    running[1]["spec"]["maxReplicas"] = 3
    running[1]["spec"]["triggers"]["transactions"]["numWorkers"] = 3
    result = run("fraud", "--ignore", "spec.maxReplicas", "--ignore", "spec.triggers", "--from", "-", given=answer(running))  # fmt: skip
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (b"", "fraud: 0 steps run as committed, 2 not deployed"),
        (b"[{", "-:1:3: the answer ends in the middle; run nuctl again: all of its output is needed"),
        (b"Username: ", "-:1:1: nuctl asks for something; log in before, or give it a configuration"),
    ],
)  # fmt: skip
def test_bad_answers(given: bytes, message: str, running: list[Any]) -> None:
    result = run("fraud", "--from", "-", given=given)
    assert (result.exit_code, message in result.output) == (1, True)
