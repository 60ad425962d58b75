"""One function of a graph becomes a step of the neutral model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...errors import Location
from ...graph import (
    NOTEBOOK_ENDING,
    Delivery,
    HttpOutput,
    Input,
    Notebook,
    SecretKey,
    Step,
    Stream,
    UserFunction,
)
from ...images import DEFAULT_IMAGE, choose
from ...quantities import seconds
from ..fields import Entry
from ..naming import LONGEST_FUNCTION, consumer_group, slug
from ..reader import Reader
from .declared import Declared


@dataclass(frozen=True, slots=True)
class StepTranslator:
    """Translates the functions of one project. What could not be read stands in a step with its default."""

    slug_of_project: str
    declared: Declared
    error_stream: Stream | None
    delivery: Entry | None
    reader: Reader

    def step(self, entry: Entry, index: int) -> Step:
        """The step of the function at `index`."""
        name = entry["name"] or f"functions[{index}]"
        outputs = entry["outputs"]
        choice = choose(entry["docker_image"] or DEFAULT_IMAGE)
        if choice.complaint:
            self.reader.complain(entry.at("docker_image"), choice.complaint)
        minimum, maximum = self._replicas(entry)
        notebook = _notebook(entry["class_module"] or "")
        return Step(
            name=name,
            slug=slug(name),
            function_name=self._function_name(entry, name),
            consumer_group=consumer_group(name),
            tag=entry["tag"] or "latest",
            class_module=notebook.module if notebook else entry["class_module"] or "",
            class_name=entry["class_name"] or "",
            init=entry["class_init"] or {},
            methods=tuple(entry["methods"]),
            inputs=self._inputs(entry, maximum),
            streams=self._output_streams(outputs) if outputs else (),
            https=_https(outputs) if outputs else (),
            functions=_functions(outputs) if outputs else (),
            error_stream=self._error_stream(entry),
            delivery=self._delivery(entry["delivery"]),
            env=_env(entry),
            resources=_resources(entry["resources"]),
            pip=tuple(entry["pip"] or ()),
            image=choice.image,
            python=choice.python,
            log_level="warn" if entry["log_level"] == "warning" else entry["log_level"],
            min_replicas=minimum,
            max_replicas=maximum,
            image_name=entry["function_image_name"],
            module_paths=tuple(entry["module_paths"] or ()),
            notebook=notebook,
            location=entry.at("name"),
            places={**entry.places, **_places_below("resources", entry["resources"])},
        )

    def _function_name(self, entry: Entry, name: str) -> str:
        full = f"{self.slug_of_project}-{slug(name)}"
        if len(full) > LONGEST_FUNCTION:
            wrong = f"the function would be called `{full}`, {len(full)} characters"
            expected = f"Nuclio takes at most {LONGEST_FUNCTION}: shorten the name of the step or of the project"
            self.reader.error(entry.at("name"), wrong, expected, "name-too-long")
        return full

    def _replicas(self, entry: Entry) -> tuple[int, int]:
        minimum, maximum = entry["min_replicas"], entry["max_replicas"]
        if entry["input_streams"]:
            return self._stream_replicas(entry)
        if minimum > maximum and not entry.given("max_replicas"):
            return minimum, minimum
        if minimum > maximum:
            wrong = f"`min_replicas` is {minimum}, `max_replicas` is {maximum}"
            expected = "the smaller number goes first"
            self.reader.error(entry.at("min_replicas"), wrong, expected, "replicas")
        return minimum, maximum

    def _stream_replicas(self, entry: Entry) -> tuple[int, int]:
        """Equal on a step that reads streams: Nuclio cannot scale these (nuclio-facts 3.3)."""
        minimum, maximum = entry["min_replicas"], entry["max_replicas"]
        most = max(minimum, maximum)
        both = entry.given("min_replicas") and entry.given("max_replicas")
        if (both and minimum != maximum) or minimum == 0:
            wrong = f"`min_replicas` is {minimum} and `max_replicas` is {maximum} on a step that reads streams"
            expected = (
                f"Nuclio refuses to scale these, so it gets {most}: write the same number twice"
            )
            key = "max_replicas" if entry.given("max_replicas") else "min_replicas"
            self.reader.warn(entry.at(key), wrong, expected, "replicas-differ")
        return most, most

    def _inputs(self, entry: Entry, replicas: int) -> tuple[Input, ...]:
        settings: dict[str, Entry] = entry["input_streams"] or {}
        found = (
            self._input(name, entry.at(f"input_streams.{name}"), each, replicas)
            for name, each in settings.items()
        )
        return tuple(each for each in found if each is not None)

    def _input(self, name: str, place: Location, settings: Entry, replicas: int) -> Input | None:
        if settings.given("polling_interval_ms"):
            wrong = (
                "`polling_interval_ms` has no effect: Nuclio polls every 250 ms whatever it says"
            )
            place_of_it = settings.at("polling_interval_ms")
            self.reader.warn(place_of_it, wrong, "leave it out", "no-effect")
        stream = self.declared.find(name, place, "an input of the step")
        if stream is None:
            return None
        return Input(
            stream=stream,
            workers=settings["max_workers"] or -(-stream.shards // replicas),
            seek_to=settings["seek_to"],
            read_batch_size=settings["read_batch_size"],
            location=place,
            places=settings.places,
        )

    def _output_streams(self, outputs: Entry) -> tuple[Stream, ...]:
        found: dict[str, Stream] = {}
        for index, name in enumerate(outputs["streams"] or ()):
            place = outputs.at(f"streams[{index}]")
            stream = self.declared.find(name, place, "an output of the step")
            if name in found:
                wrong = f"the output `{name}` stands twice"
                self.reader.error(place, wrong, "keep one of the two", "duplicate")
            elif stream is not None:
                found[name] = stream
        return tuple(found.values())

    def _error_stream(self, entry: Entry) -> Stream | None:
        """The step's own; the project's where the step does not mention any; none where it says null."""
        if entry.given("error_stream"):
            place = entry.at("error_stream")
            return self.declared.find(entry["error_stream"], place, "an error stream")
        return self.error_stream if entry.silent("error_stream") else None

    def _delivery(self, entry: Entry | None) -> Delivery:
        """Each key from the step, where it stands there, or else from the project."""
        given: dict[str, Any] = {}
        for each in (self.delivery, entry):
            if each is not None:
                given.update({key: each[key] for key in each.values if not each.silent(key)})
        usual = Delivery()
        return Delivery(
            retries=given.get("retries"),
            backoff=seconds(given["backoff"]) if given.get("backoff") else usual.backoff,
            timeout=seconds(given["timeout"]) if given.get("timeout") else usual.timeout,
            deduplicate=given.get("deduplicate"),
            batch=given.get("batch"),
            linger=seconds(given["linger"]) if given.get("linger") else usual.linger,
        )


def _notebook(module: str) -> Notebook | None:
    return Notebook(module) if module.endswith(NOTEBOOK_ENDING) else None


def _https(outputs: Entry) -> tuple[HttpOutput, ...]:
    urls = enumerate(outputs["https"] or ())
    return tuple(HttpOutput(url=url, location=outputs.at(f"https[{index}]")) for index, url in urls)


def _functions(outputs: Entry) -> tuple[UserFunction, ...]:
    found = []
    for index, dotted in enumerate(outputs["function"] or ()):
        module, _, function = dotted.rpartition(".")
        place = outputs.at(f"function[{index}]")
        found.append(UserFunction(module=module, function=function, location=place))
    return tuple(found)


def _env(entry: Entry) -> dict[str, str | SecretKey]:
    read: dict[str, str | Entry] = entry["env_custom"] or {}
    return {name: _env_value(value) for name, value in read.items()}


def _env_value(value: str | Entry) -> str | SecretKey:
    if isinstance(value, Entry):
        return SecretKey(value["secret"] or "", value["key"] or "")
    return value


def _resources(entry: Entry | None) -> dict[str, dict[str, str]]:
    if entry is None:
        return {}
    return {key: dict(entry[key]) for key in ("requests", "limits") if entry[key]}


def _places_below(name: str, entry: Entry | None) -> dict[str, Location]:
    places = entry.places if entry else {}
    return {f"{name}.{key}": place for key, place in places.items()}
