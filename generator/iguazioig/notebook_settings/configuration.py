"""`%nuclio config`: keys of function.yaml, of which the graph has most under names of its own."""

from __future__ import annotations

import json
import re
from typing import Any

from ..api.texts import IMAGE, QUANTITY, RESOURCE
from ..credentials import find_credential
from ..document import shorten
from .commands import add_command
from .said import Said, Text
from .variables import EXPANDED, of_environment

_LINE = re.compile(r"(?P<key>\w[\w-]*(?:\\?\.[\w-]+)*)\s*(?P<sign>\+?=)\s*(?P<value>.+)")
_IMAGE = "spec.build.baseImage"
_COMMANDS = "spec.build.commands"
_RESOURCES = "spec.resources"
_KINDS = frozenset({"", "Function", "NuclioFunction", "function", "nuclio"})

_ELSEWHERE = {
    "metadata.name": "the name of the step is `name` of the graph",
    "spec.build.functionSourceCode": "the code is that of the notebook",
    "spec.build.image": "write `function_image_name` in the graph",
    "spec.env": "write `%nuclio env NAME=text`, or `env_custom` in the graph",
    "spec.handler": "the handler is generated",
    "spec.loggerSinks": "write `log_level` in the graph",
    "spec.maxReplicas": "write `max_replicas` in the graph",
    "spec.minReplicas": "write `min_replicas` in the graph",
    "spec.replicas": "write `min_replicas` and `max_replicas` in the graph",
    "spec.runtime": "the Python is that of `docker_image` in the graph, or of `spec.build.baseImage` here",
    "spec.triggers": "what a step reads is `input_streams` of the graph",
    "spec.volumes": "write `v3io_volumes` in the graph",
}
"""What the graph says, or the generator decides."""


def add_configuration(said: Said, line: Text) -> None:
    """One `key = JSON` or `key += JSON`."""
    found = _LINE.fullmatch(line.text)
    if found is None:
        wrong = f"`{shorten(line.text.partition('=')[0])}` says no setting"
        said.refuse(
            line.place, wrong, 'write `key = JSON`, such as `spec.build.baseImage = "python:3.11"`'
        )
        return
    if variable := EXPANDED.search(found["value"]):
        said.refuse(line.place, *of_environment(variable[0]))
        return
    try:
        value = json.loads(found["value"])
    except ValueError:
        said.refuse(line.place, f"the value of `{found['key']}` is no JSON", 'a text stands in `"`')
        return
    _add(said, found["key"].replace("\\", ""), value, line)


def _add(said: Said, key: str, value: Any, line: Text) -> None:
    if key == "kind" and value in _KINDS:
        return
    if key == _IMAGE:
        _add_image(said, value, line)
    elif key == _COMMANDS:
        _add_commands(said, value, line)
    elif key == _RESOURCES or key.startswith(f"{_RESOURCES}."):
        _add_resources(said, key.removeprefix(_RESOURCES).lstrip("."), value, line)
    else:
        _refuse(said, key, line)


def _add_image(said: Said, value: Any, line: Text) -> None:
    if isinstance(value, str) and len(value) <= IMAGE.longest and IMAGE.fits(value):
        said.images.append(Text(value, line.place))
    elif problem := find_credential(_IMAGE, str(value), line.place, ""):
        said.problems.append(problem)
    else:
        said.refuse(
            line.place, f"`{_IMAGE}` is `{shorten(str(value))}`", f"expected {IMAGE.expected}"
        )


def _add_commands(said: Said, value: Any, line: Text) -> None:
    commands = value if isinstance(value, list) else [value]
    if all(isinstance(each, str) and each.strip() and each.isprintable() for each in commands):
        for each in commands:
            add_command(said, Text(each.strip(), line.place))
    else:
        said.refuse(
            line.place, f"`{_COMMANDS}` is no list of commands", "expected texts of one line each"
        )


def _add_resources(said: Said, below: str, value: Any, line: Text) -> None:
    """`spec.resources`, or a part of it: `limits`, `limits.cpu`."""
    kind, _, name = below.partition(".")
    whole = {kind: {name: value}} if name else {kind: value} if kind else value
    amounts = [
        (each, resource, str(amount))
        for each, names in (whole.items() if isinstance(whole, dict) else ())
        for resource, amount in (names.items() if isinstance(names, dict) else [("", "")])
    ]
    for each, resource, amount in amounts or [("", "", "")]:
        if each in ("limits", "requests") and RESOURCE.fits(resource) and QUANTITY.fits(amount):
            said.resources[each, resource] = Text(amount, line.place)
        else:
            wrong = f"`{_RESOURCES}` is given something that is no resource"
            expected = f"`limits` or `requests` of a resource, and {QUANTITY.expected}"
            said.refuse(line.place, wrong, expected)


def _refuse(said: Said, key: str, line: Text) -> None:
    parts = key.split(".")
    above = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    expected = next((_ELSEWHERE[each] for each in above if each in _ELSEWHERE), "")
    known = f"`{_IMAGE}`, `{_COMMANDS}`, `{_RESOURCES}.limits` and `.requests` are taken over"
    wrong = f"`{shorten(key)}` is not the notebook's to say"
    if not expected:
        wrong, expected = f"a step has no place for `{shorten(key)}`", known
    said.refuse(line.place, wrong, expected)
