"""`iguazioig status`, with a nuctl that keeps state and an embedded v3io."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cases import EXAMPLES
from click.testing import CliRunner, Result
from iguazioig.cli import cli
from iguazioig.cluster.digest import DIGEST
from iguazioig.deployment import load
from iguazioig.emulator import ACCESS_KEY, V3io, serve
from iguazioig.errors import DeployError, ProblemsError
from iguazioig.folder.write import write
from iguazioig.local.consumer_group import committed_name
from iguazioig.local.streams import connect
from iguazioig.project import render
from iguazioig.reported.nuctl import ask
from iguazioig.source import read_source
from iguazioig.status.project import step_digest
from nuctl_recorder import Recorder
from reported_functions import answer, as_kube, committed

NAMESPACE = "team"
STREAMS = [("transactions", 4, 24), ("scores", 4, 24), ("alerts", 1, 48), ("rejected", 1, 168)]


class Deployed:
    """The project of `scoring` in the current folder, and where it was deployed to."""

    def __init__(self, home: Path, v3io: V3io) -> None:
        self.v3io = v3io
        self.nuctl = Recorder(home / "machine")
        self.project = home / "fraud"
        write(render(load(read_source(EXAMPLES / "scoring" / "graph.yaml")).plan()), self.project)

    def deploy(self) -> None:
        """Run its own scripts."""
        for script in ("setup_streams.py", "deploy_steps.py"):
            program = [sys.executable, self.project / script]
            done = subprocess.run(program, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr

    def settle(self) -> None:
        """Let there be what they would bring about."""
        self.v3io.create_container("projects")
        for name, shards, hours in STREAMS:
            path = f"fraud/streams/{name}"
            self.v3io.create_stream("projects", path, shards=shards, retention_hours=hours)
        for config in committed(self.project):
            function = as_kube(config, NAMESPACE)
            name = function["metadata"]["name"]
            folder = self.project / "steps" / name.removeprefix("fraud-")
            function["metadata"]["annotations"] = {DIGEST: step_digest(folder)}
            self.nuctl.store(name, function, NAMESPACE)

    def change(self, name: str, **changes: Any) -> None:
        """Let somebody change the spec of a function by hand."""
        function = self.nuctl.functions[name]
        state = changes.pop("state", function["status"]["state"])
        function["spec"] |= changes
        function["status"]["state"] = state
        self.nuctl.store(name, function, NAMESPACE)

    def delete(self, name: str) -> None:
        subprocess.run(["nuctl", "delete", "function", name], check=True, capture_output=True)


def join(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands of this process see it."""
    monkeypatch.chdir(deployed.project.parent)
    monkeypatch.setenv("PATH", f"{deployed.nuctl.folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("NUCTL_NAMESPACE", NAMESPACE)
    monkeypatch.setenv("V3IO_API", deployed.v3io.url)
    monkeypatch.setenv("V3IO_ACCESS_KEY", ACCESS_KEY)
    monkeypatch.delenv("NUCTL_PLATFORM", raising=False)


@pytest.fixture
def deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with serve(access_key=ACCESS_KEY) as v3io:
        there = Deployed(tmp_path, v3io)
        join(there, monkeypatch)
        there.settle()
        yield there


def run(command: str, *words: str) -> Result:
    """Run a command in this process. What is no exit but an exception is a bug."""
    result = CliRunner().invoke(cli, [command, "fraud", *words], prog_name="iguazioig")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


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


def commit(path: str, group: str, positions: dict[int, int]) -> None:
    client = connect(os.environ["V3IO_API"], ACCESS_KEY)
    for shard, position in positions.items():
        client.kv.update("projects", path, str(shard), attributes={committed_name(group): position})
    client.close()


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


def test_another_namespace_is_empty(deployed: Deployed) -> None:
    result = run("status", "--namespace", "other", "--platform", "kube", "--format", "json")
    assert words(result)["score"] == "missing"


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("V3IO_API", "", "V3IO_API not set: they say where the streams are"),
        ("V3IO_API", "http://127.0.0.1:1", "no answer from v3io"),
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
    program(deployed, "sleep 100000")
    with pytest.raises(DeployError, match=r"output json` said nothing in 0.2 seconds"):
        ask(timeout=0.2)


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
    result = CliRunner().invoke(cli, ["import", "--ask-v3io"])
    assert result.exit_code == 0
    graph = yaml.safe_load(result.stdout)["project"]
    assert graph["v3io_streams"]["transactions"] == {"container": "projects", "shards": 4, "retention": 24}  # fmt: skip
    assert [each["outputs"] for each in graph["functions"]] == [{"streams": ["alerts"]}, {"streams": ["scores"]}]  # fmt: skip
