"""The environments of a graph: files in the folder `environments` beside it, each with what differs there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from .errors import GraphError, Location, Problem, ProjectError, did_you_mean, printable
from .graph import Environment
from .source import Source, check_is_file, read_file

FOLDER = "environments"

_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,38}[a-z0-9])?")
_FORM = "lower-case letters, digits, `-` and `_`, at most 40, the first and last a letter or digit"
_LISTED = 20


def names(folder: Path) -> list[str]:
    """The names of the environments beside a graph that is in a folder, sorted."""
    found = (each.stem for each in (folder / FOLDER).glob("*.yaml"))
    return sorted(name for name in found if _NAME.fullmatch(name))


def in_environment(source: Source, wanted: str | Path | None) -> Source:
    """The graph with an environment, by its name or its path, to be laid over it; as it is with None. Raises GraphError."""
    if wanted is None:
        return source
    return replace(source, environment=read_environment(source.folder, wanted))


def in_project(source: Source) -> Source:
    """A graph with the environment that its project is for, where it is the one in a project's folder. Raises GraphError."""
    from .folder.manifest import MANIFEST, read_manifest
    from .folder.paths import environment_in

    try:
        found = environment_in(read_manifest(source.folder).files)
    except ProjectError as error:
        place = Location(str(source.folder / MANIFEST))
        raise GraphError([Problem(place, str(error), "", "unreadable")]) from error
    is_its_graph = Path(source.name) == source.folder / "graph.yaml"
    return in_environment(source, found if is_its_graph else None)


def read_environment(folder: Path, wanted: str | Path) -> Environment:
    """The environment of a name, beside a graph in `folder`, or the one in a file (see `path_of`).

    Raises GraphError where there is none, or its name is none.
    """
    path = path_of(folder, wanted)
    if path != Path(wanted):
        _check_is_there(path, folder)
    expected = "the file of an environment"
    check_is_file(path, expected)
    return Environment(path.stem, str(path), read_file(path, expected))


def path_of(folder: Path, wanted: str | Path) -> Path:
    """The file of an environment: what ends with `.yaml` or `.yml` is a path, all else a name. Raises GraphError for others."""
    path = Path(wanted)
    if path.suffix in (".yaml", ".yml"):
        check_name(path.stem, str(path))
        return path
    check_name(str(wanted), str(folder / FOLDER))
    return folder / FOLDER / f"{wanted}.yaml"


def check_name(name: str, place: str) -> None:
    """Raise GraphError for what is no name: it becomes part of paths."""
    if not _NAME.fullmatch(name):
        wrong = f"`{printable(name, 60)}` is no name of an environment"
        expected = f"{_FORM}; or the path of a file that is called so and ends with `.yaml`"
        raise GraphError([Problem(Location(place), wrong, expected, "environment-name")])


def _check_is_there(path: Path, folder: Path) -> None:
    if not path.exists():
        known = names(folder)
        wrong = f"there is no environment `{path.stem}`{did_you_mean(path.stem, known)}"
        expected = f"it is this file, in a folder `{FOLDER}` beside the graph"
        if known:
            listed = ", ".join(f"`{name}`" for name in known[:_LISTED])
            expected = f"beside the graph there are {listed}"
        raise GraphError([Problem(Location(str(path)), wrong, expected, "no-environment")])
