"""What is written anew, as YAML in one line that means the same in a block and in brackets."""

from __future__ import annotations

import json
from typing import Any

from ..document import Scalar
from ..graph import Input, SecretKey, Step
from ..project.yaml_text import flow_list, flow_mapping, plain, quoted
from .tree import Alias, List, Node, Word


def text(value: str) -> str:
    """Text, quoted where it has to be."""
    return plain(value)


def as_text(value: str) -> str:
    """Text of an environment, which is never taken for anything else."""
    return plain(value) if value and plain(value) == value else quoted(value)


def json_value(value: Any) -> str:
    """A value that JSON can hold."""
    if isinstance(value, dict):
        return flow_mapping({key: json_value(each) for key, each in value.items()})
    if isinstance(value, list):
        return f"[{', '.join(map(json_value, value))}]"
    if isinstance(value, str):
        return text(value)
    if isinstance(value, float):
        shown = repr(value)
        return shown if "." in shown else shown.replace("e", ".0e") if "e" in shown else shown
    return json.dumps(value)


def env_value(value: str | SecretKey) -> str:
    """A variable's value, or where it is."""
    if isinstance(value, SecretKey):
        return flow_mapping({"secret": text(value.name), "key": text(value.key)})
    return as_text(value)


def settings(each: Input) -> str:
    """How a stream is read, with all that another version takes for granted."""
    found = {"max_workers": str(each.workers), "seek_to": each.seek_to}
    if each.read_batch_size != 100:
        found["read_batch_size"] = str(each.read_batch_size)
    return flow_mapping(found)


def resources(step: Step) -> str:
    """The resources of a step."""
    amounts = {kind: flow_mapping(each) for kind, each in step.resources.items()}
    return flow_mapping(amounts)


def outputs(step: Step) -> str:
    """The outputs of a step."""
    found = {
        "streams": [each.name for each in step.streams],
        "https": [each.url for each in step.https],
        "function": [f"{each.module}.{each.function}" for each in step.functions],
    }
    return flow_mapping({key: flow_list(each) for key, each in found.items() if each})


def function_keys(step: Step) -> dict[str, str]:
    """Every key of a function in 0.2.0 that this step could be made of."""
    return {
        "name": text(step.name),
        "class_module": text(step.class_module),
        "class_name": text(step.class_name),
        "class_init": json_value(dict(step.init)),
        "methods": flow_list(step.methods),
        "input_streams": flow_mapping({each.stream.name: settings(each) for each in step.inputs}),
        "outputs": outputs(step),
        "env_custom": flow_mapping({name: env_value(value) for name, value in step.env.items()}),
        "resources": resources(step),
        "pip": flow_list(step.pip),
        "docker_image": text(step.image),
        "log_level": step.log_level,
        "min_replicas": str(step.min_replicas),
        "max_replicas": str(step.max_replicas),
        "module_paths": flow_list(step.module_paths),
    }


def python_value(node: Node) -> Any:
    """What YAML makes of a node. ValueError for a word that does not fit its tag."""
    if isinstance(node, Alias):
        return python_value(node.target)
    if isinstance(node, Word):
        return Scalar(node.text, node.tag, False, node.place).value()
    if isinstance(node, List):
        return [python_value(item.value) for item in node.items]
    merged: dict[Any, Any] = {}
    for pair in node.pairs:
        if pair.is_merge:
            value = python_value(pair.value)
            for each in reversed(value) if isinstance(value, list) else [value]:
                merged.update(each)
    own = (pair for pair in node.pairs if not pair.is_merge)
    return merged | {python_value(pair.key): python_value(pair.value) for pair in own}
