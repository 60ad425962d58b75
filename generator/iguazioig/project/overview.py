"""What the project's README says of a graph: its picture, its steps and streams as rows of tables."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..checks import POLLS_PER_SECOND, intake
from ..graph import Graph, SecretKey, Step, Stream
from ..picture import draw_mermaid
from ..plan import readers_of, writers_of
from ..user_code import StepCode
from .escapes import show
from .handler_text import targets

_NOT_IN_BACKTICKS = re.compile(r"[`|]|^ | $")
_PUNCTUATION = re.compile(r"[!-,:-@\[-`{-~]")


def overview(graph: Graph, code: Mapping[str, StepCode]) -> dict[str, Any]:
    """The variables of the README's template. Texts are safe in a table of Markdown."""
    return {
        "picture": draw_mermaid(graph),
        "partition_key": cell(graph.partition_key),
        "v3io_api": shlex.quote(graph.v3io_api),
        "access_key": graph.access_key,
        "polls": POLLS_PER_SECOND,
        "step_rows": [_step_row(step) for step in graph.steps],
        "scale_rows": [_scale_row(step) for step in graph.steps],
        "stream_rows": _stream_rows(graph),
        "secret_rows": [(cell(name), cell(key), use) for name, key, use in _secret_rows(graph)],
        "secret_commands": list(_secret_commands(graph)),
        "volume_rows": [
            (each.name, f"{each.container}{each.sub_path}", cell(each.mount_path))
            for each in graph.volumes
        ],
        "volume_secret": graph.volume_secret,
        "on_volume": [
            (step.slug, names(code[step.slug].on_volume))
            for step in graph.steps
            if code[step.slug].on_volume
        ],
    }


def cell(text: str) -> str:
    """Text as code in a table; where backticks cannot hold it, what Markdown could take for its own has its number."""
    shown = show(text)
    if not _NOT_IN_BACKTICKS.search(shown):
        return f"`{shown}`"
    return f"<code>{_PUNCTUATION.sub(lambda found: f'&#{ord(found[0])};', shown)}</code>"


def names(items: Iterable[str]) -> str:
    """The items as code, with commas; a dash where there is none."""
    return ", ".join(cell(item) for item in items) or "–"


def _step_row(step: Step) -> tuple[str, ...]:
    code = f"{step.class_module}.{step.class_name}"
    return (
        f"[{step.slug}](steps/{step.slug}/handler.py)",
        names(each.stream.slug for each in step.inputs),
        f"{cell(code)}: {' → '.join(map(cell, step.methods))}",
        names(targets(step)),
        f"to {cell(step.error_stream.slug)}" if step.error_stream else "whole, into the log",
    )


def _scale_row(step: Step) -> tuple[str, ...]:
    fewest = f"{step.min_replicas} to " if step.min_replicas != step.max_replicas else ""
    workers = (
        ", ".join(f"{each.workers} for {cell(each.stream.slug)}" for each in step.inputs) or "1"
    )
    limits = ", ".join(f"{intake(each)}/s" for each in step.inputs) or "–"
    return (
        step.slug,
        f"{fewest}{step.max_replicas}",
        workers,
        str(step.copies),
        limits,
        cell(step.image),
        _resources(step),
    )


def _resources(step: Step) -> str:
    return (
        "; ".join(
            f"{kind} " + ", ".join(f"{name} {amount}" for name, amount in amounts.items())
            for kind, amounts in step.resources.items()
        )
        or "–"
    )


def _stream_rows(graph: Graph) -> list[tuple[str, ...]]:
    readers = {stream: _slugs(steps) for stream, steps in readers_of(graph.steps).items()}
    writers = {stream: _slugs(steps) for stream, steps in writers_of(graph.steps).items()}
    for step in graph.steps:
        if step.error_stream is not None:
            writers.setdefault(step.error_stream, []).append(f"{step.slug} (dead letters)")
    return [
        _stream_row(stream, writers.get(stream, ()), readers.get(stream, ()))
        for stream in graph.streams
    ]


def _slugs(steps: Iterable[Step]) -> list[str]:
    return [step.slug for step in steps]


def _stream_row(stream: Stream, writers: Iterable[str], readers: Iterable[str]) -> tuple[str, ...]:
    return (
        stream.slug,
        cell(f"{stream.container}{stream.path}"),
        str(stream.shards),
        f"{stream.retention} h",
        ", ".join(writers) or "from outside",
        ", ".join(readers) or "nobody here",
    )


def _secret_rows(graph: Graph) -> list[tuple[str, str, str]]:
    rows = [(graph.access_key.name, graph.access_key.key, "`V3IO_ACCESS_KEY` of every step")]
    if graph.volumes:
        rows.append((graph.volume_secret, "accessKey", "the volumes; its type is `v3io/fuse`"))
    for step in graph.steps:
        for name, value in step.env.items():
            if isinstance(value, SecretKey):
                rows.append((value.name, value.key, f"`{name}` of {step.slug}"))
    return rows


def _secret_commands(graph: Graph) -> Iterator[str]:
    """What makes each Secret; a value that is nobody's variable is left for the reader to fill in."""
    keys: dict[str, list[str]] = {}
    for name, key, _ in _secret_rows(graph):
        if key not in keys.setdefault(name, []):
            keys[name].append(key)
    for name, of_it in keys.items():
        kind = " --type v3io/fuse" if graph.volumes and name == graph.volume_secret else ""
        literals = " ".join(
            f"--from-literal={key}={_secret_value(graph, name, key)}" for key in of_it
        )
        yield f"kubectl create secret generic {name}{kind} {literals}"


def _secret_value(graph: Graph, name: str, key: str) -> str:
    is_access = SecretKey(name, key) == graph.access_key
    is_fuse = graph.volumes and (name, key) == (graph.volume_secret, "accessKey")
    return '"$V3IO_ACCESS_KEY"' if is_access or is_fuse else "…"
