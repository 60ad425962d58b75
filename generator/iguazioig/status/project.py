"""The state of a project: of each step against its function, of each stream against the graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..cluster.digest import digest
from ..drift import Drift, StepDrift
from ..graph import Graph, Step, Stream
from .found import FoundStream

_READY = ("ready", "scaledToZero")
_FAILED = ("error", "unhealthy")
_IMPORTED = "imported"

Look = Callable[[Stream, tuple[str, ...]], FoundStream | None]
"""A stream as v3io has it, with the lags of these consumer groups; None where it is not there."""


@dataclass(frozen=True, slots=True)
class StepStatus:
    """A step. `is_current` says whether its function was deployed from the files that are here; None where it does not say."""

    drift: StepDrift
    is_current: bool | None

    @property
    def word(self) -> str:
        """The first of these that is so: missing, failed, imported, deploying, drifted, outdated, in sync."""
        state = self.drift.state
        reasons = {
            "missing": not self.drift.found,
            "failed": state in _FAILED,
            "imported": state == _IMPORTED,
            "deploying": state not in (*_READY, ""),
            "drifted": not self.drift.is_same,
            "outdated": self.is_current is False,
        }
        return next((word for word, is_so in reasons.items() if is_so), "in sync")


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """A stream of the graph, and how v3io has it; None where it is not there."""

    stream: Stream
    found: FoundStream | None

    @property
    def word(self) -> str:
        """Missing, differs, or as declared."""
        if self.found is None:
            return "missing"
        shape = self.found.shards, self.found.retention
        return "as declared" if shape == (self.stream.shards, self.stream.retention) else "differs"


@dataclass(frozen=True, slots=True)
class Status:
    """A whole project. `streams` is None where v3io was not asked."""

    project: str
    steps: tuple[StepStatus, ...]
    streams: tuple[StreamStatus, ...] | None
    strays: tuple[str, ...]

    @property
    def is_fine(self) -> bool:
        """Whether all that was asked for is as it should be."""
        streams = self.streams or ()
        return (
            not self.strays
            and all(each.word == "in sync" for each in self.steps)
            and all(each.word == "as declared" for each in streams)
        )


def status_of(graph: Graph, drift: Drift, folder: Path, look: Look | None) -> Status:
    """The state of the project in a folder; streams are not looked at where there is nobody to ask.

    Raises RunError where v3io does not answer.
    """
    steps = tuple(StepStatus(each, _is_current(each, folder, graph)) for each in drift.steps)
    streams = None if look is None else tuple(_streams(graph, look))
    return Status(graph.slug, steps, streams, drift.strays)


def _is_current(step: StepDrift, folder: Path, graph: Graph) -> bool | None:
    if not step.digest:
        return None
    image = next((each.image_name or "" for each in graph.steps if each.slug == step.step), "")
    return step.digest == step_digest(folder / "steps" / step.step, image, graph.registry)


def step_digest(folder: Path, image: str = "", registry: str = "") -> str:
    """The digest of the files of a step as they are, as `deploy_steps.py` reckons it."""
    named = {
        each.relative_to(folder).as_posix(): each
        for each in folder.rglob("*")
        if each.is_file() and "__pycache__" not in each.relative_to(folder).parts
    }
    files = {name: path.read_bytes() for name, path in named.items()}
    return digest(files, image=image, registry=registry)


def _streams(graph: Graph, look: Look) -> Iterable[StreamStatus]:
    for stream in graph.streams:
        groups = tuple(step.consumer_group for step in graph.steps if _reads(step, stream))
        yield StreamStatus(stream, look(stream, groups))


def _reads(step: Step, stream: Stream) -> bool:
    return any(each.stream == stream for each in step.inputs)
