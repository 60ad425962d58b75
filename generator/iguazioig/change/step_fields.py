"""The settings of a step as flat fields, which are compared one by one and shown by the graph's own names for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any, NamedTuple

from ..errors import Location
from ..graph import Delivery, Input, JsonValue, Step, Stream
from .words import became

Fields = Mapping[str, Any]

Inputs = Iterable[tuple[str, Input]]
"""Inputs with the name that the stream has in the later graph."""


class Difference(NamedTuple):
    """A field that has another value: its line, and where in the later graph it stands."""

    line: str
    location: Location


def settings(step: Step, inputs: Inputs, names: Mapping[str, str]) -> dict[str, Any]:
    """What a step does and needs, without its name and how many of it there are; `names` are other names of streams."""
    found: dict[str, Any] = {
        "class_module": step.notebook.path if step.notebook else step.class_module,
        "class_name": step.class_name,
        "methods": step.methods,
        "outputs.streams": tuple(names.get(each.slug, each.slug) for each in step.streams),
        "outputs.https": tuple(each.url for each in step.https),
        "outputs.function": tuple(f"{each.module}.{each.function}" for each in step.functions),
        "error_stream": _name(step.error_stream, names),
        "pip": step.pip,
        "docker_image": step.image,
        "log_level": step.log_level,
        "tag": step.tag,
        "function_image_name": step.image_name,
        "module_paths": step.module_paths,
        "imports": tuple(each.name for each in step.imports),
    }
    conditions = {names.get(slug, slug): each for slug, each in step.conditions.items()}
    conditions |= {
        f"{each.module}.{each.function}": each.condition
        for each in step.functions
        if each.condition is not None
    }
    found.update({f"conditions.{name}": each.text for name, each in conditions.items()})
    found.update({f"delivery.{name}": value for name, value in _delivery(step.delivery)})
    found.update({f"class_init.{name}": _as_json(value) for name, value in step.init.items()})
    found.update({f"env_custom.{name}": value for name, value in step.env.items()})
    for kind, amounts in step.resources.items():
        found.update({f"resources.{kind}.{name}": it for name, it in amounts.items()})
    found.update({f"input_streams.{name}.seek_to": each.seek_to for name, each in inputs})
    return found


def _delivery(delivery: Delivery) -> Iterator[tuple[str, Any]]:
    """Each key of it, whichever there are; what is no whole number is a time in seconds."""
    for key in fields(delivery):
        value = getattr(delivery, key.name)
        yield key.name, f"{value:g}s" if isinstance(value, float) else value


def scale(step: Step, inputs: Inputs) -> dict[str, Any]:
    """How many of a step there are, and how much they take at once."""
    found = {"min_replicas": step.min_replicas, "max_replicas": step.max_replicas}
    for name, each in inputs:
        found[f"input_streams.{name}.max_workers"] = each.workers
        found[f"input_streams.{name}.read_batch_size"] = each.read_batch_size
    return found


def _name(stream: Stream | None, names: Mapping[str, str]) -> str | None:
    return None if stream is None else names.get(stream.slug, stream.slug)


def _as_json(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False)


def differences(before: Fields, after: Fields, step: Step) -> Iterator[Difference]:
    """The fields that differ, in the order of the later ones, then those that are gone."""
    for name in dict.fromkeys((*after, *before)):
        if before.get(name) != after.get(name):
            yield Difference(became(name, before.get(name), after.get(name)), _place(step, name))


def _place(step: Step, name: str) -> Location:
    """Where the field stands in the graph, or what it belongs to."""
    stream, _, key = name.removeprefix("input_streams.").rpartition(".")
    for each in step.inputs if name.startswith("input_streams.") else ():
        if each.stream.slug == stream:
            return each.at(key)
    return step.places.get(name) or step.at(name.partition(".")[0])
