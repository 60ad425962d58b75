"""`iguazioig migrate`: a graph of an older version, or with old spellings, as 0.2.0."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..arguments import graph_argument, modules_option, source_of
from ..terminal import count, note, report, show_diff

if TYPE_CHECKING:
    from ..migration.migrate import Migration
    from ..source import Source


@click.command()
@graph_argument
@modules_option
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="NEW",
    help="The file that is written, GRAPH itself perhaps; standard output by default.",
)
@click.option("--force", is_flag=True, help="Replace a file NEW that is not GRAPH.")
@click.option("--diff", is_flag=True, help="Show what would change, and write nothing.")
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; exit with 1 where GRAPH is not 0.2.0 as it is spelt today.",
)
def migrate(
    graph: Path,
    modules: tuple[Path, ...],
    output: Path | None,
    force: bool,
    diff: bool,
    check: bool,
) -> None:
    """Rewrite GRAPH, of an older version or with old spellings, as 0.2.0.

    Comments, anchors, order and quotes stay. Where 0.2.0 can say all of it, the new graph generates the same project; what
    it cannot say, and what else a person has to decide, is listed with its place in GRAPH, and what is left out stays
    as a comment. A graph that is 0.2.0 already keeps its bytes.

    \b
    iguazioig migrate graph.yaml                     on standard output
    iguazioig migrate graph.yaml --diff              what would change
    iguazioig migrate graph.yaml -o graph.yaml       in its place
    iguazioig migrate graph.yaml --check             for CI: exit code 1 where there is something to migrate
    """
    from ..migration.migrate import migrate as rewrite

    source = source_of(graph)
    note("rewriting")
    done = rewrite(source, modules=modules)
    report(done.decisions)
    if diff:
        show_diff(difference(source, done, output))
    elif not check:
        write(source, done, output, force=force)
    click.echo(summary(source, done), err=True)
    if check and done.content != source.content:
        place = shlex.quote(str(graph)) if str(graph) != "-" else "NEW"
        click.echo(f"rewrite it: iguazioig migrate {shlex.quote(str(graph))} -o {place}", err=True)
        raise click.exceptions.Exit(1)


def write(source: Source, done: Migration, output: Path | None, *, force: bool) -> None:
    """Write the new graph to its place, or show it."""
    from ..migration.place import write as put

    if output is None or str(output) == "-":
        click.echo(done.content, nl=False)
    else:
        written = put(done.content, output, source, force=force)
        click.echo(f"{output} {'was written' if written else 'is up to date'}")


def difference(source: Source, done: Migration, output: Path | None) -> str:
    """The two graphs as `git diff` would compare them."""
    from difflib import unified_diff

    names = source.name, source.name if output is None else str(output)
    old, new = lines(source.content), lines(done.content)
    return "".join(unified_diff(old, new, f"a/{names[0]}", f"b/{names[1]}"))


def lines(content: bytes) -> list[str]:
    """The lines of a file with their ends."""
    found = re.findall(r"[^\n]*\n|[^\n]+\Z", content.decode())
    if found and not found[-1].endswith("\n"):
        found[-1] += "\n\\ No newline at end of file\n"
    return found


def summary(source: Source, done: Migration) -> str:
    """What was done, and how much is left to decide."""
    from ..api import NEWEST

    if done.content == source.content:
        return f"{source.name}: nothing to migrate"
    if done.version == NEWEST:
        return f"{source.name}: {count(len(done.decisions), 'old spelling')}"
    left = f"{count(len(done.decisions), 'thing') if done.decisions else 'nothing'} to decide"
    return f"{source.name}: {done.version} → {NEWEST}, {left}"
