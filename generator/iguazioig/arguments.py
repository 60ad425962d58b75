"""What the commands that take a graph or a project share: the arguments, the option with the modules, and how they are read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from .deployment import Loaded

FOLDER = click.Path(file_okay=False, path_type=Path)


def graph_argument(command: Callable[..., None]) -> Callable[..., None]:
    """The GRAPH argument; `-` is standard input."""
    kind = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
    return click.argument("graph", type=kind)(command)


def project_argument(command: Callable[..., None]) -> Callable[..., None]:
    """The PROJECT argument: the folder of a project that iguazioig wrote."""
    return click.argument(
        "project", type=click.Path(exists=True, file_okay=False, path_type=Path), callback=_written
    )(command)


def _written(ctx: click.Context, param: click.Parameter, folder: Path) -> Path:
    from .folder.manifest import read_manifest

    if not read_manifest(folder).generator:
        raise click.BadParameter(
            f"{folder} has no `.iguazioig.json`, and so is no project that iguazioig wrote"
        )
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


def read(graph: Path, modules: Iterable[Path]) -> Loaded:
    """The graph of a command's arguments, checked."""
    from .deployment import load
    from .source import read_source, read_stream

    if str(graph) == "-":
        if sys.stdin is None:
            raise click.UsageError("standard input is closed")
        source = read_stream(sys.stdin.buffer, "-", Path())
    else:
        source = read_source(graph)
    return load(source, modules=modules)


def usual_folder(slug: str, graph: Path) -> Path:
    """Where `generate` puts a project: a folder of its name, here; one beside the graph where there is none here."""
    beside = graph.parent / slug
    return beside if beside.is_dir() and not Path(slug).is_dir() else Path(slug)
