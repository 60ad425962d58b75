"""What commands share: their arguments and options, and how what these name is read."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

if TYPE_CHECKING:
    from .deployment import Loaded
    from .source import Source

FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
"""A file that is there, or `-`, which is standard input."""

FOLDER = click.Path(file_okay=False, path_type=Path)


def graph_argument(command: Callable[..., None]) -> Callable[..., None]:
    """The GRAPH argument; `-` is standard input."""
    return click.argument("graph", type=FILE)(command)


def project_argument(command: Callable[..., None]) -> Callable[..., None]:
    """The PROJECT argument: the folder of a project that iguazioig wrote."""
    return click.argument("project", type=click.Path(path_type=Path), callback=_written)(command)


def _written(ctx: click.Context, param: click.Parameter, folder: Path) -> Path:
    from .folder.manifest import read_manifest

    cure = "expected the folder that `iguazioig generate GRAPH` has written"
    if not folder.is_dir():
        kind = "a file" if folder.exists() else "not there"
        raise click.BadParameter(f"{folder} is {kind}; {cure}")
    if not read_manifest(folder).generator:
        wrong = f"{folder} has no `.iguazioig.json`, and so is no project that iguazioig wrote"
        raise click.BadParameter(f"{wrong}; {cure}")
    if not (folder / "deploy_steps.py").exists():
        raise click.BadParameter(
            f"{folder} has no `deploy_steps.py`, which an earlier version did not write; generate it again"
        )
    return folder


def modules_option(command: Callable[..., None]) -> Callable[..., None]:
    """The --modules option."""
    kind = click.Path(exists=True, file_okay=False, path_type=Path)
    text = "A folder with your modules, after `modules/` beside the graph and the graph's own folder. May be repeated."
    return click.option("--modules", "-m", multiple=True, type=kind, metavar="DIR", help=text)(
        command
    )


def environment_option(command: Callable[..., None]) -> Callable[..., None]:
    """The --env option."""
    return click.option(
        "--env",
        "environment",
        metavar="NAME",
        shell_complete=complete_environment,
        help="The environment: what environments/NAME.yaml, beside the graph, says differs there. Or the path of such a file.",
    )(command)


def complete_environment(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The environments of the graph that is on the line already."""
    from .environments import names

    graph = Path(ctx.params.get("graph") or next(iter(ctx.args), "."))
    return [name for name in names(graph.parent) if name.startswith(incomplete)]


def read(graph: Path, modules: Iterable[Path], environment: str | None = None) -> Loaded:
    """The graph of a command's arguments, checked."""
    from .deployment import load

    return load(source_of(graph, environment), modules=modules)


def source_of(graph: Path, environment: str | None = None) -> Source:
    """The graph of a command's arguments, and what is to be laid over it."""
    from .source import read_source, read_stream

    is_file = str(graph) != "-"
    source = read_source(graph) if is_file else read_stream(standard_input(), "-", Path())
    if environment is None:
        return source
    from .environments import in_environment

    return in_environment(source, environment)


def content_of(file: Path) -> bytes:
    """The bytes of a FILE."""
    return standard_input().read() if str(file) == "-" else file.read_bytes()


def standard_input() -> BinaryIO:
    """What is piped in; wrong usage where nothing can be."""
    if sys.stdin is None:
        raise click.UsageError("standard input is closed")
    return sys.stdin.buffer


def new_folder(title: str, graph: Path) -> Path:
    """Where `generate` puts a project: a folder of its name, here; beside the graph where that one here holds the graph."""
    here, home = Path(title), graph.parent.resolve()
    holds_it = here.resolve() in (home, *home.parents)
    return graph.parent / title if holds_it and not _has_project(here) else here


def usual_folder(title: str, graph: Path) -> Path:
    """Where a project is: where `generate` puts it, or beside the graph where that is no project and this is one."""
    new, beside = new_folder(title, graph), graph.parent / title
    return beside if _has_project(beside) and not _has_project(new) else new


def _has_project(folder: Path) -> bool:
    from .folder.manifest import MANIFEST

    return (folder / MANIFEST).is_file()


def edited_since(project: Path) -> Path | None:
    """The graph beside a project, where it says something else than the project's copy of it: nobody has generated since.

    Another project's graph is none of this one's, and one with problems says nothing.
    """
    from .deployment import outline
    from .errors import GraphError
    from .source import read_source

    beside, copy = project.resolve().parent / "graph.yaml", project / "graph.yaml"
    if not beside.is_file() or beside.read_bytes() == copy.read_bytes():
        return None
    try:
        names = {outline(read_source(each)).name for each in (beside, copy)}
    except GraphError:
        return None
    return Path(os.path.relpath(beside)) if len(names) == 1 else None
