"""What a deployment does, in which order: the one place that decides it.

Streams come first, because a processor whose stream is missing does not start. Then consumers before producers, so that
nothing is written that nobody reads yet (nuclio-facts 0).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .clients.base import DeployerClient
from .displayed import Displayed
from .graph import Graph, Step, Stream

if TYPE_CHECKING:
    from .user_code import StepCode

Node = Step | Stream
"""What a message goes through."""

Rows = tuple[tuple[Step, ...], ...]
"""Steps in their order; none of a row reads what another of it writes, where no cycle leaves another choice."""

Key = str | Stream
"""What stands for a node in a set: a step's slug, or the stream itself."""


class Operation(ABC):
    """One thing that a plan does."""

    @abstractmethod
    def execute(self, client: DeployerClient) -> None:
        """Do it, through the client."""


@dataclass(frozen=True, slots=True)
class Target(Operation):
    """Take this namespace and this registry; what is empty is up to the client."""

    namespace: str
    registry: str

    def execute(self, client: DeployerClient) -> None:
        """Tell the client."""
        client.target(self.namespace, self.registry)


@dataclass(frozen=True, slots=True)
class DeleteStreams(Operation):
    """Delete streams with all that is in them; one that is not there is fine."""

    streams: tuple[Stream, ...]

    def execute(self, client: DeployerClient) -> None:
        """Delete them, through the client."""
        client.delete_streams(self.streams)


@dataclass(frozen=True, slots=True)
class CreateStreams(Operation):
    """Create what is missing and grow what has too few shards."""

    streams: tuple[Stream, ...]

    def execute(self, client: DeployerClient) -> None:
        """Create or grow them, through the client."""
        client.create_streams(self.streams)


@dataclass(frozen=True, slots=True)
class CreateProject(Operation):
    """Create the project unless it exists."""

    project: str

    def execute(self, client: DeployerClient) -> None:
        """Create it, through the client."""
        client.create_project(self.project)


@dataclass(frozen=True, slots=True)
class CreateFunctions(Operation):
    """Build and deploy steps, new or not: row by row, and those of a row in any order or at the same time."""

    project: str
    rows: Rows

    def execute(self, client: DeployerClient) -> None:
        """Deploy them, through the client."""
        client.create_functions(self.project, self.rows)


@dataclass(frozen=True, slots=True)
class Plan(Displayed):
    """A graph with the code of its steps, and the operations that bring it to a cluster."""

    graph: Graph
    code: Mapping[str, StepCode] = field(repr=False)
    operations: tuple[Operation, ...]

    def execute(self, client: DeployerClient) -> None:
        """Do every operation in order, through the client.

        Raises DeployError, from the client, at the first one that fails.
        """
        for operation in self.operations:
            operation.execute(client)


def make_plan(
    graph: Graph,
    code: Mapping[str, StepCode],
    *,
    include: Collection[str] | None = None,
    recreate: bool = False,
) -> Plan:
    """The plan of a graph.

    `include` limits the functions to the steps of these slugs; `recreate` deletes every stream first, with its data.
    """
    rows = tuple(
        tuple(step for step in row if include is None or step.slug in include)
        for row in order_rows(graph.steps)
    )
    operations: list[Operation] = [Target(graph.namespace, graph.registry)]
    if graph.streams and recreate:
        operations.append(DeleteStreams(graph.streams))
    if graph.streams:
        operations.append(CreateStreams(graph.streams))
    operations.append(CreateProject(graph.slug))
    operations.append(CreateFunctions(graph.slug, tuple(filter(None, rows))))
    return Plan(graph, code, tuple(operations))


def order_steps(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Consumers before producers; the graph's order otherwise, and where a cycle leaves no other."""
    steps = tuple(steps)
    readers = readers_of(steps)
    ordered: dict[Key, Node] = {}
    entered: set[Key] = set()
    for first in steps:
        waiting: list[Node] = [first]
        while waiting:
            node = waiting[-1]
            ahead = following(node, readers) if key(node) not in entered else ()
            entered.add(key(node))
            pending = [each for each in ahead if key(each) not in entered]
            if pending:
                waiting.extend(reversed(pending))
            else:
                ordered.setdefault(key(node), waiting.pop())
    return tuple(node for node in ordered.values() if isinstance(node, Step))


def order_rows(steps: Iterable[Step]) -> Rows:
    """The steps in rows: each stands in the first row in which all that read what it writes are before it."""
    ordered = order_steps(steps)
    readers = readers_of(ordered)
    places: dict[str, int] = {}
    for step in ordered:
        behind = {reader.slug for stream in step.written for reader in readers.get(stream, ())}
        places[step.slug] = 1 + max((places[slug] for slug in behind & places.keys()), default=-1)
    rows: list[list[Step]] = [[] for _ in range(1 + max(places.values(), default=-1))]
    for step in ordered:
        rows[places[step.slug]].append(step)
    return tuple(map(tuple, rows))


def readers_of(steps: Iterable[Step]) -> dict[Stream, list[Step]]:
    """The steps that read each stream."""
    readers: dict[Stream, list[Step]] = {}
    for step in steps:
        for each in step.inputs:
            readers.setdefault(each.stream, []).append(step)
    return readers


def writers_of(steps: Iterable[Step]) -> dict[Stream, list[Step]]:
    """The steps that have each stream as an output; dead letters do not count."""
    writers: dict[Stream, list[Step]] = {}
    for step in steps:
        for stream in step.streams:
            writers.setdefault(stream, []).append(step)
    return writers


def key(node: Node) -> Key:
    """What stands for the node in a set: steps cannot be hashed."""
    return node if isinstance(node, Stream) else node.slug


def following(node: Node, readers: Mapping[Stream, Sequence[Step]]) -> Sequence[Node]:
    """Where a message goes next: from a step to the streams that it writes, from a stream to the steps that read it."""
    return readers.get(node, ()) if isinstance(node, Stream) else node.written
