"""The examples' graphs, and the steps in them."""

from __future__ import annotations

import pytest
from cases import EXAMPLES
from iguazioig.deployment import Loaded, load
from iguazioig.source import read_source

NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/graph.yaml"))


def load_example(name: str) -> Loaded:
    return load(read_source(EXAMPLES / name / "graph.yaml"))


def messages(name: str) -> list[bytes]:
    """The input messages of an example, as they are written in its file."""
    (path,) = (EXAMPLES / name / "messages").iterdir()
    return path.read_bytes().splitlines()


STEPS = [
    pytest.param(name, step.slug, id=f"{name}/{step.slug}")
    for name in NAMES
    for step in load_example(name).graph.steps
]
"""Every step of every example: the example's name and the step's."""
