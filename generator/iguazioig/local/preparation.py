"""What has to be right before a run starts anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import NotReadyError, RunError, did_you_mean
from ..graph import Graph
from . import preflight
from .files import shown
from .request import RunRequest
from .steps import DeployedStep, read_steps


def prepared_steps(request: RunRequest, tell: Callable[[str], None]) -> list[DeployedStep]:
    """The steps of a project in the order of its graph, once all that they need is there.

    `tell` gets the warnings. Raises NotReadyError and RunError.
    """
    options = request.options
    steps = read_steps(options.project)
    if not steps:
        raise RunError(_no_project(options.project))
    for name in options.mounts:
        volumes = sorted({mount.name for step in steps for mount in step.mounts})
        _check(name, volumes, "no step mounts a volume")
    for name in options.crashes:
        _check(name, [step.name for step in steps], "there is no step")
    problems = preflight.inspect(steps, options.mounts, request.made_of, options.engine)
    if any(problem.severity == "error" for problem in problems):
        raise NotReadyError(problems)
    for problem in problems:
        tell(str(problem))
    return in_order(steps, request.graph)


def in_order(steps: Iterable[DeployedStep], graph: Graph | None) -> list[DeployedStep]:
    """Steps as the graph has them, those that are not in it at the end."""
    places = {step.slug: number for number, step in enumerate(graph.steps)} if graph else {}
    return sorted(steps, key=lambda step: places.get(step.name, len(places)))


def _check(name: str, known: list[str], what: str) -> None:
    if name not in known:
        hint = did_you_mean(name, known)
        raise RunError(f"{what} `{name}`{hint}; there are: {', '.join(known) or 'none'}")


def _no_project(folder: Path) -> str:
    wrong = f"{shown(folder)} is no generated project: it has no steps/*/function.yaml"
    graph = folder / "graph.yaml"
    return f"{wrong}; for its graph say: iguazioig run {shown(graph)}" if graph.is_file() else wrong
