"""A state of a project, in terms that can be compared: where it came from plays no part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .. import __version__
from ..folder.manifest import digest
from ..graph import Graph
from ..plan import Plan

StepFiles = Mapping[str, Mapping[str, str]]
"""The SHA-256 of each file in the folder of each step: slug to path in that folder to digest."""


@dataclass(frozen=True, slots=True)
class State:
    """A project as it is, was or will be.

    `title` is what people call it. `graph` is None where there is no project. `edited` are the paths in the project of those
    files of steps that a person changed. `generator` is the version that wrote them.
    """

    title: str
    graph: Graph | None = None
    files: StepFiles = field(default_factory=dict, repr=False)
    generator: str = ""
    edited: tuple[str, ...] = ()


def state_of(plan: Plan, title: str) -> State:
    """The state that a plan brings about: its files are made, and go nowhere. Raises ProjectError."""
    from ..project import render

    digests = ((path, digest(content)) for path, content in render(plan).items())
    return State(title, plan.graph, by_step(digests), __version__)


def by_step(digests: Iterable[tuple[str, str]]) -> StepFiles:
    """The digests of those paths in a project that are in the folder of a step."""
    found: dict[str, dict[str, str]] = {}
    for path, of_it in digests:
        home, _, rest = path.partition("/")
        slug, _, name = rest.partition("/")
        if home == "steps" and name:
            found.setdefault(slug, {})[name] = of_it
    return found
