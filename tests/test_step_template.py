"""The step's template: cookiecutter's own rendering is ours, and people can use it without iguazioig."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import black
import pytest
import yaml
from cases import EXAMPLES, read_tree
from cookiecutter.generate import generate_files
from cookiecutter.utils import create_env_with_context
from iguazioig.assets import step_template
from iguazioig.deployment import Loaded, load
from iguazioig.emulator import ACCESS_KEY, serve
from iguazioig.project import render
from iguazioig.project.step_files import step_context
from iguazioig.project.templates import _environment
from iguazioig.source import read_source
from made_up import MADE_UP, load_graph, write_modules
from platforms import without_origin
from workers import Replica

TEMPLATE = step_template().parent
SETTINGS = json.loads((TEMPLATE / "cookiecutter.json").read_text())
PROMPTED = [name for name in SETTINGS if not name.startswith("_")]
OURS = {
    "handler.py",
    "delivery.py",
    "delivery_batches.py",
    "delivery_duplicates.py",
    "delivery_letters.py",
    "delivery_outputs.py",
    "delivery_record.py",
}
FILES = {"function.yaml", "requirements.txt", *OURS}

Tool = Callable[[str], str]


@pytest.fixture(params=["scoring", "converge", "everything", *MADE_UP])
def loaded(request: pytest.FixtureRequest, tmp_path: Path) -> Loaded:
    if request.param in MADE_UP:
        return load_graph(MADE_UP[request.param](), write_modules(tmp_path))
    return load(read_source(EXAMPLES / request.param / "graph.yaml"))


def test_cookiecutter_writes_the_same_bytes(loaded: Loaded, tmp_path: Path) -> None:
    ours = render(loaded.plan())
    for step in loaded.graph.steps:
        context = step_context(loaded.graph, step, loaded.code[step.slug])
        whole = {"cookiecutter": {**context, "_jinja2_env_vars": SETTINGS["_jinja2_env_vars"]}}
        generate_files(str(TEMPLATE), whole, str(tmp_path / "steps"), accept_hooks=False)
        theirs = read_tree(tmp_path / "steps" / step.slug)
        assert set(theirs) == FILES
        for name, content in theirs.items():
            assert content == ours[f"steps/{step.slug}/{name}"]


def test_both_environments_have_the_same_settings() -> None:
    ours: Any = _environment(step_template())
    theirs: Any = create_env_with_context({"cookiecutter": SETTINGS})
    for setting in (
        "trim_blocks",
        "lstrip_blocks",
        "keep_trailing_newline",
        "autoescape",
        "undefined",
    ):
        assert repr(getattr(ours, setting)) == repr(getattr(theirs, setting)), setting
    assert issubclass(theirs.undefined, ours.undefined)


def test_a_variable_is_a_default_and_is_given_by_the_generator(loaded: Loaded) -> None:
    text = "".join(path.read_text() for path in step_template().iterdir())
    used = set(re.findall(r"\bcookiecutter\.(\w+)", text))
    step = loaded.graph.steps[0]
    given = step_context(loaded.graph, step, loaded.code[step.slug])
    assert used <= set(given)
    assert used <= set(SETTINGS)
    assert set(given) <= set(SETTINGS)


# Without iguazioig.


def make(tool: Tool, folder: Path, *options: str, answers: str = "") -> Path:
    """What plain `cookiecutter` makes in a folder, with a home of its own."""
    home = folder / "home"
    home.mkdir()
    subprocess.run(
        [tool("cookiecutter"), str(TEMPLATE), "--output-dir", str(folder), *options],
        env={"PATH": os.environ["PATH"], "HOME": str(home)},
        input=answers,
        capture_output=True,
        text=True,
        check=True,
    )
    (made,) = (path for path in folder.iterdir() if path.name != "home")
    return made


def is_clean(tool: Tool, step: Path) -> None:
    for name in OURS:
        source = (step / name).read_text()
        assert black.format_str(source, mode=black.Mode()) == source
    checks = [
        [tool("ruff"), "check", "--isolated", "--no-cache", str(step)],
        [tool("yamllint"), "--strict", "-d", "extends: default", str(step / "function.yaml")],
    ]
    for check in checks:
        done = subprocess.run(check, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_every_question_is_asked_in_words() -> None:
    assert set(SETTINGS["__prompts__"]) == set(PROMPTED)


def test_without_input_it_makes_a_step_of_its_defaults(tool: Tool, tmp_path: Path) -> None:
    step = make(tool, tmp_path, "--no-input")
    assert step.name == "score"
    assert set(read_tree(step)) == FILES
    is_clean(tool, step)
    config = yaml.safe_load((step / "function.yaml").read_text())
    assert config["metadata"]["name"] == "demo-score"
    assert config["spec"]["triggers"]["input"]["attributes"]["streamPath"] == "/demo/streams/input"


def test_with_input_it_asks_and_takes_the_answers(tool: Tool, tmp_path: Path) -> None:
    inputs = {
        "raw": {
            "container": "projects",
            "path": "/team/raw",
            "share": "6 shards over 2 replicas",
            "workers": "3",
            "seek_to": "latest",
            "read_batch_size": "64",
            "static": "",
            "acknowledged": "",
        }
    }
    given = {
        "project": "fraud",
        "step": "rate-all",
        "class_module": "models.fraud",
        "class_name": "FraudModel",
        "methods": "prepare predict",
        "output_path": "/team/scores",
        "container": "projects",
        "partition_key": "account",
        "python": "3.12",
        "min_replicas": "2",
        "max_replicas": "2",
        "log_level": "info",
        "inputs": json.dumps(inputs),
        "resources": '{"limits": {"memory": "1Gi"}}',
        "env": '{"LEVEL": "high"}',
        "secret_env": '{"TOKEN": {"name": "registry", "key": "token"}}',
        "volumes": '{"user": {"container": "users", "sub_path": "/me", "mount_path": "/User"}}',
    }
    # Those that are mappings are asked last.
    asked = sorted(PROMPTED, key=lambda name: isinstance(SETTINGS[name], dict))
    answers = "".join(f"{given.get(name, '')}\n" for name in asked)
    step = make(tool, tmp_path, answers=answers)
    assert step.name == "rate-all"
    is_clean(tool, step)
    config = yaml.safe_load((step / "function.yaml").read_text())
    spec, trigger = config["spec"], config["spec"]["triggers"]["raw"]
    assert config["metadata"]["name"] == "fraud-rate-all"
    assert config["metadata"]["labels"]["nuclio.io/project-name"] == "fraud"
    assert (spec["minReplicas"], spec["maxReplicas"], trigger["numWorkers"]) == (2, 2, 3)
    assert (spec["runtime"], spec["build"]["baseImage"]) == ("python:3.12", "python:3.12")
    assert spec["resources"] == {"limits": {"memory": "1Gi"}}
    assert {"name": "LEVEL", "value": "high"} in spec["env"]
    assert spec["env"][-1]["valueFrom"]["secretKeyRef"] == {"name": "registry", "key": "token"}
    assert spec["volumes"][0]["volumeMount"] == {"name": "user", "mountPath": "/User"}
    assert trigger["attributes"]["consumerGroup"] == "rate_all"
    handler = (step / "handler.py").read_text()
    assert "from models.fraud import FraudModel\n" in handler
    assert "message = model.prepare(context, message)\n" in handler
    assert 'partition_key="account"' in handler


MODEL = """
class Model:
    def predict(self, context, message):
        return {**message, "seen": True}
"""


def test_what_it_makes_runs(tool: Tool, tmp_path: Path) -> None:
    step = make(tool, tmp_path, "--no-input")
    (step / "model.py").write_text(MODEL)
    output = "bigdata", "/demo/streams/output"
    with serve(access_key=ACCESS_KEY) as v3io:
        v3io.create_stream(*output)
        environment = {"V3IO_API": v3io.url, "V3IO_ACCESS_KEY": v3io.access_key}
        worker = Replica(step, environment, [])
        body = '{"PartitionKey": "a"}'
        kind = {"kind": "v3io-stream", "trigger": "input"}
        worker.send(body=body, shard=0, offset=1, topic="/demo/streams/input", **kind)
        worker.wait()
        worker.close()
        (record,) = v3io.records(*output)
    assert without_origin(record.json) == {"PartitionKey": "a", "seen": True}
    assert record.partition_key == "a"
