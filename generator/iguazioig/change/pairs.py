"""Which step and which stream of the earlier graph is which of the later one, renamed ones among them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from ..graph import Graph, Input, Step, Stream
from ..plan import readers_of, writers_of

Thing = TypeVar("Thing", Step, Stream)
InputPairs = list[tuple[Input, Input]]


@dataclass(frozen=True, slots=True)
class Matching(Generic[Thing]):
    """Pairs in the order of the later graph, what is new in it, and what is gone."""

    pairs: tuple[tuple[Thing, Thing], ...]
    added: tuple[Thing, ...]
    removed: tuple[Thing, ...]


@dataclass(frozen=True)
class Both:
    """Two graphs of one project, and what of the one is what of the other."""

    before: Graph
    after: Graph

    @cached_property
    def streams(self) -> Matching[Stream]:
        """Which stream is which."""
        return match_streams(self.before, self.after)

    @cached_property
    def steps(self) -> Matching[Step]:
        """Which step is which."""
        return match_steps(self.before, self.after, self.later)

    @cached_property
    def earlier(self) -> dict[str, Stream]:
        """What each stream of the later graph was, by its slug there."""
        return {new.slug: old for old, new in self.streams.pairs}

    @cached_property
    def later(self) -> dict[str, str]:
        """The name that each stream of the earlier graph has in the later one."""
        return {old.slug: new.slug for old, new in self.streams.pairs}

    def inputs_of(self, before: Step, after: Step) -> InputPairs:
        """The inputs that a step has in both: at the same place, or of what is the same stream."""
        at = {place(each.stream): each for each in before.inputs}
        of = {each.stream: each for each in before.inputs}
        pairs: InputPairs = []
        for each in after.inputs:
            was = self.earlier.get(each.stream.slug)
            found = at.get(place(each.stream)) or (of.get(was) if was else None)
            if found is not None and not any(found is old for old, _ in pairs):
                pairs.append((found, each))
        return pairs

    @cached_property
    def places(self) -> dict[str, Stream]:
        """The streams of the earlier graph by where they are."""
        return {place(stream): stream for stream in self.before.streams}

    @cached_property
    def readers(self) -> tuple[dict[Stream, list[Step]], dict[Stream, list[Step]]]:
        """The steps that read each stream, earlier and later."""
        return readers_of(self.before.steps), readers_of(self.after.steps)

    @cached_property
    def writers(self) -> tuple[dict[Stream, list[Step]], dict[Stream, list[Step]]]:
        """The steps that have each stream as an output, earlier and later."""
        return writers_of(self.before.steps), writers_of(self.after.steps)

    @cached_property
    def users(self) -> dict[Stream, tuple[str, ...]]:
        """The steps of the later graph that read or write each stream, dead letters included."""
        found: dict[Stream, dict[str, None]] = {}
        for step in self.after.steps:
            for stream in (*(each.stream for each in step.inputs), *step.written):
                found.setdefault(stream, {})[step.slug] = None
        return {stream: tuple(steps) for stream, steps in found.items()}


def place(stream: Stream) -> str:
    """Where a stream is on the platform, which is all that the platform knows it by."""
    return f"{stream.container}{stream.path}"


def match_streams(before: Graph, after: Graph) -> Matching[Stream]:
    """By name; else by place; else by the steps that write and read it, where it has any and no other has the same."""
    ends_before, ends_after = _ends(before), _ends(after)
    return _match(
        before.streams,
        after.streams,
        (
            lambda stream, _: stream.slug,
            lambda stream, _: place(stream),
            lambda stream, is_later: (ends_after if is_later else ends_before)[stream] or None,
        ),
    )


def match_steps(before: Graph, after: Graph, later: dict[str, str]) -> Matching[Step]:
    """By name; else by the class and the streams that are read: what has these is the step under a new name."""
    return _match(
        before.steps,
        after.steps,
        (
            lambda step, _: step.slug,
            lambda step, is_later: _role(step, {} if is_later else later, with_methods=True),
            lambda step, is_later: _role(step, {} if is_later else later, with_methods=False),
        ),
    )


def _role(step: Step, later: dict[str, str], *, with_methods: bool) -> Hashable:
    read = frozenset(later.get(each.stream.slug, each.stream.slug) for each in step.inputs)
    methods = step.methods if with_methods else ()
    return step.class_module, step.class_name, read, methods


def _ends(graph: Graph) -> dict[Stream, Hashable]:
    """The steps at both ends of each stream; nothing for a stream that lacks one or the other."""
    readers, writers = readers_of(graph.steps), writers_of(graph.steps)
    ends: dict[Stream, Hashable] = {}
    for stream in graph.streams:
        both = [frozenset(it.slug for it in of.get(stream, ())) for of in (writers, readers)]
        ends[stream] = tuple(both) if all(both) else ()
    return ends


def _match(
    before: Sequence[Thing],
    after: Sequence[Thing],
    ways: Iterable[Callable[[Thing, bool], Hashable]],
) -> Matching[Thing]:
    """By each way in turn what no way before has matched; equals are matched in their order."""
    pairs: dict[int, tuple[int, int]] = {}
    for way in ways:
        taken = {old for old, _ in pairs.values()}
        waiting: dict[Hashable, list[int]] = {}
        for old, thing in enumerate(before):
            if old not in taken and (known_as := way(thing, False)) is not None:
                waiting.setdefault(known_as, []).append(old)
        for new, thing in enumerate(after):
            if new not in pairs and waiting.get(known_as := way(thing, True)):
                pairs[new] = (waiting[known_as].pop(0), new)
    matched = [pairs[new] for new in sorted(pairs)]
    olds = {old for old, _ in matched}
    return Matching(
        tuple((before[old], after[new]) for old, new in matched),
        tuple(thing for new, thing in enumerate(after) if new not in pairs),
        tuple(thing for old, thing in enumerate(before) if old not in olds),
    )
