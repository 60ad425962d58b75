"""Makes the two reference pages: the graph's from its schema, the command line's from click.

`make golden` writes them; a test holds that they are what the code says.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from iguazioig.api.fields import Either, Field, Kind, ListOf, MapOf, Record
from iguazioig.api.v0_2_0 import GRAPH
from iguazioig.cli import cli

DOCS = Path(__file__).resolve().parent

GRAPH_HEAD = """\
# The graph, API 0.2.0

Every key, made from the schema that also reads your graph (`iguazioig schema` prints it for your editor). A key that is
not here is an error. Values are taken as you typed them: `DEBUG: yes` in `env_custom` is the text `yes`.

Anchors work as in any YAML file, and `<<` may stand several times in one mapping. Keys that stand in the mapping itself
win over merged ones; of several `<<` the later one wins, of a list `<<: [*a, *b]` the earlier one.
"""

CLI_HEAD = """\
# The command line

Made from the commands' own help. Exit codes: 0 done, 1 problems in your graph or project, 2 wrong usage.
"""


def pages() -> dict[Path, str]:
    """The path and the text of each page."""
    return {DOCS / "graph.md": graph_page(), DOCS / "cli.md": cli_page()}


def graph_page() -> str:
    """The reference of the graph: a table per kind of mapping, in the order in which they are met."""
    records: dict[str, Record] = {}
    _gather(GRAPH, records)
    sections = [f"## {title.capitalize()}\n\n{_table(record)}" for title, record in records.items()]
    notes = (DOCS / "graph-notes.md").read_text()
    return "\n".join([GRAPH_HEAD, *sections, notes])


def _gather(kind: Kind, records: dict[str, Record]) -> None:
    if isinstance(kind, Record) and kind.title not in records:
        records[kind.title] = kind
        for each in kind.fields.values():
            _gather(each.kind, records)
    for inner in _inside(kind):
        _gather(inner, records)


def _inside(kind: Kind) -> Iterator[Kind]:
    if isinstance(kind, ListOf):
        yield kind.item
    elif isinstance(kind, MapOf):
        yield kind.value
    elif isinstance(kind, Either):
        yield kind.mapping


def _table(record: Record) -> str:
    rows = [
        f"| `{key}` | {_value(each)} | {_default(each)} | {each.doc} |"
        for key, each in record.fields.items()
        if not each.legacy
    ]
    return "\n".join(["| key | value | default | meaning |", "|---|---|---|---|", *rows]) + "\n"


def _value(each: Field) -> str:
    return (each.kind.expected + (", or null" if each.nullable else "")).replace("|", "\\|")


def _default(each: Field) -> str:
    if each.required:
        return "**required**"
    if each.default_text:
        return each.default_text
    return f"`{each.default}`" if each.default not in (None, ()) else "–"


def cli_page() -> str:
    """The help of every command, as a terminal of 100 columns shows it."""
    top = click.Context(cli, info_name="iguazioig", terminal_width=100, **cli.context_settings)
    return "\n".join([CLI_HEAD, *map(_help, _contexts(top))])


def _contexts(context: click.Context) -> Iterator[click.Context]:
    """A command and those below it, in the order of their names."""
    yield context
    for name, command in sorted(getattr(context.command, "commands", {}).items()):
        yield from _contexts(click.Context(command, parent=context, info_name=name))


def _help(context: click.Context) -> str:
    return f"## `{context.command_path}`\n\n```text\n{context.get_help()}\n```\n"
