"""`iguazioig status`, with a nuctl that keeps state and an embedded v3io."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import in_process
import pytest
import yaml
from click.testing import Result
from deployments import NAMESPACE, Deployed, commit, join
from iguazioig.emulator import ACCESS_KEY, serve
from iguazioig.errors import DeployError, ProblemsError
from iguazioig.local.streams import connect
from iguazioig.reported.nuctl import ask
from reported_functions import answer


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with serve(access_key=ACCESS_KEY) as v3io:
        there = Deployed(tmp_path, v3io)
        join(there, monkeypatch)
        there.settle()
        yield there


def run(command: str, *words: str) -> Result:
    return in_process.run(command, "fraud", *words)


def words(result: Result) -> dict[str, str]:
    """What is said of each step and stream."""
    told = json.loads(result.stdout)
    steps = {each["step"]: each["status"] for each in told["steps"]}
    return steps | {each["stream"]: each["status"] for each in told["streams"] or ()}


def test_what_was_deployed_is_in_sync_and_nuctl_is_asked_once(deployed: Deployed) -> None:
    deployed.nuctl.forget()
    deployed.deploy()
    before = len(deployed.nuctl.calls)
    result = run("status")
    assert (result.exit_code, result.stderr) == (0, "")
    assert deployed.nuctl.calls[before:] == ["nuctl get function --output json"]
    assert result.stdout == (
        "step   status   function     state\n"
        "alert  in sync  fraud-alert  ready\n"
        "score  in sync  fraud-score  ready\n"
        "\n"
        "stream        status       shards  hours  not done with\n"
        "transactions  as declared  4       24     score 0\n"
        "scores        as declared  4       24     alert 0\n"
        "alerts        as declared  1       48\n"
        "rejected      as declared  1       168\n"
        "\n"
        "fraud: 2 of 2 steps in sync, 4 of 4 streams as declared\n"
    )
    assert run("drift").exit_code == 0


def test_the_lag_is_what_a_group_is_not_done_with(deployed: Deployed) -> None:
    deployed.v3io.put("projects", "fraud/streams/transactions", [{"account": str(n)} for n in range(50)], key="account")  # fmt: skip
    commit("fraud/streams/transactions", "score", {0: 3, 1: 2})
    result = run("status", "--format", "json")
    assert result.exit_code == 0
    streams = {each["stream"]: each for each in json.loads(result.stdout)["streams"]}
    assert streams["transactions"]["lags"] == {"score": 45}
    assert streams["scores"]["lags"] == {"alert": 0}


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("error", "failed"),
        ("unhealthy", "failed"),
        ("imported", "imported"),
        ("building", "deploying"),
        ("waitingForResourceConfiguration", "deploying"),
        ("scaledToZero", "in sync"),
    ],
)
def test_the_state_of_a_step(state: str, word: str, deployed: Deployed) -> None:
    deployed.change("fraud-score", state=state)
    result = run("status", "--format", "json")
    assert words(result)["score"] == word
    assert result.exit_code == int(word != "in sync")


def test_each_way_of_not_being_in_sync_has_its_cure(deployed: Deployed) -> None:
    deployed.change("fraud-score", maxReplicas=5)
    deployed.delete("fraud-alert")
    result = run("status", "--no-streams")
    assert result.exit_code == 1
    assert result.stdout == (
        "step   status   function     state\n"
        "alert  missing  fraud-alert  –\n"
        "score  drifted  fraud-score  ready\n"
        "\n"
        "missing: alert; deploy it: fraud/deploy.sh\n"
        "drifted: score; which fields: iguazioig drift fraud\n"
        "fraud: 0 of 2 steps in sync; v3io was not asked\n"
    )
    drift = run("drift")
    assert (drift.exit_code, "spec.maxReplicas  2          5" in drift.stdout) == (1, True)


def test_code_that_changed_since_is_outdated_until_it_is_deployed(deployed: Deployed) -> None:
    module = deployed.project / "steps" / "score" / "fraud_model.py"
    module.write_text(module.read_text() + "\n")
    assert words(run("status", "--format", "json"))["score"] == "outdated"
    deployed.deploy()
    assert words(run("status", "--format", "json"))["score"] == "in sync"


def test_a_step_without_a_digest_is_in_sync_as_far_as_anybody_knows(deployed: Deployed) -> None:
    function = deployed.nuctl.functions["fraud-score"]
    del function["metadata"]["annotations"]
    deployed.nuctl.store("fraud-score", function, NAMESPACE)
    result = run("status", "--no-streams")
    assert result.exit_code == 0
    assert "deployed without deploy.sh, so that nothing says from which files: score" in result.stdout  # fmt: skip


def test_what_is_left_over_is_named(deployed: Deployed) -> None:
    function = deployed.nuctl.functions["fraud-alert"]
    function["metadata"]["name"] = "fraud-warn"
    deployed.nuctl.store("fraud-warn", function, NAMESPACE)
    result = run("status", "--no-streams")
    assert result.exit_code == 1
    assert "left over: fraud-warn; fraud/deploy.sh --prune deletes it" in result.stdout


def test_what_nuctl_printed_elsewhere_is_as_good(deployed: Deployed) -> None:
    Path("answer.json").write_bytes(answer(deployed.nuctl.functions.values()))
    deployed.nuctl.fail_at(1)
    assert run("status", "--from", "answer.json").exit_code == 0


def test_streams_that_are_missing_or_others(deployed: Deployed) -> None:
    client = connect(deployed.v3io.url, ACCESS_KEY)
    client.stream.delete("projects", "fraud/streams/alerts")
    client.stream.update("projects", "fraud/streams/scores", 6)
    client.close()
    result = run("status")
    assert result.exit_code == 1
    assert "scores        differs      6, graph 4  24     alert 0\n" in result.stdout
    assert "alerts        missing      –           –\n" in result.stdout
    assert "fraud: 2 of 2 steps in sync, 2 of 4 streams as declared\n" in result.stdout
    assert (
        "\nmissing: stream alerts; what can be done: fraud/setup_streams.py --dry-run\n"
        in result.stdout
    )


def test_all_missing_streams_are_one_line(deployed: Deployed) -> None:
    client = connect(deployed.v3io.url, ACCESS_KEY)
    for name in ("alerts", "rejected"):
        client.stream.delete("projects", f"fraud/streams/{name}")
    client.close()
    assert "\nmissing: streams alerts, rejected; what can be done: " in run("status").stdout


def test_another_namespace_is_empty(deployed: Deployed) -> None:
    result = run("status", "--namespace", "other", "--platform", "kube", "--format", "json")
    assert words(result)["score"] == "missing"


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("V3IO_API", "", "V3IO_API is not set, and the streams are asked for"),
        ("V3IO_API", "http://127.0.0.1:1", "(asked http://127.0.0.1:1); is V3IO_API right?"),
        ("V3IO_API", "http://me:secret@127.0.0.1", "V3IO_API holds a user or a password"),
        ("V3IO_ACCESS_KEY", "wrong", "is V3IO_ACCESS_KEY right?"),
        ("PATH", "/nowhere", "`nuctl` is not on the PATH"),
    ],
)
def test_what_cannot_be_asked_is_said(
    variable: str, value: str, message: str, deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    result = run("status")
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr


def test_all_that_is_not_set_is_said_at_once(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("V3IO_API")
    monkeypatch.delenv("V3IO_ACCESS_KEY")
    cure = "export V3IO_API=http://… V3IO_ACCESS_KEY=…"
    assert (
        f"V3IO_API and V3IO_ACCESS_KEY are not set, and the streams are asked for; say: {cure}\n"
        in (run("status").stderr)
    )


def test_a_nuctl_that_fails_is_quoted(deployed: Deployed) -> None:
    deployed.nuctl.fail_at(1)
    result = run("drift")
    assert result.exit_code == 1
    assert result.stderr == (
        "error: `nuctl get function --output json` failed with exit code 1: "
        "Error - the connection to the server was refused\n"
    )


def program(deployed: Deployed, text: str) -> None:
    (deployed.nuctl.folder / "nuctl").write_text(f"#!/bin/sh\n{text}\n")


def test_a_nuctl_that_hangs_is_ended_with_all_that_it_started(deployed: Deployed) -> None:
    alive = deployed.nuctl.folder / "alive"
    os.mkfifo(alive)
    ours = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    program(deployed, f"sleep 100000 >'{alive}'")
    with pytest.raises(DeployError, match=r"output json` said nothing in 0.2 seconds"):
        ask(timeout=0.2)
    os.set_blocking(ours, True)
    assert os.read(ours, 1) == b""  # nobody is left who could write
    os.close(ours)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("printf 'Password: '", "nuctl asks for something; log in before"),
        ("printf '[{\"metadata\": {'", "nuctl:1:16: the answer ends in the middle"),
        ("echo hello", "this is `hello`"),
    ],
)
def test_a_nuctl_that_says_something_else(text: str, problem: str, deployed: Deployed) -> None:
    program(deployed, text)
    with pytest.raises(ProblemsError) as raised:
        ask()
    assert problem in str(raised.value)


def test_it_cannot_ask_a_terminal(deployed: Deployed) -> None:
    program(deployed, "exec 3</dev/tty && read answer <&3")
    with pytest.raises(DeployError, match="failed with exit code"):
        ask()


def test_a_folder_that_is_no_project_or_half_merged(deployed: Deployed) -> None:
    (deployed.project / "graph.yaml").write_text("apiVersion: 0.2.0\n")
    edited = run("status")
    (deployed.project / ".iguazioig.json").write_text("<<<<<<< ours\n")
    merged = run("status")
    (deployed.project / ".iguazioig.json").unlink()
    nothing = run("status")
    assert [each.exit_code for each in (edited, merged, nothing)] == [1, 1, 2]
    assert "fraud/graph.yaml: was edited" in edited.stderr
    assert "has the marks of a merge conflict in it" in merged.stderr
    assert "fraud has no `.iguazioig.json`" in nothing.stderr


def test_whoever_forgot_to_generate_is_told(deployed: Deployed) -> None:
    beside = deployed.project.parent / "graph.yaml"
    text = (deployed.project / "graph.yaml").read_text()
    told = []
    for now in (text, text.replace("0.8", "0.9"), text.replace("name: fraud", "name: other"), "{"):
        beside.write_text(now)
        told.append(run("status"))
    assert [each.exit_code for each in told] == [0, 0, 0, 0]
    warning = (
        "warning: graph.yaml has changed since fraud was generated; this is about fraud as it is\n"
    )
    assert [each.stderr for each in told] == ["", warning, "", ""]


@pytest.mark.parametrize("command", ["status", "drift", "destroy"])
def test_whoever_names_a_graph_or_nothing_is_told_what_a_project_is(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    missing = run(command)
    (tmp_path / "fraud").write_text("apiVersion: 0.2.0\n")
    graph = run(command)
    assert [each.exit_code for each in (missing, graph)] == [2, 2]
    cure = "expected the folder that `iguazioig generate GRAPH` has written"
    assert f"fraud is not there; {cure}" in missing.stderr
    assert f"fraud is a file; {cure}" in graph.stderr


def test_json_says_all_of_it(deployed: Deployed) -> None:
    told = json.loads(run("status", "--format", "json").stdout)
    assert (told["project"], told["fine"], told["strays"]) == ("fraud", True, [])
    score = told["steps"][1]
    assert (score["current"], score["same"], score["deployed"], len(score["digest"])) == (True, True, True, 64)  # fmt: skip
    assert told["streams"][0] == {
        "status": "as declared",
        "stream": "transactions",
        "container": "projects",
        "path": "/fraud/streams/transactions",
        "declared": {"shards": 4, "retention": 24},
        "found": {"shards": 4, "retention": 24},
        "lags": {"score": 0},
    }


def test_what_runs_is_imported(deployed: Deployed) -> None:
    result = in_process.run("import", "--ask-v3io")
    assert result.exit_code == 0
    graph = yaml.safe_load(result.stdout)["project"]
    assert graph["v3io_streams"]["transactions"] == {"container": "projects", "shards": 4, "retention": 24}  # fmt: skip
    assert [each["outputs"] for each in graph["functions"]] == [{"streams": ["alerts"]}, {"streams": ["scores"]}]  # fmt: skip
