"""The triggers of a function as `input_streams`, as far as a graph has them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..api.naming import consumer_group
from ..errors import printable
from ..project.yaml_text import flow_mapping
from ..reported.config import Config, part, whole, word
from .function import Function, is_ours
from .graph_text import Entry
from .streams import Streams, is_place

V3IO_KINDS = ("v3ioStream", "v3io-stream")

_LEGACY = re.compile(
    r"(?P<server>https?://[^/]+)/(?P<container>[^/]+)/(?P<path>[^@]+)@(?P<group>.+)"
)
_UNDERSTOOD = (
    "kind",
    "name",
    "numWorkers",
    "url",
    "password",
    "explicitAckMode",
    "attributes.containerName",
    "attributes.streamPath",
    "attributes.consumerGroup",
    "attributes.seekTo",
    "attributes.readBatchSize",
    "attributes.workerAllocationMode",
)
_MOST_WORKERS, _MOST_RECORDS = 100_000, 1000


def inputs(function: Function, step: str, replicas: int, streams: Streams) -> tuple[Entry, ...]:
    """The entries of `input_streams`."""
    return tuple(_inputs(function, step, replicas, streams))


def _inputs(function: Function, step: str, replicas: int, streams: Streams) -> Iterator[Entry]:
    for name, trigger in function.triggers.items():
        kind = word(trigger, "kind")
        if kind in V3IO_KINDS:
            yield from _input(function, name, (step, replicas), streams)
        elif kind == "http":
            _note_http(function, name, trigger)
        else:
            function.understood.append(f"spec.triggers.{name}")
            what = f"trigger `{printable(name, 60)}` is a `{printable(kind, 60)}`"
            function.mark(
                f"{what}, which 0.2.0 has not", "a step reads v3io streams, or HTTP requests"
            )


def _note_http(function: Function, name: str, trigger: Config) -> None:
    function.understood += [f"spec.triggers.{name}.kind", f"spec.triggers.{name}.name"]
    others = [each for each in function.triggers if each != name]
    if others:
        function.understood.append(f"spec.triggers.{name}.numWorkers")
        what = f"it takes HTTP requests as well, by trigger `{printable(name, 60)}`"
        function.mark(what, "a step that reads streams takes none in 0.2.0")
    elif whole(trigger, "numWorkers") == 1:
        function.understood.append(f"spec.triggers.{name}.numWorkers")


def _input(
    function: Function, name: str, reader: tuple[str, int], streams: Streams
) -> Iterator[Entry]:
    trigger, (step, replicas) = function.triggers[name], reader
    function.understood += [f"spec.triggers.{name}.{each}" for each in _UNDERSTOOD]
    if word(trigger, "workerTerminationTimeout") == "10s":  # nuctl's default
        function.understood.append(f"spec.triggers.{name}.workerTerminationTimeout")
    container, path, group = place_of(trigger)
    if not is_place(container, path):
        what = f"trigger `{printable(name, 60)}` reads container `{printable(container, 60)}`, path `{printable(path, 60)}`"
        function.mark(what, "a graph cannot name that: say where the stream is")
        return
    workers = max(1, min(whole(trigger, "numWorkers") or 1, _MOST_WORKERS))
    stream = streams.read(container, path, name, workers * max(replicas, 1))
    if group != consumer_group(step):
        what = f"its consumer group in `{stream.name}` is `{printable(group, 60)}`"
        function.mark(what, f"generated it is `{consumer_group(step)}`, which begins at `seek_to`")
    yield Entry(
        stream.name, flow_mapping({"max_workers": str(workers), **_settings(function, trigger)})
    )


def place_of(trigger: Config) -> tuple[str, str, str]:
    """Container, path and consumer group; in old functions they are in the URL (nuclio-facts 3.1)."""
    given = {key.lower(): value for key, value in part(trigger, "attributes").items()}
    found = (word(given, "containername"), word(given, "streampath"), word(given, "consumergroup"))
    legacy = _LEGACY.fullmatch(word(trigger, "url"))
    if not any(found) and legacy:
        return legacy["container"], legacy["path"], legacy["group"]
    return found


def server_of(trigger: Config) -> str:
    """Where the trigger's v3io is."""
    legacy = _LEGACY.fullmatch(word(trigger, "url"))
    return legacy["server"] if legacy else word(trigger, "url")


def _settings(function: Function, trigger: Config) -> dict[str, str]:
    """What is not what a graph has by default; Nuclio's own defaults are others."""
    given = {key.lower(): value for key, value in part(trigger, "attributes").items()}
    settings = {}
    if (seek := word(given, "seekto") or "latest") != "earliest":
        settings["seek_to"] = "latest"
        if seek != "latest":
            function.mark(
                f"`seekTo` is `{printable(seek, 60)}`", "a graph has `earliest` and `latest`"
            )
    records = whole(given, "readbatchsize") or 64
    if records > _MOST_RECORDS:
        function.mark(f"`readBatchSize` is {records:,}", f"a graph has at most {_MOST_RECORDS:,}")
    if (most := max(1, min(records, _MOST_RECORDS))) != 100:
        settings["read_batch_size"] = str(most)
    return settings


def delivery(function: Function) -> dict[str, str]:
    """What the triggers tell of `delivery`: a step that gathers acknowledges, one that remembers keeps its shards."""
    triggers = [each for each in function.triggers.values() if word(each, "kind") in V3IO_KINDS]
    modes = {word(each, "explicitAckMode") for each in triggers} - {"disable", ""}
    static = any(word(each, "attributes", "workerAllocationMode") == "static" for each in triggers)
    if not is_ours(function):
        if modes:
            what = f"its code acknowledges records itself (`explicitAckMode: {printable(min(modes), 60)}`)"
            function.mark(what, "a generated step does that with `delivery: {batch: …}` only")
        return {}
    if modes:
        function.mark("it sends messages in batches", "`batch: 32` is a guess: say of how many")
        return {"batch": "32"}
    if static:
        function.mark("it skips what it has delivered", "`memory` is a guess: `v3io` is the other")
        return {"deduplicate": "memory"}
    return {}
