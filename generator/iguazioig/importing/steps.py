"""A function as an entry of `functions`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..api.kinds import DOTTED
from ..api.naming import slug
from ..api.texts import LABEL_VALUE, NAME, QUANTITY, RESOURCE
from ..drift.enriched import REQUESTS
from ..errors import printable
from ..project.yaml_text import flow_list, flow_mapping, plain, quoted
from ..quantities import quantity
from ..reported.config import items, part, text_of, whole, word
from .builds import image, image_name, packages
from .environment import Environment, environment
from .function import Function
from .graph_text import Entry, Mark
from .outputs import outputs
from .streams import Streams
from .triggers import delivery, inputs

_LEVELS = ("debug", "info", "warn", "warning", "error")
_PLACEHOLDER = "unknown"


@dataclass(frozen=True, slots=True)
class Step:
    """A step's entries, and what of its variables is the project's."""

    entries: tuple[Entry, ...]
    environment: Environment


def names(functions: list[Function], project: str) -> list[str]:
    """A name for each step: the function's without the project's, where it begins with that."""
    chosen: list[str] = []
    for number, function in enumerate(functions, 1):
        short = function.name.removeprefix(f"{project}-")
        wanted = [short, function.name, f"step-{number}"]
        taken = {slug(each) for each in chosen}
        fitting = (each for each in wanted if NAME.fits(each) and len(each) <= NAME.longest)
        free = next(
            (each for each in fitting if slug(each) not in taken), f"step-{number}-{len(chosen)}"
        )
        chosen.append(free)
        _note_name(function, f"{project}-{slug(free)}")
    return chosen


def _note_name(function: Function, generated: str) -> None:
    if function.name != generated:
        what = f"the function is called `{printable(function.name, 80)}`"
        function.mark(what, f"generated it is `{generated}`, a new one beside it")


def reads(function: Function, name: str, streams: Streams) -> tuple[Entry, ...]:
    """The inputs of a step: those of all steps have to be known before any output is."""
    return inputs(function, name, _replicas(function)[1], streams)


def step(function: Function, name: str, read: tuple[Entry, ...], streams: Streams) -> Step:
    """The entries of a step that has these inputs; what it lacks is marked at its name."""
    replicas = _replicas(function)
    sent = list(outputs(function, streams))
    variables = environment(function, name)
    settings = [*_settings(function), *_scale(function, replicas, is_reader=bool(read))]
    told = delivery(function)
    entries = [
        *_tag(function),
        *([Entry("input_streams", read)] if read else []),
        *_class(function),
        *sent,
        *([Entry("delivery", flow_mapping(told))] if told else []),
        *([Entry("env_custom", tuple(variables.entries))] if variables.entries else []),
        *settings,
    ]
    marks = (*function.marks, *function.leftovers())
    return Step((Entry("name", plain(name), marks), *entries), variables)


def _tag(function: Function) -> Iterator[Entry]:
    tag = word(function.config, "metadata", "labels", "tag")
    if tag and tag != "latest" and LABEL_VALUE.fits(tag) and len(tag) <= LABEL_VALUE.longest:
        yield Entry("tag", quoted(tag))


def _class(function: Function) -> Iterator[Entry]:
    """What no function tells; as `unknown` it is no module, so that nothing is generated before somebody has said it."""
    module = word(function.spec, "handler").partition(":")[0]
    what = "its class, the arguments of it and its methods are in no function"
    if module != "handler" and DOTTED.fits(module):
        what += f"; its handler is in module `{module}`"
    marks = (Mark(what, "say `class_module`, `class_name`, `class_init` and `methods`"),)
    yield Entry("class_module", _PLACEHOLDER, marks)
    yield Entry("class_name", _PLACEHOLDER.capitalize())
    yield Entry("methods", flow_list([_PLACEHOLDER]))


def _settings(function: Function) -> Iterator[Entry]:
    if below := tuple(_resources(function)):
        yield Entry("resources", below)
    if pip := packages(function):
        yield Entry("pip", flow_list(pip))
    yield Entry("docker_image", plain(image(function)))
    yield Entry("log_level", _level(function))
    if built := image_name(function):
        yield Entry("function_image_name", plain(built))


def _resources(function: Function) -> Iterator[Entry]:
    for kind in ("requests", "limits"):
        known = {
            name: text_of(each) for name, each in part(function.spec, "resources", kind).items()
        }
        known = {name: each for name, each in known.items() if not _is_usual(kind, name, each)}
        fitting = {
            name: each
            for name, each in known.items()
            if RESOURCE.fits(name) and QUANTITY.fits(each)
        }
        if len(fitting) < len(known):
            function.mark(
                f"some of its {kind} of resources cannot be said in a graph", "say `resources`"
            )
        if fitting:
            yield Entry(kind, flow_mapping({name: quoted(each) for name, each in fitting.items()}))


def _is_usual(kind: str, name: str, amount: str) -> bool:
    """Whether it is what nuctl fills in."""
    usual = REQUESTS.get(name) if kind == "requests" else None
    return usual is not None and QUANTITY.fits(amount) and quantity(usual) == quantity(amount)


def _level(function: Function) -> str:
    sinks = items(function.spec, "loggerSinks")
    level = word(sinks[0], "level") if sinks else ""
    if level not in _LEVELS:
        function.mark("its level of the log is the platform's", "`debug` is a guess")
    return level if level in _LEVELS else "debug"


def _replicas(function: Function) -> tuple[int, int]:
    """Fewest and most: `replicas` beats both (nuclio-facts 6)."""
    fixed = whole(function.spec, "replicas")
    least, most = (whole(function.spec, key) for key in ("minReplicas", "maxReplicas"))
    if fixed:
        return fixed, fixed
    return (1 if least is None else max(0, least)), max(most or 1, least or 1)


def _scale(function: Function, replicas: tuple[int, int], *, is_reader: bool) -> Iterator[Entry]:
    least, most = (min(each, 1000) for each in replicas)
    if is_reader and least != most:
        function.mark(
            f"it has {least} to {most} replicas and reads streams",
            "generated it has always the most",
        )
        least = most
    yield Entry("min_replicas", str(least))
    yield Entry("max_replicas", str(most))
