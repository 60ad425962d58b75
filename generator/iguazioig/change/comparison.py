"""Two states become the changes from one to the other: nothing is read, nothing is asked, nothing is remembered."""

from __future__ import annotations

from collections.abc import Iterator

from ..graph import Graph
from .generated import code_changes, edited_changes, rewritten_changes
from .model import Change, Consequence
from .pairs import Both
from .project_rules import project_changes
from .state import State
from .step_rules import step_changes
from .stream_rules import stream_changes
from .words import count


def changes(before: State, after: State) -> list[Change]:
    """What happens to the running system of `before` when `after` is deployed, the worst first.

    ValueError where `after` has no graph. A state without one as `before` is a system in which nothing runs yet.
    """
    if after.graph is None:
        raise ValueError(f"{after.title} has no graph")
    if before.graph is None:
        return [_all_new(after.graph)]
    both = Both(before.graph, after.graph)
    found = [*_said(both), *code_changes(both, before, after), *edited_changes(both, before)]
    explained = {slug for change in found for slug in change.steps}
    found.extend(rewritten_changes(both, before, after, explained))
    return _ordered(found)


def _ordered(found: list[Change]) -> list[Change]:
    """The worst first; of one consequence the project's, then stream by stream and step by step, as the graph has them."""
    ranks: dict[tuple[str, str], int] = {}
    for change in found:
        ranks.setdefault((change.kind, change.name), len(ranks))
    kinds = {kind: rank for rank, kind in enumerate(("project", "volume", "stream", "step"))}
    return sorted(found, key=lambda it: (-it.consequence, kinds[it.kind], ranks[it.kind, it.name]))


def _said(both: Both) -> Iterator[Change]:
    yield from project_changes(both)
    yield from stream_changes(both)
    yield from step_changes(both)


def _all_new(graph: Graph) -> Change:
    """A project that is not there yet has no records that could be lost."""
    return Change(
        "project",
        graph.slug,
        "project-added",
        f"new: {count(len(graph.steps), 'step')}, {count(len(graph.streams), 'stream')}",
        Consequence.SAFE,
        "nothing of it runs yet",
        steps=tuple(step.slug for step in graph.steps),
        location=graph.location,
    )
