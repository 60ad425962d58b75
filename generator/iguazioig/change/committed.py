"""A generated project that is there, on disk or in git, as a state."""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ..api import choose_deployer
from ..document import parse
from ..errors import GraphError, ProjectError
from ..folder.disk import Disk, explained
from ..folder.manifest import MANIFEST, digest, has_merge_marks, parse_manifest
from ..graph import Graph
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
    files = tree.read(
        [path for path in manifest.files if path == GRAPH or path.startswith("steps/")]
    )
    digests = {path: digest(it) for path, it in files.items()}
    changed = sorted(path for path in files if digests[path] != manifest.files[path])
    _refuse_half_merged([path for path in changed if has_merge_marks(files[path])], tree)
    _refuse_without_graph(files, changed, tree)
    graph = graph_in(files[GRAPH], f"{tree.name}/{GRAPH}")
    return State(tree.name, graph, by_step(digests.items()), manifest.generator, tuple(changed))


def _refuse_half_merged(paths: Sequence[str], tree: Tree) -> None:
    if paths:
        lines = [f"{tree.name}/{path}: has the marks of a merge conflict in it" for path in paths]
        lines.append(
            "finish the merge of the graph and the modules, then generate: iguazioig generate GRAPH --force"
        )
        raise ProjectError("\n".join(lines))


def _refuse_without_graph(files: Mapping[str, bytes], changed: Collection[str], tree: Tree) -> None:
    if GRAPH not in files or GRAPH in changed:
        wrong = "was edited" if GRAPH in files else "is not there"
        raise ProjectError(
            f"{tree.name}/{GRAPH}: {wrong}, so that nothing says what the project was generated from; "
            "restore it from version control, or generate the project again"
        )


def graph_in(content: bytes, name: str) -> Graph:
    """The graph in a file, whose code is not looked at. Raises GraphError with every problem."""
    document = parse(content, name)
    translation = choose_deployer(document).translate(document)
    problems = [*document.problems, *translation.problems]
    if translation.graph is None or any(each.severity == "error" for each in problems):
        raise GraphError(problems)
    return translation.graph


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
