"""A generated project that is there, on disk or in git, as a state."""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from ..deployment import read
from ..errors import GraphError, ProjectError
from ..folder.disk import Disk, explained
from ..folder.manifest import MANIFEST, digest, has_merge_marks, parse_manifest
from ..folder.paths import environment_in, environment_path
from ..graph import Environment, Graph
from ..source import Source
from .state import State, by_step

GRAPH = "graph.yaml"


class Tree(Protocol):
    """The files of a project, wherever they are; `name` is what messages call the place."""

    name: str

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The content of those paths that are regular files. Raises ProjectError for what cannot be read."""
        ...


def committed(tree: Tree) -> State | None:
    """The state of the project in a tree; None where there is no project.

    Raises ProjectError where it is half merged or its manifest is no manifest, GraphError where its graph has problems.
    """
    content = tree.read([MANIFEST]).get(MANIFEST)
    if content is None:
        return None
    manifest = parse_manifest(content, f"{tree.name}/{MANIFEST}")
    layer = environment_in(manifest.files)
    origins = (GRAPH, *([environment_path(layer)] if layer else []))
    files = tree.read(
        [path for path in manifest.files if path in origins or path.startswith("steps/")]
    )
    digests = {path: digest(it) for path, it in files.items()}
    changed = sorted(path for path in files if digests[path] != manifest.files[path])
    _refuse_half_merged([path for path in changed if has_merge_marks(files[path])], tree)
    for path in origins:
        _refuse_without(path, files, changed, tree)
    graph = graph_in(_source(tree.name, files, layer))
    return State(tree.name, graph, by_step(digests.items()), manifest.generator, tuple(changed))


def _source(name: str, files: Mapping[str, bytes], environment: str | None) -> Source:
    """The graph of a project, with what was laid over it; both are called by their places in the project of this name."""
    source = Source(f"{name}/{GRAPH}", files[GRAPH], Path())
    if environment is None:
        return source
    path = environment_path(environment)
    return replace(source, environment=Environment(environment, f"{name}/{path}", files[path]))


def _refuse_half_merged(paths: Sequence[str], tree: Tree) -> None:
    if paths:
        lines = [f"{tree.name}/{path}: has the marks of a merge conflict in it" for path in paths]
        lines.append(
            "finish the merge of the graph and the modules, then generate: iguazioig generate GRAPH --force"
        )
        raise ProjectError("\n".join(lines))


def _refuse_without(
    path: str, files: Mapping[str, bytes], changed: Collection[str], tree: Tree
) -> None:
    if path not in files or path in changed:
        wrong = "was edited" if path in files else "is not there"
        raise ProjectError(
            f"{tree.name}/{path}: {wrong}, so that nothing says what the project was generated from; "
            "restore it from version control, or generate the project again"
        )


def graph_in(source: Source) -> Graph:
    """The graph that is read, whose code is not looked at. Raises GraphError with every problem."""
    reading = read(source)
    graph, problems = reading.translation.graph, reading.problems
    if graph is None or any(each.severity == "error" for each in problems):
        raise GraphError(problems)
    return graph


class Folder:
    """A project on disk. Nothing is read through a link: what is one is as good as not there."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._folder = folder

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The content of those paths that are regular files. Raises ProjectError for what cannot be read."""
        disk = Disk(self._folder)
        with explained(self._folder):
            return {path: disk.content(path) for path in paths if _is_plain(path, disk)}


def _is_plain(path: str, disk: Disk) -> bool:
    status = disk.status(path)
    return status is not None and stat.S_ISREG(status.st_mode) and disk.obstacle(path) is None
