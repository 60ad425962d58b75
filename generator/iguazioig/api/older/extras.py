"""What functions of older versions say that 0.2.0 has no key for, and where it goes in the neutral model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from ...errors import Location
from ...graph import Condition, Graph, Habits, Step, UserFunction, UserModule


@dataclass(slots=True)
class Extras:
    """Of one function: the conditions of its streams, by their names, and those of its output functions, in their order."""

    streams: dict[str, Condition] = field(default_factory=dict)
    functions: list[Condition | None] = field(default_factory=list)
    gets_incoming: bool = False
    imports: tuple[UserModule, ...] = ()
    habits: Habits = field(default_factory=Habits)


@dataclass(frozen=True, slots=True, order=True)
class Deviation:
    """Something that a graph says and that 0.2.0 has no key for: `what` is condition, post-process or import."""

    location: Location
    step: str
    what: str


def add_extras(graph: Graph, extras: Sequence[Extras]) -> Graph:
    """The graph with what 0.2.0 could not say of its steps."""
    steps = (_add(step, each) for step, each in zip(graph.steps, extras, strict=True))
    return replace(graph, steps=tuple(steps))


def _add(step: Step, extras: Extras) -> Step:
    conditions = {
        stream.slug: extras.streams[stream.name]
        for stream in step.streams
        if stream.name in extras.streams
    }
    functions = (
        replace(each, condition=condition, gets_incoming=extras.gets_incoming)
        for each, condition in zip(step.functions, extras.functions, strict=True)
    )
    return replace(
        step,
        conditions=conditions,
        functions=tuple(functions),
        imports=extras.imports,
        habits=extras.habits,
    )


def deviations(graph: Graph) -> Iterator[Deviation]:
    """What of a graph 0.2.0 cannot say: where there is none, a graph of 0.2.0 can generate the same project."""
    for step in graph.steps:
        conditions = [*step.conditions.values(), *map(_condition, step.functions)]
        for condition in filter(None, conditions):
            yield Deviation(condition.location, step.name, "condition")
        for function in step.functions:
            if function.gets_incoming:
                yield Deviation(function.location, step.name, "post-process")
        for module in step.imports:
            yield Deviation(module.location, step.name, "import")


def _condition(function: UserFunction) -> Condition | None:
    return function.condition
