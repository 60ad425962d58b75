"""What the command line prints: results on standard output, problems and progress on standard error."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .errors import printable

if TYPE_CHECKING:
    from .commands import Command
    from .errors import Problem
    from .folder.compare import Changes
    from .folder.findings import Finding
    from .graph import Graph

LISTED_FILES = 60
KINDS = {"created": "green", "changed": "yellow", "removed": "red"}


def report(problems: Iterable[Problem], form: str = "text") -> None:
    """Print problems as lines for people, as one JSON object, or as the annotations of a GitHub workflow."""
    if form == "json":
        described = [_described(problem) for problem in problems]
        click.echo(json.dumps({"problems": described}, indent=2))
        return
    for problem in problems:
        if form == "github":
            click.echo(_annotation(problem))
        else:
            click.echo(_coloured(problem), err=True)


def _coloured(problem: Problem) -> str:
    colour = "yellow" if problem.severity == "warning" else "red"
    place = printable(str(problem.location))
    return click.style(place, fg=colour, bold=True) + printable(str(problem)).removeprefix(place)


def _described(problem: Problem) -> dict[str, str | int]:
    place = problem.location
    return {
        "path": place.path,
        **({"cell": place.cell} if place.cell else {}),
        "line": place.line,
        "column": place.column,
        "severity": problem.severity,
        "code": problem.code,
        "wrong": problem.wrong,
        "expected": problem.expected,
    }


def _annotation(problem: Problem) -> str:
    """An annotation of a file; what lies in a cell has no line of the file, and says where it is itself."""
    place = problem.location
    properties = {
        "file": place.path,
        **({} if place.cell else {"line": place.line, "col": place.column}),
        "title": problem.code,
    }
    cell = f"cell {place.cell}, line {place.line}: " if place.cell else ""
    written = ",".join(
        f"{key}={_escaped(str(value), in_property=True)}" for key, value in properties.items()
    )
    return f"::{problem.severity} {written}::{_escaped(cell + problem.message)}"


def _escaped(text: str, *, in_property: bool = False) -> str:
    """The escapes of GitHub's workflow commands."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if in_property else text


def show_scale(graph: Graph, warnings: int) -> None:
    """What a valid graph will run: how many copies of each class, and how much can come in."""
    from .checks import intake

    steps, streams = count(len(graph.steps), "step"), count(len(graph.streams), "stream")
    click.echo(f"{graph.title}: {steps}, {streams}, {count(warnings, 'warning')}")
    for step in graph.steps:
        copies = f"{step.copies} cop{'y' if step.copies == 1 else 'ies'} of {step.class_name}"
        intakes = "; ".join(
            f"{each.stream.slug} {each.stream.shards} × {intake(each)} records/s at most"
            for each in step.inputs
        )
        fewest = f"{step.min_replicas} to " if step.min_replicas != step.max_replicas else ""
        replicas = fewest + count(step.max_replicas, "replica")
        click.echo(f"  {step.slug}: {replicas}, {copies}{'; ' + intakes if intakes else ''}")


def show_commands(commands: Iterable[Command], form: str = "text") -> None:
    """Print commands, each on a line that can be run, with what it touches as comments."""
    if form == "json":
        click.echo(json.dumps([command.to_dict() for command in commands], indent=2))
        return
    for command in commands:
        click.echo(str(command))
        for detail in command.details:
            click.secho(f"  # {detail}", dim=True)


def announce(command: Command) -> None:
    """Say which command is about to run."""
    click.secho(f"$ {plain_lines(str(command))}", bold=True, err=True)


def complain(text: str) -> None:
    """Say what ends a command."""
    click.echo(f"{click.style('error', fg='red')}: {plain_lines(text)}", err=True)


def list_changes(folder: Path, changes: Changes) -> None:
    """What was written, or what would be: a new project as a tree, anything else file by file where that is short."""
    lines = [(kind, path) for kind in KINDS for path in getattr(changes, kind)]
    others = changes.unchanged or changes.conflicts or changes.changed or changes.removed
    if changes.created and not others and len(lines) <= LISTED_FILES:
        click.echo("\n".join([str(folder), *draw_tree(changes.created)]))
    elif len(lines) <= LISTED_FILES:
        for kind, path in lines:
            click.echo(f"  {click.style(kind, fg=KINDS[kind])}  {path}")


def show_summary(folder: Path, changes: Changes, *, would: bool = False, err: bool = False) -> None:
    """What is in the way, and how much was written, or would be."""
    if changes.none:
        click.echo(f"{folder} is up to date", err=err)
        return
    for conflict in changes.conflicts:
        click.echo(f"  {click.style('in the way', fg='red')}  {conflict}", err=err)
    counted = [
        f"{len(getattr(changes, kind)):,} {kind}" for kind in KINDS if getattr(changes, kind)
    ]
    counted += [f"{len(changes.conflicts):,} in the way"] if changes.conflicts else []
    counted.append(f"{len(changes.unchanged):,} unchanged")
    click.echo(f"{folder}: {'would be: ' if would else ''}{', '.join(counted)}", err=err)


def show_findings(
    folder: Path, found: Sequence[Finding], made_of: Sequence[str], writer: str
) -> None:
    """Name each file of a project that is not what its graph says, and say what to do about them.

    `made_of` are the arguments of the command that name the graph.
    """
    from . import __version__

    for each in found[:LISTED_FILES]:
        click.echo(
            f"  {click.style(f'{each.word:<8}', fg='red')}  {printable(str(each))}", err=True
        )
    if len(found) > LISTED_FILES:
        click.echo(f"  … and {len(found) - LISTED_FILES:,} more", err=True)
    words = [each.word for each in found]
    counted = ", ".join(f"{words.count(word):,} {word}" for word in dict.fromkeys(words))
    click.echo(f"{folder} is not what {' '.join(made_of)} says: {counted}", err=True)
    if writer not in ("", __version__):
        text = f"it was written by iguazioig {printable(writer, 40)}, this is {__version__}: use that one, or generate and commit"
        click.echo(text, err=True)
    force = " --force" if {"edited", "unmerged"} & {*words} else ""
    command = shlex.join(["iguazioig", "generate", *made_of, "-o", str(folder)])
    click.echo(f"{_first(words)}: {command}{force}", err=True)


def _first(words: Sequence[str]) -> str:
    """What comes before generating again."""
    if "edited" in words or "unmerged" in words:
        return "move what you need of the edits into the graph or the modules, then"
    if "foreign" in words:
        return "move away what is foreign, then"
    return "generate it again, and commit it"


def draw_tree(paths: Iterable[str]) -> list[str]:
    """The lines of a tree of POSIX paths, folders first met in the order of the paths."""
    tree: dict[str, Any] = {}
    for path in sorted(paths):
        branch = tree
        for part in path.split("/"):
            branch = branch.setdefault(part, {})
    return list(_branches(tree, ""))


def _branches(tree: dict[str, Any], before: str) -> Iterator[str]:
    for number, (name, below) in enumerate(tree.items(), 1):
        last = number == len(tree)
        yield f"{before}{'└── ' if last else '├── '}{name}"
        yield from _branches(below, before + ("    " if last else "│   "))


def show_diff(diff: str) -> None:
    """Print a unified diff, in colours on a terminal."""
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in diff.splitlines(keepends=True):
        click.echo(click.style(line, fg=colours.get(line[:1])), nl=False)


def note(text: str) -> None:
    """Say what takes a while; on a terminal only."""
    if sys.stderr.isatty():
        click.secho(f"{text} …", dim=True, err=True)


def count(number: int, what: str) -> str:
    """A number of things in words, such as `1 step` or `1,000 steps`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def plain_lines(text: str) -> str:
    """The same for a text of several lines."""
    return "\n".join(map(printable, text.split("\n")))
