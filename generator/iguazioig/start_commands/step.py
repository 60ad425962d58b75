"""`iguazioig step new`: one more step in a graph that is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..arguments import modules_option
from ..errors import closest
from ..terminal import count, report
from .questions import ask

if TYPE_CHECKING:
    from ..graph import Stream
    from ..source import Source
    from ..start.new_step import Draft
    from ..start.wish import Wish

PLUGIN = b"iguazioig.testing"


@click.group()
def step() -> None:
    """Add to the steps of a graph.

    \b
    iguazioig step new enrich --from transactions --to enriched
    """


@step.command()
@click.argument("name", required=False)
@click.option(
    "--from",
    "inputs",
    multiple=True,
    metavar="STREAM",
    help="A stream that the step reads. May be repeated.",
)
@click.option(
    "--to",
    "outputs",
    multiple=True,
    metavar="STREAM",
    help="A stream that the step writes. May be repeated; without any, the step ends the pipeline.",
)
@click.option(
    "--graph",
    "-g",
    type=click.Path(dir_okay=False, path_type=Path),
    default="graph.yaml",
    show_default=True,
    help="The graph.",
)
@modules_option
@click.option("--notebook", is_flag=True, help="The class is in a notebook, not in a module.")
@click.option("--interactive", "-i", is_flag=True, help="Ask for what is not said.")
def new(
    name: str | None,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    graph: Path,
    modules: tuple[Path, ...],
    notebook: bool,
    interactive: bool,
) -> None:
    """Add the step NAME to a graph: its function, the streams that are missing, its class and a test.

    All of it or nothing. What is in the graph stays as it is, comments and all; no file is overwritten. Streams that
    are not declared yet get container and shards of the first one that the step names. The class goes to `modules/`,
    the test to `tests/`, both beside the graph.

    \b
    iguazioig step new enrich --from transactions --to enriched
    iguazioig step new rate --from enriched --to ratings --notebook
    iguazioig step new merge --from left --from right --to merged --graph team/graph.yaml
    """
    from ..source import read_source

    if not graph.exists():
        raise click.UsageError(
            f"there is no {graph}; go where the graph is, or name it with --graph"
        )
    source = read_source(graph)
    if interactive:
        name, inputs, outputs = questions(name, inputs, outputs, source)
        notebook = notebook or click.confirm("its class in a notebook")
    if name is None:
        raise click.UsageError(
            "what is the step called? `iguazioig step new enrich --from transactions --to enriched`"
        )
    add(source, graph, wish_of(name, inputs, outputs, notebook=notebook), modules)


def wish_of(
    name: str, inputs: tuple[str, ...], outputs: tuple[str, ...], *, notebook: bool
) -> Wish:
    """What is wanted; wrong usage where no step can be so."""
    from ..start.wish import Wish

    wish = Wish(name, inputs, outputs, notebook)
    try:
        wish.check()
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    return wish


def add(source: Source, graph: Path, wish: Wish, modules: tuple[Path, ...]) -> None:
    """Draft a step, write it, and say what that was."""
    from ..start.files import Rewritten, put_files
    from ..start.new_step import draft

    drafted = draft(source, wish, modules)
    files = {graph.parent / name: content for name, content in drafted.files.items()}
    put_files(files, Rewritten(graph, source.content, drafted.graph))
    report(drafted.warnings)
    tell(drafted, graph, wish)


def tell(drafted: Draft, graph: Path, wish: Wish) -> None:
    """What was written, what it needs, and what may not have been meant."""
    click.echo(f"{graph}: step `{wish.name}` was added")
    for stream in drafted.streams:
        feeds = ", which no step writes" if stream.name in wish.inputs else ""
        click.echo(f"  new      stream `{stream.name}`, {size(stream)}{feeds}")
    for name in drafted.files:
        click.echo(f"  created  {graph.parent / name}")
    for stream in drafted.streams:
        meant = closest(stream.name, drafted.known)
        if meant is not None:
            text = f"warning: the stream `{stream.name}` is new; did you mean `{meant}`?"
            click.secho(text, fg="yellow", err=True)
    if not has_fixture(graph.parent):
        plugin = '`pytest_plugins = ["iguazioig.testing"]`'
        click.echo(f"its test needs {plugin} in {graph.parent / 'conftest.py'}", err=True)


def size(stream: Stream) -> str:
    """Where a stream is, and how large."""
    return f"{count(stream.shards, 'shard')} in `{stream.container}`"


def has_fixture(folder: Path) -> bool:
    """Whether pytest is told, here or above, of the fixture that the test of a step needs."""
    homes = (folder.resolve(), *folder.resolve().parents)
    files = (
        home / name for home in homes for name in ("conftest.py", "pytest.ini", "pyproject.toml")
    )
    return any(file.is_file() and PLUGIN in file.read_bytes() for file in files)


def questions(
    name: str | None, inputs: tuple[str, ...], outputs: tuple[str, ...], source: Source
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """What is not said yet, from whoever sits at the terminal."""
    from ..deployment import outline
    from ..start.names import check_step

    streams = [stream.name for stream in outline(source).streams]
    if name is None:
        name = ask("name of the step", check_step)
    if not inputs or not outputs:
        click.echo(f"streams of the graph: {', '.join(streams) or 'none'}")
    if not inputs:
        inputs = listed(ask("streams that it reads, with commas between", check_streams))
    if not outputs:
        text = "streams that it writes, with commas between; nothing for none"
        outputs = listed(ask(text, check_streams, default=""))
    return name, inputs, outputs


def listed(text: str) -> tuple[str, ...]:
    """The names in a text."""
    return tuple(name for each in text.split(",") if (name := each.strip()))


def check_streams(text: str) -> None:
    """Raise ValueError for a text that holds what is no name of a stream."""
    from ..start.names import check_stream

    for name in listed(text):
        check_stream(name)
