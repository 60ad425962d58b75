"""What is said of a graph, of problems and of commands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from ..clients.dry_run import list_commands
from ..commands import Command
from ..errors import Problem, printable
from ..graph import Graph, Step
from ..plan import Plan
from .drawing import draw
from .page import Html, code, codes, escape, heading, listed, table

_COLOURS = {"error": "#c62828", "warning": "#b26a00"}


class Piece(NamedTuple):
    """Something in both forms."""

    text: str
    html: str


def counted(number: int, what: str) -> str:
    """A number of things in words."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def of_graph(graph: Graph) -> Piece:
    """Its picture, its steps and its streams."""
    title = f"{graph.slug}: {counted(len(graph.steps), 'step')}, {counted(len(graph.streams), 'stream')}"
    steps = table(
        ("step", "reads", "does", "writes", "dead letters", "replicas", "copies"),
        [_step_row(step) for step in graph.steps],
    )
    streams = table(
        ("stream", "where", "shards", "kept"),
        [
            (
                code(each.slug),
                code(f"{each.container}{each.path}"),
                str(each.shards),
                f"{each.retention} h",
            )
            for each in graph.streams
        ],
    )
    picture = draw(graph) or ""
    return Piece(
        "\n".join([printable(title), *_flows(graph)]), f"{heading(title)}{picture}{steps}{streams}"
    )


def _flows(graph: Graph) -> Iterator[str]:
    for step in graph.steps:
        reads = ", ".join(each.stream.slug for each in step.inputs) or "HTTP"
        writes = ", ".join(_targets(step)) or "nothing"
        yield printable(f"  {step.slug}: {reads} → {step.class_name} → {writes}")


def _step_row(step: Step) -> Sequence[str]:
    calls = " → ".join((step.class_name, *step.methods))
    home = step.notebook.path if step.notebook else step.class_module
    return (
        code(step.slug),
        codes(each.stream.slug for each in step.inputs),
        Html(f"{code(calls)} of {code(home)}"),
        codes(_targets(step)),
        code(step.error_stream.slug) if step.error_stream else "into the log",
        str(step.replicas),
        str(step.copies),
    )


def _targets(step: Step) -> Iterator[str]:
    yield from (each.slug for each in step.streams)
    yield from (each.url for each in step.https)
    yield from (f"{each.module}.{each.function}" for each in step.functions)


def of_plan(plan: Plan) -> Piece:
    """The commands that a deployment runs, in order."""
    return of_commands(list_commands(plan))


def of_commands(commands: Sequence[Command]) -> Piece:
    """Commands, each with what it touches."""
    title = f"{counted(len(commands), 'command')}, in this order"
    text = [title, *(f"  {printable(str(each))}" for each in commands)]
    return Piece(
        "\n".join(text),
        heading(title) + listed([command(each) for each in commands], numbered=True),
    )


def command(each: Command) -> Html:
    """One command, what it does, and each thing that it touches."""
    details = "".join(f"<br><small>{escape(detail)}</small>" for detail in each.details)
    return Html(f"{code(str(each))}<br>{escape(each.summary)}{details}")


def of_problems(problems: Sequence[Problem]) -> Piece:
    """Problems in their order, each with its place and its cure."""
    title = summary(problems)
    items = [_problem(each) for each in problems]
    text = "\n".join([title, *(f"  {printable(str(each))}" for each in problems)])
    return Piece(text, heading(title) + listed(items))


def summary(problems: Iterable[Problem]) -> str:
    """How many errors and warnings there are."""
    words = [each.severity for each in problems]
    return ", ".join(counted(words.count(word), word) for word in dict.fromkeys(sorted(words)))


def _problem(problem: Problem) -> Html:
    colour = _COLOURS[problem.severity]
    place = f'<span style="color: {colour}">{problem.severity}</span> {code(str(problem.location))}'
    cure = f"<br><em>{escape(problem.expected)}</em>" if problem.expected else ""
    return Html(f"{place}<br>{escape(problem.wrong)}{cure}")
