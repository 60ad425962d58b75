"""The Python of one step that varies: what its handler imports, calls and writes to."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Mapping

from ..graph import Condition, Delivery, Graph, JsonValue, Step, Stream, UserFunction
from ..user_code import StepCode
from .choice_text import Choice, choice_text
from .python_text import WIDTH, Bracket, Source, assign, call, keyword, lay_out, literal, quote

_TAKEN = frozenset(
    {
        "context",
        "contextlib",
        "delivery",
        "delivery_batches",
        "delivery_duplicates",
        "event",
        "handler",
        "init_context",
        "message",
        "model",
        "post_process",
        "process",
        "step",
        "sys",
        "wanted",
    }
)


def handler_variables(graph: Graph, step: Step, code: StepCode) -> dict[str, str]:
    """The variables of handler.py: source text, laid out for the places that it has there."""
    modules = _module_names(step)
    outputs = _outputs(graph, step, modules)
    names = _output_names(step, modules) if step.chooses else []
    listed = keyword("outputs", Bracket("[", tuple(names or outputs), "]"))
    errors = keyword("errors", _errors(step))
    settings = [errors, *_patience(step), *_seen(step), *_batch(step)]
    choices = map(Choice, names, _conditions(step))
    return {
        "title": _title(graph, step),
        "methods": " ".join(step.methods),
        "__imports": _imports(step, modules),
        "__before": _before(step, modules, dict(zip(names, outputs, strict=False))),
        "__outputs": _argument(listed),
        "__errors": ",\n    ".join(map(_argument, settings)),
        "__model": assign("context.user_data.model", _model(step, code), indent=4),
        "__incoming": "context.user_data.incoming = message" if _keeps_incoming(step) else "",
        "__last": "\n    ".join(_last(step, modules)),
        "__wanted": choice_text(list(choices)),
    }


def _before(step: Step, modules: Mapping[str, str], outputs: Mapping[str, Source]) -> str:
    """What stands between the imports and the step: the blank lines around it are black's."""
    named = "\n".join(
        assign(name, output, indent=0) if isinstance(output, Bracket) else f"{name} = {output}"
        for name, output in outputs.items()
    )
    function = _post_process(step, modules) if _keeps_incoming(step) else ""
    if function:
        return f"\n\n{function}\n\n" + (f"\n{named}\n" if named else "")
    return f"\n{named}\n" if named else ""


def _post_process(step: Step, modules: Mapping[str, str]) -> str:
    calls = (
        f"    {_called(each, modules)}(context, context.user_data.incoming)"
        for each in step.functions
        if each.gets_incoming
    )
    head = 'def post_process(context, message):\n    """It gets what came in, as the methods have left it."""'
    return "\n".join([head, *calls])


def _keeps_incoming(step: Step) -> bool:
    """Whether a function that gets what came in is called when the result has been written."""
    is_asked_for = any(each.gets_incoming for each in step.functions)
    return is_asked_for and not _calls_incoming(step)


def _calls_incoming(step: Step) -> bool:
    """Whether all that follows the methods are functions that get what came in, whatever the methods return."""
    functions = step.functions
    return bool(functions) and not (step.streams or step.https) and all(each.gets_incoming for each in functions)  # fmt: skip


def _last(step: Step, modules: Mapping[str, str]) -> Iterator[str]:
    """The lines from the last method on."""
    method = step.methods[-1]
    if _calls_incoming(step):
        yield f"model.{method}(context, message){_unfolded(method, 60)}"
        for each in step.functions:
            yield f"{_called(each, modules)}(context, message)"
    elif step.chooses:
        yield f"message = model.{method}(context, message){_unfolded(method, 50)}"
        yield "if message is None:"
        yield "    return None"
        yield "step.outputs = list(wanted(message))"
        yield "return message"
    else:
        yield f"return model.{method}(context, message){_unfolded(method, 53)}"


def _unfolded(method: str, longest: int) -> str:
    """What keeps black from folding a line whose method has a long name."""
    return "  # fmt: skip" if len(method) > longest else ""


def _called(each: UserFunction, modules: Mapping[str, str]) -> str:
    return f"{modules[each.module]}.{each.function}"


def _conditions(step: Step) -> list[Condition | None]:
    """The condition of each output, in the order of the outputs."""
    streams = [step.conditions.get(each.slug) for each in step.streams]
    return [*streams, *[None for _ in step.https], *(each.condition for each in step.functions)]


def _output_names(step: Step, modules: Mapping[str, str]) -> list[str]:
    """What the handler calls each output, in their order."""
    wanted = [
        *(f"to_{each.slug.replace('-', '_')}" for each in step.streams),
        *(f"to_https_{index}" for index, _ in enumerate(step.https)),
        *(f"call_{each.module}_{each.function}".replace(".", "_") for each in step.functions),
    ]
    used = {*_TAKEN, _class(step), *map(_top, modules.values())}
    names = []
    for name in wanted:
        while name in used:
            name += "_"
        used.add(name)
        names.append(name)
    return names


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
    modules = sorted({each.module for each in step.functions} | _only_imported(step))
    taken = {*_TAKEN, _class(step)}
    used = taken | {_top(module) for module in modules}
    names = {}
    for module in modules:
        names[module] = _alias(module, used) if _top(module) in taken else module
        used.add(names[module])
    return names


def _only_imported(step: Step) -> set[str]:
    return {each.name for each in step.imports}


def _top(module: str) -> str:
    return module.partition(".")[0]


def _alias(module: str, used: Collection[str]) -> str:
    name = f"{module.replace('.', '_')}_module"
    while name in used:
        name += "_"
    return name


def _imports(step: Step, modules: Mapping[str, str]) -> str:
    lines = [_import(module, name, step) for module, name in modules.items()]
    lines.append("import delivery")
    if step.gathers:
        lines.append("import delivery_batches")
    if step.remembers:
        lines.append("import delivery_duplicates")
    lines = [*sorted(lines), _class_import(step)]
    first = ["import contextlib"] if step.chooses else []
    if not step.module_paths:
        return "\n".join([*first, *([""] if first else []), *lines])
    paths = lay_out(call("sys.path.extend", [literal(list(step.module_paths))]))
    return "\n".join(
        [*first, "import sys", "", "# where the mounted volumes have modules", paths, "", *lines]
    )


def _import(module: str, name: str, step: Step) -> str:
    line = f"import {module}" if module == name else f"import {module} as {name}"
    return f"{line}  # noqa: F401 - for what it does" if module in _only_imported(step) else line


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


def _outputs(graph: Graph, step: Step, modules: Mapping[str, str]) -> list[Source]:
    """The outputs, as the handler makes them."""
    streams = (
        _stream(stream, keyword("partition_key", graph.partition_key)) for stream in step.streams
    )
    https = (call("delivery.Https", [quote(each.url)]) for each in step.https)
    called = ["post_process"] if _keeps_incoming(step) else []
    called += [_called(each, modules) for each in step.functions if not each.gets_incoming]
    functions = (call("delivery.Function", [each]) for each in called)
    return [*streams, *https, *functions]


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
