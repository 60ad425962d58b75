"""Graphs of the versions before 0.2.0, and what their runtime made of one: an account of its own, from the notes (graph-older)."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from typing import Any

from iguazioig.api import Translation, find_deployer
from iguazioig.document import parse
from iguazioig.graph import Graph

VERSIONS = ["v1alpha1", "v2alpha1", "v2alpha2", "v2alpha3", "v0_1"]
ONE_INPUT = VERSIONS[:4]
TEXT_LISTS = ["v1alpha1", "v2alpha1"]
WITH_OUTPUTS = VERSIONS[1:]
WITH_VOLUMES = ["v2alpha2", "v2alpha3", "v0_1"]
WITH_INIT = ["v2alpha3", "v0_1"]

MODULES = {
    "scoring.py": "class Model:\n    def __init__(self, **init):\n        self.init = init\n\n"
    "    def predict(self, context, message):\n        return message\n\n\n"
    "def audit(context, message):\n    pass\n",
    "registry.py": "",
}


def function(version: str, **keys: Any) -> dict[str, Any]:
    """A function with all that its version needs, and these keys."""
    found: dict[str, Any] = {
        "function_name": "score",
        "docker_image": "python:3.11",
        "gpu": False,
        "minReplicas": 2,
        "maxReplicas": 2,
        "module_paths": None,
        "import_modules": "['scoring']" if version in TEXT_LISTS else ["scoring"],
        "class_load_function": "scoring.Model",
        "processing_function": "predict",
        "output_stream_container": "bigdata",
    }
    if version in ONE_INPUT:
        found |= {"maxWorkers": 4, "input_stream": "churn/raw", "input_stream_container": "bigdata"}
    else:
        found["input_streams"] = {"raw": {"maxWorkers": 4}}
    if version in WITH_OUTPUTS:
        found["outputs"] = [{"kind": "stream", "output_stream": "churn/scored"}]
    else:
        found |= {"output_stream": "churn/scored", "post_process_function": None}
    return {**found, **keys}


def graph(version: str, *functions: dict[str, Any], **project: Any) -> dict[str, Any]:
    """A graph with two streams; without functions it has one."""
    raw = {"container": "bigdata", "path": "churn/raw", "shards": 8, "retention": 48}
    scored = {"container": "bigdata", "path": "churn/scored", "shards": 8, "retention": 24}
    streams: Any = {"raw": raw, "scored": scored}
    if version in ONE_INPUT:
        streams = [{"name": name, **each} for name, each in streams.items()]
    found = {"name": "churn", "v3io_streams": streams, **project}
    return {
        "apiVersion": version,
        "project": {**found, "functions": list(functions) or [function(version)]},
    }


def translate(whole: dict[str, Any] | str) -> Translation:
    """What its own version makes of a graph, as a mapping or as text."""
    text = whole if isinstance(whole, str) else json.dumps(whole, indent=1)
    document = parse(text.encode(), "graph.yaml")
    version: Any = document.root
    return find_deployer(version.entries["apiVersion"][1].text).translate(document)


def model(whole: dict[str, Any] | str) -> Graph:
    """The neutral model of a graph without errors."""
    translation = translate(whole)
    assert [each for each in translation.problems if each.severity == "error"] == []
    assert translation.graph is not None
    return replace(translation.graph, source=b"")


def warned(whole: dict[str, Any] | str) -> list[str]:
    """The codes of its problems, but for the one that every older graph has."""
    problems = translate(whole).problems
    return [
        each.code for each in sorted(problems) if each.code not in ("older-version", "home-volume")
    ]


# What the old runtime did with a graph that it took.


def ran(whole: dict[str, Any]) -> list[dict[str, Any]]:
    """Each function as it ran."""
    version, project = whole["apiVersion"], whole["project"]
    return [_function(version, project, each) for each in project["functions"]]


def _function(version: str, project: dict[str, Any], each: dict[str, Any]) -> dict[str, Any]:
    module, name = each["class_load_function"].rsplit(".", 1)
    has_gpu = bool(each["gpu"])
    return {
        "group": each["function_name"].replace("-", "_"),
        "image": each["docker_image"],
        "gpus": str(each["num_gpus"]) if has_gpu else None,
        "replicas": (each["minReplicas"], each["maxReplicas"]),
        "inputs": list(_inputs(version, project, each)),
        "paths": _listed(version, each["module_paths"]),
        "imports": _listed(version, each["import_modules"]),
        "class": (module, name, each.get("class_init", {}) if version in WITH_INIT else {}),
        "method": each["processing_function"],
        "outputs": list(_outputs(version, each)),
        "env": {one["name"]: str(one["value"]) for one in each.get("env_custom", ())},
    }


def _listed(version: str, value: Any) -> list[str]:
    """`ast.literal_eval(str(value))` where the list was text; else the list."""
    found = ast.literal_eval(str(value)) if version in TEXT_LISTS else value
    return list(found or ())


def _plain(path: str) -> str:
    return path.strip("/")


def _inputs(version: str, project: dict[str, Any], each: dict[str, Any]) -> Any:
    if version in ONE_INPUT:
        seek = "earliest" if version == "v2alpha3" else "latest"
        yield each["input_stream_container"], _plain(each["input_stream"]), each[
            "maxWorkers"
        ], seek, 100
        return
    for name, one in each["input_streams"].items():
        stream = project["v3io_streams"][name]
        seek, size = one.get("seekTo", "latest"), one.get("readBatchSize", 100)
        yield stream["container"], _plain(stream["path"]), one["maxWorkers"], seek, size


def _outputs(version: str, each: dict[str, Any]) -> Any:
    """What sent something: http outputs never did."""
    container = each["output_stream_container"]
    if version == "v1alpha1":
        if each["output_stream"] is not None:
            yield "stream", f"{container}/{_plain(each['output_stream'])}", None
        if each["post_process_function"] is not None:
            yield "incoming", each["post_process_function"], None
        return
    for one in each["outputs"]:
        condition = one.get("condition")
        if one["kind"] == "stream":
            yield "stream", f"{container}/{_plain(one['output_stream'])}", condition
        elif one["kind"] == "function":
            yield "function", one["post_process_function"], condition


# The same of a graph as it is read now.


def runs(whole: Graph) -> list[dict[str, Any]]:
    """Each step as it runs, in the words of `ran`."""
    return [_step(step) for step in whole.steps]


def _step(step: Any) -> dict[str, Any]:
    limits = step.resources.get("limits", {})
    streams = [
        ("stream", f"{each.container}{each.path}", step.conditions.get(each.slug))
        for each in step.streams
    ]
    functions = [
        (
            "incoming" if each.gets_incoming else "function",
            f"{each.module}.{each.function}",
            each.condition,
        )
        for each in step.functions
    ]
    return {
        "group": step.consumer_group,
        "image": step.image,
        "gpus": limits.get("nvidia.com/gpu"),
        "replicas": (step.min_replicas, step.max_replicas),
        "inputs": [
            (
                each.stream.container,
                _plain(each.stream.path),
                each.workers,
                each.seek_to,
                each.read_batch_size,
            )
            for each in step.inputs
        ],
        "paths": list(step.module_paths),
        "imports": sorted(
            {
                step.class_module,
                *(each.module for each in step.functions),
                *(each.name for each in step.imports),
            }
        ),
        "class": (step.class_module, step.class_name, dict(step.init)),
        "method": step.methods[0],
        "outputs": [
            (kind, target, condition and condition.text)
            for kind, target, condition in (*streams, *functions)
        ],
        "env": dict(step.env),
    }
