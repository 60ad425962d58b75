"""Graphs that tests write down, and where in them a thing stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from iguazioig.api import Translation
from iguazioig.api.kinds import INVALID, Kind
from iguazioig.api.reader import Reader
from iguazioig.api.v0_2_0 import Deployer
from iguazioig.document import Mapping, parse
from iguazioig.errors import Problem
from iguazioig.graph import Graph

PATH = "graph.yaml"

MINIMAL = """\
apiVersion: 0.2.0
project:
  name: fraud
  v3io_streams:
    raw: {}
    scores: {}
  functions:
    - name: score
      input_streams: {raw: {}}
      class_module: fraud_model
      class_name: FraudModel
      methods: [predict]
      outputs: {streams: [scores]}
"""


def translate(text: str) -> Translation:
    """What API 0.2.0 makes of a text."""
    return Deployer.translate(parse(text.encode(), PATH))


def graph_of(text: str) -> Graph:
    """The neutral model of a text without errors."""
    translation = translate(text)
    assert [each for each in translation.problems if each.severity == "error"] == []
    assert translation.graph is not None
    return translation.graph


def with_project(text: str, *lines: str) -> str:
    """The graph with these lines more in its project."""
    return text.replace("  name: fraud\n", "  name: fraud\n" + _indented(lines, 2), 1)


def with_step(text: str, *lines: str) -> str:
    """The graph with these lines more in its first step."""
    return text.replace("    - name: score\n", "    - name: score\n" + _indented(lines, 6), 1)


def _indented(lines: Iterable[str], by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in lines)


def steps(*lines: str) -> str:
    """A graph of steps written as `name: inputs → outputs`, of streams that are named there."""
    parts = [line.replace(" ", "").replace(":", "→").split("→") for line in lines]
    names = dict.fromkeys(
        name for _, *ends in parts for end in ends for name in end.split(",") if name
    )
    declared = "".join(f"    {name}: {{}}\n" for name in names)
    functions = "".join(
        f"    - name: {name}\n"
        f"      input_streams: {{{', '.join(f'{each}: {{}}' for each in inputs.split(',') if each)}}}\n"
        f"      class_module: m\n      class_name: M\n      methods: [go]\n"
        f"      outputs: {{streams: [{outputs}]}}\n"
        for name, inputs, outputs in parts
    )
    return (
        "apiVersion: 0.2.0\nproject:\n  name: p\n  v3io_streams:\n"
        f"{declared}  functions:\n{functions}"
    )


def place(text: str, needle: str) -> str:
    """`line:column` of the only place of `needle`."""
    assert text.count(needle) == 1, f"{needle!r} stands {text.count(needle)} times"
    before = text[: text.index(needle)]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def said(problems: Iterable[Problem]) -> list[str]:
    """The problems, sorted, as `line:column: message`; a warning says that it is one."""
    return [str(each).removeprefix(f"{PATH}:") for each in sorted(set(problems))]


def read_as(kind: Kind, text: str) -> tuple[Any, list[str]]:
    """What a kind makes of `key: text`, and the problems that it has with it, by column."""
    document = parse(f"key: {text}\n".encode(), PATH)
    assert document.problems == []
    assert isinstance(document.root, Mapping)
    reader = Reader([])
    result = kind.read(document.root.entries["key"][1], reader, "key")
    assert (result is INVALID) <= bool(reader.errors)
    return result, [problem.removeprefix("1:") for problem in said(reader.problems)]
