"""The Python of one step that varies: what its handler imports, calls and writes to."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Mapping

from ..graph import Delivery, Graph, JsonValue, Step, Stream
from ..user_code import StepCode
from .python_text import WIDTH, Bracket, Source, assign, call, keyword, lay_out, literal, quote

_TAKEN = frozenset(
    {
        "context",
        "delivery",
        "delivery_batches",
        "delivery_duplicates",
        "event",
        "handler",
        "init_context",
        "message",
        "model",
        "process",
        "step",
        "sys",
    }
)


def handler_variables(graph: Graph, step: Step, code: StepCode) -> dict[str, str]:
    """The variables of handler.py: source text, laid out for the places that it has there."""
    modules = _module_names(step)
    outputs = keyword("outputs", _outputs(graph, step, modules))
    errors = keyword("errors", _errors(step))
    settings = [errors, *_patience(step), *_seen(step), *_batch(step)]
    return {
        "title": _title(graph, step),
        "methods": " ".join(step.methods),
        "__imports": _imports(step, modules),
        "__outputs": _argument(outputs),
        "__errors": ",\n    ".join(map(_argument, settings)),
        "__model": assign("context.user_data.model", _model(step, code), indent=4),
    }


def _argument(source: Source) -> str:
    """One argument of several, on lines of its own; the template has the comma behind it."""
    return lay_out(source, indent=4, after=",").removesuffix(",")


def flow(step: Step) -> str:
    """From where to where the step's messages go, in one line."""
    inputs = ", ".join(each.stream.slug for each in step.inputs) or "HTTP requests"
    return f"{inputs} → {', '.join(targets(step)) or 'no output'}"


def targets(step: Step) -> Iterator[str]:
    """The names of the outputs, in the order in which they are sent."""
    yield from (stream.slug for stream in step.streams)
    yield from (http.url for http in step.https)
    yield from (f"{each.module}.{each.function}" for each in step.functions)


def _title(graph: Graph, step: Step) -> str:
    text = f"Step `{step.slug}` of project `{graph.slug}`: {flow(step)}."
    lines = textwrap.wrap(
        text.replace("\\", "\\\\").replace('"', '\\"'),
        WIDTH - len('"""'),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)


def _module_names(step: Step) -> dict[str, str]:
    """What the handler calls each module of an output function: its own name, unless that is taken."""
    modules = sorted({each.module for each in step.functions})
    taken = {*_TAKEN, _class(step)}
    used = taken | {_top(module) for module in modules}
    names = {}
    for module in modules:
        names[module] = _alias(module, used) if _top(module) in taken else module
        used.add(names[module])
    return names


def _top(module: str) -> str:
    return module.partition(".")[0]


def _alias(module: str, used: Collection[str]) -> str:
    name = f"{module.replace('.', '_')}_module"
    while name in used:
        name += "_"
    return name


def _imports(step: Step, modules: Mapping[str, str]) -> str:
    lines = [
        f"import {module}" if module == name else f"import {module} as {name}"
        for module, name in modules.items()
    ]
    lines.append("import delivery")
    if step.gathers:
        lines.append("import delivery_batches")
    if step.remembers:
        lines.append("import delivery_duplicates")
    lines = [*sorted(lines), _class_import(step)]
    if not step.module_paths:
        return "\n".join(lines)
    paths = lay_out(call("sys.path.extend", [literal(list(step.module_paths))]))
    return "\n".join(
        ["import sys", "", "# where the mounted volumes have modules", paths, "", *lines]
    )


def _class_import(step: Step) -> str:
    name = (
        step.class_name
        if _class(step) == step.class_name
        else f"{step.class_name} as {_class(step)}"
    )
    line = f"from {step.class_module} import {name}"
    if len(line) <= WIDTH:
        return line
    return f"from {step.class_module} import (\n    {name},\n)"


def _class(step: Step) -> str:
    """What the handler calls the class: its own name, unless the handler needs that name itself."""
    return f"{step.class_name}Class" if step.class_name in _TAKEN else step.class_name


def _outputs(graph: Graph, step: Step, modules: Mapping[str, str]) -> Bracket:
    streams = (
        _stream(stream, keyword("partition_key", graph.partition_key)) for stream in step.streams
    )
    https = (call("delivery.Https", [quote(each.url)]) for each in step.https)
    functions = (
        call("delivery.Function", [f"{modules[each.module]}.{each.function}"])
        for each in step.functions
    )
    return Bracket("[", (*streams, *https, *functions), "]")


def _stream(stream: Stream, *more: Source) -> Bracket:
    return call("delivery.Stream", [quote(stream.container), quote(stream.path), *more])


def _errors(step: Step) -> Source | None:
    return None if step.error_stream is None else _stream(step.error_stream)


def _patience(step: Step) -> Iterator[Source]:
    """The arguments that are not what `delivery` has by default."""
    usual = Delivery()
    for name in ("retries", "backoff", "timeout"):
        value = getattr(step.delivery, name)
        if value != getattr(usual, name):
            yield keyword(name, value)


def _seen(step: Step) -> Iterator[Source]:
    """What remembers; in v3io beside the stream of each trigger, so it has to know the containers."""
    if step.remembers:
        containers: JsonValue = {each.stream.slug: each.stream.container for each in step.inputs}
        kept = [literal(containers)] if step.remembers == "v3io" else []
        yield keyword("seen", call("delivery_duplicates.Seen", kept))


def _batch(step: Step) -> Iterator[Source]:
    """What gathers."""
    if step.gathers:
        settings = [keyword("size", step.delivery.batch), keyword("linger", step.delivery.linger)]
        yield keyword("batch", call("delivery_batches.Batch", settings))


def _model(step: Step, code: StepCode) -> Bracket:
    arguments: list[Source] = [keyword(name, value) for name, value in step.init.items()]
    if code.takes_logger is None and "logger" not in step.init:
        return call("delivery.build", [_class(step), "context.logger", *arguments])
    if code.takes_logger and "logger" not in step.init:
        arguments.append("logger=context.logger")
    return call(_class(step), arguments)
