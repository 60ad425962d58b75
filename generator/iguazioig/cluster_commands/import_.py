"""`iguazioig import`: a graph from functions that run already."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..arguments import FILE
from ..errors import ProjectError
from ..terminal import report
from .options import nuctl_options

if TYPE_CHECKING:
    from ..importing import Shapes
    from ..reported import Config


@click.command("import")
@click.argument("files", nargs=-1, type=FILE, metavar="[FILE]...")
@click.option("--project", metavar="NAME", help="The project; needed where there are several.")
@nuctl_options
@click.option(
    "--ask-v3io",
    is_flag=True,
    help="Ask v3io for shards and retention; V3IO_API and V3IO_ACCESS_KEY say where it is.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Where the graph is written; standard output by default.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def import_(
    files: tuple[Path, ...],
    project: str | None,
    namespace: str | None,
    platform: str | None,
    ask_v3io: bool,
    output: Path | None,
    force: bool,
) -> None:
    """Write a graph from functions that run already.

    Each FILE, or `-`, has what `nuctl get function -o yaml|json` or `nuctl export functions` printed; without any,
    nuctl is asked. What no function tells, its class before all, is marked in the graph with `# import: …` and listed
    with its place. Values that may be credentials are not written.

    \b
    iguazioig import --project fraud -o graph.yaml
    nuctl export functions | iguazioig import - --project fraud > graph.yaml
    """
    from ..importing import import_graph

    if str(output) == "-":
        output = None
    if output is not None:
        check_free(output, force=force)
    path = "-" if output is None else str(output)
    found = functions(files, namespace, platform)
    with shapes(ask_v3io) as known:
        graph = import_graph(found, path=path, project=project, shapes=known)
    write(graph.text, output)
    report(graph.marks)


def check_free(output: Path, *, force: bool) -> None:
    """Raise ProjectError where something is there that is not to be replaced."""
    if os.path.lexists(output) and not (force and output.is_file()):
        cure = "--force replaces it" if output.is_file() else "-o writes to another place"
        raise ProjectError(f"{output}: is there already; {cure}")


def functions(files: tuple[Path, ...], namespace: str | None, platform: str | None) -> list[Config]:
    """The functions in all files, or those that nuctl says."""
    from .reading import running

    if not files:
        return running(None, namespace, platform)
    return [each for path in files for each in running(path, None, None)]


def write(text: str, output: Path | None) -> None:
    """Write the graph: all of it or nothing."""
    if output is None:
        click.echo(text, nl=False)
        return
    from ..folder.single_file import put

    output.parent.mkdir(parents=True, exist_ok=True)
    put(text.encode(), output)
    click.echo(f"{output} was written")


@contextlib.contextmanager
def shapes(ask_v3io: bool) -> Iterator[Shapes]:
    """What v3io says of streams; nothing where it is not asked."""
    if not ask_v3io:
        yield lambda container, path: None
        return
    from ..importing import Shape
    from ..status.v3io import find, named_v3io

    with named_v3io() as client:

        def look(container: str, path: str) -> Shape | None:
            found = find(client, container, path)
            return Shape(found.shards, found.retention) if found else None

        yield look
