"""A v3io as the test of a graph sees it: streams by their names, steps by theirs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..deployment import Loaded
from ..errors import did_you_mean
from ..graph import Step, Stream

if TYPE_CHECKING:
    from ..emulator import Record, V3io
    from ..emulator.faults import Faults
    from .running_step import RunningStep


T = TypeVar("T")
N = TypeVar("N", Stream, Step)


class GraphV3io:
    """An embedded v3io that has the streams of a graph.

    `server` is the v3io itself, with all that is not the graph's; `graph` is what was read. Names that the graph has not
    are ValueErrors.
    """

    def __init__(self, server: V3io, loaded: Loaded, folder: Path) -> None:
        self.server = server
        self.graph = loaded.graph
        self._loaded = loaded
        self._folder = folder
        self._running: dict[str, RunningStep] = {}
        for stream in self.graph.streams:
            server.create_container(stream.container)
            server.create_stream(
                stream.container,
                stream.path,
                shards=stream.shards,
                retention_hours=stream.retention,
            )

    @property
    def url(self) -> str:
        """Where it is: what V3IO_API says."""
        return self.server.url

    @property
    def access_key(self) -> str:
        """What V3IO_ACCESS_KEY says."""
        return self.server.access_key

    @property
    def faults(self) -> Faults:
        """What goes wrong on demand: `v3io.faults.add(kind="status", status=503, function="PutRecords", next=2)`."""
        return self.server.faults

    def put(self, stream: str, messages: Iterable[Any]) -> None:
        """Put messages into a stream: bytes as they are, anything else as JSON.

        The partition key is the field of a message that the graph says; bytes have none.
        """
        __tracebackhide__ = True
        place = self._stream(stream)
        for key, run in groupby(messages, self._key):
            self.server.put(place.container, place.path, list(run), key=key)

    def records(self, stream: str) -> list[Record]:
        """What is in a stream, in the order of its arrival; `.json` of a record is its message."""
        __tracebackhide__ = True
        place = self._stream(stream)
        return self.server.records(place.container, place.path)

    def run(self, *steps: str, seconds: float = 60.0) -> None:
        """Let steps handle the records that they have not handled yet, until there are none; without names, all steps.

        A step is the one that would be deployed: generated from the graph, in a process of its own for each stream that it
        reads, which lives until the test ends. What it logs is printed. The test fails where a step cannot start, where
        its process ends or raises, and when all of it takes longer than `seconds`.
        """
        __tracebackhide__ = True
        chosen = list(map(self._step, steps)) or self.graph.steps
        deadline = time.monotonic() + seconds
        while self._run(chosen, deadline):
            pass

    def log(self, step: str) -> str:
        """All that a step has logged."""
        __tracebackhide__ = True
        return self._start(self._step(step)).log

    def volume(self, name: str) -> Path:
        """The local folder that is mounted into the steps as this volume of the graph."""
        __tracebackhide__ = True
        names = [volume.name for volume in self.graph.volumes]
        return self._folder_of(_known("volume", name, {each: each for each in names}))

    def close(self) -> None:
        """End the processes of the steps."""
        for step in self._running.values():
            step.close()

    def _run(self, steps: Iterable[Step], deadline: float) -> int:
        __tracebackhide__ = True
        handled = 0
        for step in steps:
            handled += self._start(step).run(self.server, deadline)
        return handled

    def _stream(self, name: str) -> Stream:
        __tracebackhide__ = True
        return _known("stream", name, _by_name(self.graph.streams))

    def _step(self, name: str) -> Step:
        __tracebackhide__ = True
        return _known("step", name, _by_name(self.graph.steps))

    def _key(self, message: Any) -> str | None:
        key = self.graph.partition_key
        return key if isinstance(message, Mapping) and isinstance(message.get(key), str) else None

    def _start(self, step: Step) -> RunningStep:
        __tracebackhide__ = True
        if step.slug not in self._running:
            from .running_step import RunningStep

            mounts = {each.name: self._folder_of(each.name) for each in self.graph.volumes}
            folder = self._project() / "steps" / step.slug
            self._running[step.slug] = RunningStep(folder, self._folder, mounts, self.server)
        return self._running[step.slug]

    def _project(self) -> Path:
        project = self._folder / "project"
        if not project.exists():
            from ..folder.write import write
            from ..project import render

            write(render(self._loaded.plan()), project)
        return project

    def _folder_of(self, volume: str) -> Path:
        folder = self._folder / "volumes" / volume
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _by_name(things: Iterable[N]) -> dict[str, N]:
    return {name: each for each in things for name in (each.slug, each.name)}


def _known(what: str, name: str, known: Mapping[str, T]) -> T:
    __tracebackhide__ = True
    if name not in known:
        there = ", ".join(f"`{each}`" for each in known) or "none"
        raise ValueError(
            f"the graph has no {what} `{name}`{did_you_mean(name, known)}; there are: {there}"
        )
    return known[name]
