"""Every example's deploy.sh with the real nuctl, up to the container engine: what it accepts, stores and builds."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from example_projects import NAMES, load_example
from iguazioig.drift import committed_steps, compare_project
from iguazioig.emulator import V3io
from iguazioig.importing import import_graph
from iguazioig.plan import order_rows, order_steps
from iguazioig.reported import read_functions
from processes import COMMAND
from reported_functions import as_local, committed

STAND_IN = Path(__file__).with_name("docker_stand_in.py")

# nuctl hands environment values to a shell, between single quotes; on Kubernetes it does not (nuclio-facts 5).
ONLY_LOCAL = {"it's": "it is"}


SHAPES = (
    ("get", "function", "-o", "json"),
    ("get", "function", "-o", "yaml"),
    ("export", "functions"),
    ("export", "functions", "-o", "json"),
)


class Machine:
    """A machine with the real nuctl on its PATH, and a stand-in for docker."""

    def __init__(self, nuctl: Path, v3io: V3io, home: Path) -> None:
        self.docker, self.path = home / "docker", home / "bin"
        for folder in (self.docker / "store", self.path, home / "tmp"):
            folder.mkdir(parents=True)
        (self.path / "nuctl").symlink_to(nuctl)
        # Isolated and without its packages: nuctl runs it some fifty times for a function.
        self._install("docker", sys.executable, "-I", "-S", str(STAND_IN), str(self.docker))
        self._install("python3", sys.executable)
        self.env = {
            "PATH": f"{self.path}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "TMPDIR": str(home / "tmp"),
            "NUCTL_PLATFORM": "local",
            "NUCTL_NAMESPACE": "team",
            "V3IO_API": v3io.url,
            "V3IO_ACCESS_KEY": v3io.access_key,
        }

    def _install(self, name: str, *command: str) -> None:
        (self.path / name).write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        (self.path / name).chmod(0o755)

    def run(self, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, cwd=cwd, env=self.env, capture_output=True, text=True, check=False, timeout=300
        )

    def functions(self) -> dict[str, Any]:
        """What nuctl says that it has deployed."""
        listed = self.run("nuctl", "get", "function", "-o", "json", cwd=self.docker)
        assert (listed.returncode, listed.stderr) == (0, "")
        answer = json.loads(listed.stdout)
        each_of = answer if isinstance(answer, list) else [answer]
        return {each["metadata"]["name"]: each for each in each_of}

    def commands(self, name: str) -> list[list[str]]:
        """The docker commands of a name, in order."""
        lines = (self.docker / "commands").read_text().splitlines()
        return [words for words in map(json.loads, lines) if words[0] == name]

    def deployed(self) -> list[str]:
        """The functions whose containers were started, in order."""
        started = (words for words in self.commands("run") if "--name" in words)
        return [words[words.index("--name") + 1].removeprefix("nuclio-team-") for words in started]


@pytest.fixture
def machine(nuctl: Path, v3io: V3io, tmp_path: Path) -> Machine:
    return Machine(nuctl, v3io, tmp_path / "machine")


@pytest.mark.parametrize("name", NAMES)
def test_deploy_sh(name: str, project: Callable[[str], Path], machine: Machine) -> None:
    folder = project(name)
    steps = {step.slug: step for step in order_steps(load_example(name).graph.steps)}
    for slug in steps:
        edit(folder / "steps" / slug / "function.yaml", ONLY_LOCAL)

    done = machine.run("./deploy.sh", cwd=folder)

    assert done.returncode == 0, done.stdout + done.stderr
    deployed = machine.deployed()
    for row in order_rows(load_example(name).graph.steps):
        now, deployed = deployed[: len(row)], deployed[len(row) :]
        assert sorted(now) == sorted(step.function_name for step in row)
    assert deployed == []
    stored = machine.functions()
    for slug, step in steps.items():
        written = function(folder / "steps" / slug)
        assert differences(written, stored[step.function_name]) == []
        assert stored[step.function_name]["status"]["state"] == "ready"
        added = set() if "triggers" in written["spec"] else {"default-http"}
        assert set(stored[step.function_name]["spec"]["triggers"]) == triggers(written) | added
        assert_image(machine, stored[step.function_name], folder / "steps" / slug)
    assert list((machine.docker.parent / "tmp").iterdir()) == []


def assert_image(machine: Machine, stored: Any, step: Path) -> None:
    """What the image is built from is the base image, and all of the step's folder."""
    built = machine.docker / "builds" / stored["spec"]["image"].replace("/", "_")
    assert f"FROM {stored['spec']['build']['baseImage']}\n" in (built / "Dockerfile").read_text()
    assert contents(built / "context" / "handler") == contents(step)


def test_deploy_sh_is_safe_to_run_again(project: Callable[[str], Path], machine: Machine) -> None:
    folder = project("scoring")
    machine.run("./deploy.sh", cwd=folder)
    edit(folder / "steps/alert/function.yaml", {"readBatchSize: 100": "readBatchSize: 10"})

    done = machine.run("./deploy.sh", cwd=folder)
    unchanged = machine.run("./deploy.sh", cwd=folder)

    assert done.returncode == 0, done.stdout + done.stderr
    assert machine.deployed() == ["fraud-alert", "fraud-score", "fraud-alert"]
    said = "fraud: every step is ready and was deployed from what is here\n"
    assert unchanged.stdout.endswith(said)
    stored = machine.functions()
    for name in ("alert", "score"):
        assert differences(function(folder / "steps" / name), stored[f"fraud-{name}"]) == []


def test_what_is_gone_is_deleted(project: Callable[[str], Path], machine: Machine) -> None:
    folder = project("scoring")
    machine.run("./deploy.sh", cwd=folder)
    script = folder / "deploy_steps.py"
    script.write_text(script.read_text().replace('    [Step("alert", "fraud-alert")],\n', ""))

    pruned = machine.run("./deploy.sh", "--prune", "--yes", cwd=folder)
    left = set(machine.functions())
    deleted = machine.run("./deploy_steps.py", "--delete", "--yes", cwd=folder)

    assert (pruned.returncode, deleted.returncode) == (0, 0)
    assert left == {"fraud-score"}
    assert machine.run("nuctl", "get", "function", cwd=folder).stdout == "No functions found\n"


@pytest.mark.parametrize("name", NAMES)
def test_what_nuctl_fills_in_is_no_drift_and_every_shape_is_imported_alike(
    name: str, project: Callable[[str], Path], machine: Machine
) -> None:
    folder = project(name)
    for path in (folder / "steps").glob("*/function.yaml"):
        edit(path, ONLY_LOCAL)
    machine.run("./deploy.sh", cwd=folder)

    graphs = set()
    for shape in SHAPES:
        printed = machine.run("nuctl", *shape, cwd=folder).stdout.encode()
        running = read_functions(printed, "nuctl")
        found = compare_project(committed_steps(folder), running)
        assert [each for step in found.steps for each in step.differences] == []
        assert found.is_none
        graphs.add(import_graph(running, path="graph.yaml").text)
    assert len(graphs) == 1


def test_what_runs_is_in_sync(project: Callable[[str], Path], machine: Machine) -> None:
    folder = project("scoring")
    machine.run("./deploy.sh", cwd=folder)
    options = ("--namespace", machine.env.pop("NUCTL_NAMESPACE"))

    status = machine.run(*COMMAND, "status", ".", *options, cwd=folder)
    elsewhere = machine.run(*COMMAND, "status", ".", "--namespace", "other", cwd=folder)

    assert (status.returncode, status.stderr) == (0, "")
    assert "fraud: 2 of 2 steps in sync, 4 of 4 streams as declared\n" in status.stdout
    assert (elsewhere.returncode, "missing: alert, score" in elsewhere.stdout) == (1, True)


@pytest.mark.parametrize("name", NAMES)
def test_the_reports_of_the_tests_are_those_of_nuctl(
    name: str, project: Callable[[str], Path], machine: Machine
) -> None:
    folder = project(name)
    for path in (folder / "steps").glob("*/function.yaml"):
        edit(path, ONLY_LOCAL)
    machine.run("./deploy.sh", cwd=folder)

    real = machine.functions()
    for made_up in map(as_local, committed(folder)):
        assert steady(made_up) == steady(real[made_up["metadata"]["name"]])


def steady(reported: Any) -> Any:
    """What is the same wherever and whenever a function is deployed."""
    build = {"functionConfigPath": "", "timestamp": 0, "image": ""}
    spec = {**reported["spec"], "build": {**reported["spec"]["build"], **build}, "image": ""}
    metadata = {key: reported["metadata"][key] for key in ("name", "namespace", "labels")}
    return {"metadata": metadata, "spec": spec, "status": sorted(reported["status"])}


def test_deploy_sh_with_prebuilt_images(project: Callable[[str], Path], machine: Machine) -> None:
    done = machine.run("./deploy.sh", "--prebuilt", "reg.example.com/team", cwd=project("scoring"))

    assert done.returncode == 0, done.stdout + done.stderr
    assert {name: each["spec"]["image"] for name, each in machine.functions().items()} == {
        "fraud-alert": "reg.example.com/team/fraud-alert:latest",
        "fraud-score": "reg.example.com/team/fraud-score:latest",
    }
    assert machine.commands("build") == []


def test_deploy_sh_stops_at_what_nuctl_refuses(
    project: Callable[[str], Path], machine: Machine
) -> None:
    folder = project("everything")
    edit(folder / "steps/archive/function.yaml", {"minReplicas: 1": "minReplicas: 3"})

    done = machine.run("./deploy.sh", cwd=folder)

    assert done.returncode == 1
    assert done.stdout.endswith(
        "deployed:  summarise, probe\nfailed:    archive\nnot begun: detect-objects\n"
    )
    assert set(machine.deployed()) == {"super-cool-project-summarise", "super-cool-project-probe"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"minReplicas: 2": "minReplicas: 1"}, "does not support autoscaling"),
        ({"numWorkers: 2": "numWorkers: two"}, "cannot unmarshal string"),
        ({"kind: v3ioStream": "kind: v3ioStream\n      name: other"}, "key and name mismatch"),
        ({"name: fraud-score": "name: dashboard"}, "reserved"),
    ],
)
def test_nuctl_refuses_what_is_wrong(
    change: Mapping[str, str], message: str, project: Callable[[str], Path], machine: Machine
) -> None:
    folder = project("scoring")
    edit(folder / "steps/score/function.yaml", change)
    machine.run("nuctl", "create", "project", "fraud", cwd=folder)

    done = deploy_prebuilt(machine, folder)

    assert (done.returncode, message in done.stderr) == (1, True), done.stderr


def test_what_nuctl_drops_without_a_word_is_seen(
    project: Callable[[str], Path], machine: Machine
) -> None:
    folder = project("scoring")
    edit(folder / "steps/score/function.yaml", {"baseImage:": "base_image:"})
    machine.run("nuctl", "create", "project", "fraud", cwd=folder)

    assert deploy_prebuilt(machine, folder).returncode == 0
    stored = machine.functions()["fraud-score"]
    assert differences(function(folder / "steps/score"), stored) == [
        "spec.build.base_image: 'python:3.11' is stored as None"
    ]


def deploy_prebuilt(machine: Machine, folder: Path) -> subprocess.CompletedProcess[str]:
    source = ("--file", "steps/score/function.yaml", "--run-image", "reg.example.com/score:1")
    return machine.run("nuctl", "deploy", *source, cwd=folder)


def edit(path: Path, change: Mapping[str, str]) -> None:
    text = path.read_text()
    for before, after in change.items():
        text = text.replace(before, after)
    path.write_text(text)


def function(step: Path) -> Any:
    """A function.yaml, without what only Kubernetes reads, and with Nuclio's own word for a whole container."""
    written = yaml.safe_load((step / "function.yaml").read_text())
    for each in written["spec"].get("volumes", []):
        options = each["volume"]["flexVolume"]["options"]
        options["subPath"] = options["subPath"].removesuffix("/")
    return {key: written[key] for key in written.keys() - {"apiVersion", "kind"}}


def triggers(function: Any) -> set[str]:
    return set(function["spec"].get("triggers", {}))


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def differences(written: Any, stored: Any, path: str = "") -> list[str]:
    """Where what is stored is not what was written; what nuctl added does not count."""
    if isinstance(written, dict) and isinstance(stored, dict):
        pairs = [(f"{path}.{key}", each, stored.get(key)) for key, each in written.items()]
    elif isinstance(written, list) and isinstance(stored, list) and len(written) == len(stored):
        both = enumerate(zip(written, stored, strict=True))
        pairs = [(f"{path}[{number}]", *each) for number, each in both]
    else:
        same = written == stored and type(written) is type(stored)
        return [] if same else [f"{path.strip('.')}: {written!r} is stored as {stored!r}"]
    return [each for where, one, other in pairs for each in differences(one, other, where)]
