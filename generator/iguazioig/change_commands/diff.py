"""`iguazioig diff`: what a change of a graph means for what runs."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..arguments import (
    FOLDER,
    environment_option,
    graph_argument,
    modules_option,
    source_of,
    usual_folder,
)
from ..terminal import note, report

if TYPE_CHECKING:
    from ..change.report import Report

COLOURS = {
    "safe": "green",
    "restarts": "cyan",
    "replays": "yellow",
    "loses": "red",
    "impossible": "magenta",
}
PLAIN_WIDTH = 100


@click.command()
@graph_argument
@modules_option
@environment_option
@click.option(
    "--against",
    metavar="PROJECT|GIT_REF|GRAPH",
    help="What to compare with: the folder of a project, a graph, or a git reference such as origin/main; the project's folder by default.",
)
@click.option(
    "--against-env",
    "other",
    metavar="NAME",
    help="Compare with the graph in this other environment.",
)
@click.option(
    "--output",
    "-o",
    type=FOLDER,
    metavar="DIR",
    help="Folder of the project, here and in git; its name by default, here or beside the graph.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How the changes are written; markdown is made for a pull request.",
)
@click.option(
    "--allow",
    multiple=True,
    metavar="CLASS",
    help="Accept changes of this consequence (replays, loses, impossible), or of this code, such as shards-grown. May be repeated.",
)
def diff(
    graph: Path,
    modules: tuple[Path, ...],
    environment: str | None,
    against: str | None,
    other: str | None,
    output: Path | None,
    form: str,
    allow: tuple[str, ...],
) -> None:
    """Say what a change of GRAPH means for what runs.

    Which steps are deployed anew, which records are handled twice, which are lost, what v3io cannot do. Exit code 0
    where nothing changes, or nothing but what is safe, restarts steps or is accepted with --allow; 1 where records
    would be replayed or lost, where something is impossible, and where the two cannot be compared.

    \b
    iguazioig diff graph.yaml                                   what `generate` would mean for what runs
    iguazioig diff graph.yaml --against origin/main             what this branch means
    iguazioig diff graph.yaml --against v1.2 --allow replays --format markdown
    iguazioig diff graph.yaml --env prod --against-env dev      in what prod is another pipeline than dev
    """
    from ..change import Report, changes, state_of
    from ..change.earlier import Asked, earlier
    from ..deployment import load

    check_allowed(allow)
    source = source_of(graph, environment)
    loaded = load(source, modules=modules)
    report(loaded.warnings)
    title = loaded.graph.title
    folder = output or usual_folder(title, graph)
    note("comparing")
    asked = Asked(graph, folder, modules, other or environment)
    before = earlier(asked, against_graph(graph, against) if other else against)
    found = changes(before, state_of(loaded.plan(), source.title))
    told = Report(title, before.title, source.title, tuple(found), frozenset(allow))
    show(told, form)
    if told.refused:
        raise click.exceptions.Exit(1)


def against_graph(graph: Path, against: str | None) -> str:
    """The graph to compare with in another environment: the one that is named, or else the same."""
    named = Path(against) if against is not None else graph
    if not named.is_file():
        raise click.UsageError("--against-env goes with a graph: leave --against out, or name one")
    return str(named)


def check_allowed(names: tuple[str, ...]) -> None:
    """Refuse what is neither a consequence nor the code of a change: it would accept nothing."""
    from ..change.model import CODES, Consequence
    from ..errors import did_you_mean

    known = [*(str(each) for each in Consequence), *CODES]
    for name in names:
        if name not in known:
            text = f"`{name}` is no consequence and no code{did_you_mean(name, known)}; known are {', '.join(known)}"
            raise click.BadParameter(text, param_hint="--allow")


def show(told: Report, form: str) -> None:
    """Print a report."""
    from ..change.described import described
    from ..change.lines import lines
    from ..change.markdown import markdown

    if form == "json":
        click.echo(json.dumps(described(told), indent=2, ensure_ascii=False))
    elif form == "markdown":
        click.echo(markdown(told), nl=False)
    else:
        for text, consequence in lines(told, width()):
            word = str(consequence) if consequence is not None else ""
            click.echo(click.style(word, fg=COLOURS.get(word), bold=True) + text[len(word) :])


def width() -> int:
    """Of a line: the terminal's, and not more than is easily read."""
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else PLAIN_WIDTH
    return min(columns, PLAIN_WIDTH)
