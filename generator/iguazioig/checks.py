"""Checks of a graph as a whole: what is fine in each place and wrong, or wasteful, together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from .errors import Location, Problem
from .graph import Graph, Input, Located, Step, Stream, Volume
from .plan import Key, Node, following, key, readers_of, writers_of
from .quantities import quantity

POLLS_PER_SECOND = 4
"""How often a member of a consumer group reads each shard (v3io-protocol 6.5)."""

MINE = ("V3IO_API", "V3IO_ACCESS_KEY")
"""Variables that the generated function.yaml sets itself."""

_LONGEST_WAY = 12
_MOST_CYCLES = 20


def intake(each: Input) -> int:
    """The most records per second that a trigger takes from one shard."""
    return POLLS_PER_SECOND * each.read_batch_size


def check(graph: Graph) -> list[Problem]:
    """Every problem and warning about the graph as a whole."""
    return [problem for rule in RULES for problem in rule(graph)]


def check_names(graph: Graph) -> Iterator[Problem]:
    """Two steps or streams that become one name, one path, one mount."""
    yield from _twice(
        "is known as", ((each.slug, each, f"step `{each.name}`") for each in graph.steps)
    )
    yield from _twice(
        "is known as", ((each.slug, each, f"stream `{each.name}`") for each in graph.streams)
    )
    distinct = {stream.slug: stream for stream in graph.streams}.values()
    yield from _twice("is", (_path_of(each) for each in distinct))
    yield from _twice("is", (_mount_of(each) for each in graph.volumes))


def _path_of(stream: Stream) -> tuple[str, Located, str]:
    return f"{stream.container}{stream.path}", stream, f"the path of stream `{stream.name}`"


def _mount_of(volume: Volume) -> tuple[str, Located, str]:
    mount = volume.mount_path.rstrip("/")
    return mount, volume, f"the mount path of volume `{volume.name}`"


def _twice(verb: str, things: Iterable[tuple[str, Located, str]]) -> Iterator[Problem]:
    first: dict[str, tuple[Located, str]] = {}
    for name, thing, title in things:
        other, title_of_other = first.setdefault(name, (thing, title))
        if other is not thing:
            place = _said_at(thing)
            where = _seen_from(place, _said_at(other))
            wrong = f"{title} {verb} `{name}`, and so is {title_of_other} in {where}"
            yield Problem(place, wrong, "give one of them another", "same-name")


def _said_at(thing: Located) -> Location:
    """Where a thing is declared, or where an environment, which has a file of its own, gives it another path."""
    path = thing.at("path")
    return path if path.path != thing.location.path else thing.location


def _seen_from(place: Location, other: Location) -> str:
    """Where another place is, in the words of a message at the first one."""
    return f"line {other.line}" if other.path == place.path else f"`{other.path}:{other.line}`"


def check_streams(graph: Graph) -> Iterator[Problem]:
    """Streams that nothing uses."""
    used = {each.stream for step in graph.steps for each in step.inputs}
    used |= {stream for step in graph.steps for stream in step.written}
    for stream in graph.streams:
        if stream not in used:
            expected = "read or write it, or take it out"
            yield _warning(
                stream.location,
                f"no step uses the stream `{stream.name}`",
                expected,
                "unused-stream",
            )


def check_feeds(graph: Graph) -> Iterator[Problem]:
    """Steps that no stream feeds."""
    for step in graph.steps:
        if not step.inputs:
            wrong = f"nothing feeds step `{step.name}`: it has no input stream"
            expected = "name one in `input_streams`; without any, it only answers HTTP requests"
            yield _warning(step.location, wrong, expected, "not-fed")


def check_cycles(graph: Graph) -> Iterator[Problem]:
    """Ways through the graph that come back to where they began; steps of one name cannot be told apart."""
    is_clear = len({step.slug for step in graph.steps}) == len(graph.steps)
    for way in find_cycles(graph) if is_clear else ():
        if len(way) == 1 and _reads_only_its_errors(way[0]):
            continue
        expected = "a message that takes this way never ends; make sure that a method returns None at some point"
        wrong = f"the steps form a cycle: {_around(way)}"
        yield _warning(way[0].location, wrong, expected, "cycle")


def _reads_only_its_errors(step: Step) -> bool:
    """Whether a step that feeds itself does so with its dead letters alone, which is an error of its own."""
    return not any(each.stream in step.streams for each in step.inputs)


def _around(way: Sequence[Step]) -> str:
    names = [f"`{step.name}`" for step in (*way, way[0])]
    if len(names) > _LONGEST_WAY:
        middle = f"{len(names) - _LONGEST_WAY} more"
        names = [*names[: _LONGEST_WAY // 2], middle, *names[-_LONGEST_WAY // 2 :]]
    return " → ".join(names)


def find_cycles(graph: Graph) -> list[list[Step]]:
    """Ways round, as a walk in the graph's order meets them: one at least where there is one, and not too many to read."""
    readers = readers_of(graph.steps)
    done: set[Key] = set()
    ways = (way for start in graph.steps for way in _ways_back(start, readers, done))
    return [[node for node in way if isinstance(node, Step)] for way in islice(ways, _MOST_CYCLES)]


def _ways_back(
    start: Step, readers: Mapping[Stream, Sequence[Step]], done: set[Key]
) -> Iterator[Sequence[Node]]:
    """Each way from a step or stream back to itself, met by a walk in depth from `start`; `done` grows."""
    way: list[Node] = [start] if key(start) not in done else []
    places = {key(start): 0}
    ahead = [iter(following(start, readers))]
    while way:
        node = next(ahead[-1], None)
        if node is None:
            ahead.pop()
            done.add(key(way[-1]))
            del places[key(way.pop())]
        elif key(node) in places:
            yield way[places[key(node)] :]
        elif key(node) not in done:
            places[key(node)] = len(way)
            way.append(node)
            ahead.append(iter(following(node, readers)))


def check_converge(graph: Graph) -> Iterator[Problem]:
    """Steps where branches meet: a class that waits in memory needs every message of a key in the same process.

    A worker is a process of its own, a trigger has workers of its own, and the shards of two streams are spread over the
    replicas independently (graph-0.2.0, Converge; nuclio-facts 3.3).
    """
    writers = writers_of(graph.steps)
    for step in graph.steps:
        branches = {writer.slug for each in step.inputs for writer in writers.get(each.stream, ())}
        branches.discard(step.slug)
        if len(step.inputs) > 1:
            streams = " and ".join(f"`{each.stream.name}`" for each in step.inputs)
            wrong = (
                f"step `{step.name}` reads {streams}: messages of one key reach different processes"
            )
            expected = "if its class waits for several messages of a key, let the branches write into one stream"
            yield _warning(step.at("input_streams"), wrong, expected, "converge")
        elif len(branches) > 1 and step.inputs[0].workers > 1:
            each = step.inputs[0]
            wrong = f"branches meet in step `{step.name}`, which has {each.workers} workers, each with its own memory"
            expected = "if its class waits for several messages of a key, write `max_workers: 1` and scale with replicas"
            yield _warning(each.at("max_workers"), wrong, expected, "converge")


def check_capacity(graph: Graph) -> Iterator[Problem]:
    """Replicas and workers that never get a shard."""
    for step in graph.steps:
        if step.inputs:
            yield from _idle_replicas(step)
            for each in step.inputs:
                yield from _idle_workers(step, each)


def _idle_replicas(step: Step) -> Iterator[Problem]:
    most = max(each.stream.shards for each in step.inputs)
    if step.replicas > most:
        wrong = f"step `{step.name}` has {step.replicas} replicas for {_shards(most)}: {_idle(step.replicas - most)}"
        expected = f"at most {most} of them, or a stream with more shards"
        place = step.places.get("max_replicas", step.at("min_replicas"))
        yield _warning(place, wrong, expected, "idle-replicas")


def _idle_workers(step: Step, each: Input) -> Iterator[Problem]:
    share = -(-each.stream.shards // step.replicas)
    if each.workers > share:
        wrong = (
            f"step `{step.name}` has {each.workers} workers per replica for its share of {_shards(share)} of "
            f"`{each.stream.name}`: {_idle(each.workers - share)}, and each starts a copy of `{step.class_name}` "
            f"({step.copies} in all)"
        )
        expected = f"`max_workers: {share}`, or leave it out"
        yield _warning(each.at("max_workers"), wrong, expected, "idle-workers")


def _idle(count: int) -> str:
    return f"{count} {'stays' if count == 1 else 'stay'} idle"


def _shards(count: int) -> str:
    return "1 shard" if count == 1 else f"{count} shards"


def check_errors(graph: Graph) -> Iterator[Problem]:
    """Dead letters that would come back as input."""
    for step in graph.steps:
        inputs = [each.stream for each in step.inputs]
        if step.error_stream is not None and step.error_stream in inputs:
            wrong = f"step `{step.name}` reads its own error stream `{step.error_stream.name}`"
            expected = "a message that fails would fail for ever: name another stream, or null"
            yield Problem(step.at("error_stream"), wrong, expected, "error-stream")


def check_batches(graph: Graph) -> Iterator[Problem]:
    """Steps that cannot gather records, because Nuclio would take an acknowledgement for that of another stream."""
    for step in graph.steps:
        if step.delivery.batch is not None and len(step.inputs) > 1:
            wrong = f"step `{step.name}` reads {len(step.inputs)} streams, so `batch` has no effect for it"
            expected = "a step for each stream, or no `batch`"
            yield _warning(step.at("delivery"), wrong, expected, "batch")


def check_environment(graph: Graph) -> Iterator[Problem]:
    """Variables that the project sets itself."""
    for step in graph.steps:
        for name in step.env:
            if name in MINE:
                expected = (
                    "leave it out: `v3io_api` and `access_key_secret` of the project say what it is"
                )
                wrong = f"`{name}` is set by the generated function.yaml"
                yield Problem(step.at(f"env_custom.{name}"), wrong, expected, "environment")


def check_module_paths(graph: Graph) -> Iterator[Problem]:
    """Module paths that no volume provides."""
    mounts = [each.mount_path.rstrip("/") for each in graph.volumes]
    for step in graph.steps:
        for index, path in enumerate(step.module_paths):
            if not any(path == mount or path.startswith(mount + "/") for mount in mounts):
                wrong = f"no volume is mounted at `{path}`"
                expected = "declare it in `v3io_volumes`, unless the image has that folder"
                yield _warning(step.at(f"module_paths[{index}]"), wrong, expected, "module-path")


def check_resources(graph: Graph) -> Iterator[Problem]:
    """Requests above the limits, which Kubernetes refuses."""
    for step in graph.steps:
        limits = step.resources.get("limits", {})
        for name, amount in step.resources.get("requests", {}).items():
            if name in limits and quantity(amount) > quantity(limits[name]):
                wrong = f"step `{step.name}` requests {amount} of `{name}`, more than its limit {limits[name]}"
                place = step.at(f"resources.requests.{name}")
                yield Problem(place, wrong, "a request is at most the limit", "resources")


RULES: Sequence[Callable[[Graph], Iterator[Problem]]] = (
    check_names,
    check_streams,
    check_feeds,
    check_cycles,
    check_converge,
    check_capacity,
    check_errors,
    check_batches,
    check_environment,
    check_module_paths,
    check_resources,
)


def _warning(place: Location, wrong: str, expected: str, code: str) -> Problem:
    return Problem(place, wrong, expected, code, "warning")
