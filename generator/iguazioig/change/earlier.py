"""What a graph is compared with: a project, a graph, or what git has of one or the other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..deployment import load
from ..environments import in_environment, path_of, read_environment
from ..errors import GitError, GraphError, ProjectError, printable
from ..graph import NOTEBOOK_ENDING
from ..repository import Blob, Repository
from ..source import Source, read_source
from ..user_code.files import MAX_FILE_MB, MAX_NOTEBOOK_MB
from .committed import Folder, committed
from .state import State, state_of


@dataclass(frozen=True, slots=True)
class Asked:
    """What a comparison is about: the graph's path, its project's folder, where modules are, and in which environment."""

    graph: Path
    project: Path
    modules: tuple[Path, ...] = ()
    environment: str | None = None


def earlier(asked: Asked, against: str | None) -> State:
    """The state to compare with: a folder with a project, a graph, a git reference; without any, the project's folder.

    The state has no graph where there was no project yet. Raises ProjectError, GraphError or GitError, each with a cure.
    """
    if against is None:
        return committed(Folder(asked.project)) or State(f"{asked.project}, which is not there yet")
    place = Path(against)
    if place.is_dir():
        return _project(place)
    if place.is_file():
        return _graph(place, asked)
    return _at(against, asked)


def _graph(path: Path, asked: Asked) -> State:
    source = in_environment(read_source(path), asked.environment)
    return state_of(load(source, modules=asked.modules).plan(), source.title)


def _project(folder: Path) -> State:
    found = committed(Folder(folder))
    if found is None:
        raise ProjectError(
            f"{folder}: has no `.iguazioig.json`, and so is no project that iguazioig wrote; name the folder of one, a graph "
            "or a git reference (a branch of this name is `refs/heads/…`)"
        )
    return found


def _at(reference: str, asked: Asked) -> State:
    """What git has at a reference: the project where it has it, else the graph, else nothing."""
    try:
        repository = Repository(asked.graph.parent)
        commit = repository.commit(reference)
    except GitError as error:
        shown = printable(reference, 200)
        raise GitError(
            f"`{shown}` is no file or folder here, and as a git reference: {error}"
        ) from error
    history = _History(repository, commit, reference, asked)
    return (
        history.project()
        or history.graph()
        or State(f"{reference}, which has no project and no graph")
    )


class _History:
    """A commit, and the places in it of what is asked for."""

    def __init__(self, repository: Repository, commit: str, reference: str, asked: Asked) -> None:
        self._repository, self._commit = repository, commit
        self._reference, self._asked = reference, asked

    def project(self) -> State | None:
        """The project that was committed."""
        path = self._repository.path_of(self._asked.project)
        return (
            None
            if path is None
            else committed(_Tree(self._repository, self._commit, path, f"{self._reference}:{path}"))
        )

    def graph(self) -> State | None:
        """The project of the graph that was committed, with its modules."""
        path = self._repository.path_of(self._asked.graph)
        if path is None or not self._files(path):
            return None
        with tempfile.TemporaryDirectory(prefix="iguazioig-") as folder:
            return self._loaded(Path(folder), path)

    def _loaded(self, folder: Path, path: str) -> State:
        roots = [self._asked.graph.parent, *self._asked.modules]
        modules = [self._lay_out(root, folder) for root in roots]
        name = f"{self._reference}:{path}"
        source = Source(name, (folder / path).read_bytes(), (folder / path).parent)
        laid = self._in_environment(source, folder)
        if laid is None:
            return State(f"{name}, which has no environment `{self._asked.environment}`")
        try:
            return state_of(load(laid, modules=modules[1:]).plan(), laid.title)
        except GraphError as error:
            first = str(error.problems[0]).replace(f"{folder}/", f"{self._reference}:")
            raise ProjectError(
                f"{name}: has problems, so that nothing can be compared with it: {first}; name an older commit"
            ) from error

    def _in_environment(self, source: Source, folder: Path) -> Source | None:
        """The graph with the environment as it was, which messages call by its place in the repository; None without that."""
        if self._asked.environment is None:
            return source
        place = path_of(self._asked.graph.parent, self._asked.environment)
        file = self._lay_out(place, folder)
        if not file.is_file():
            return None
        path = self._repository.path_of(place)
        found = read_environment(file.parent, file)
        name = found.path if path is None else f"{self._reference}:{path}"
        return replace(source, environment=replace(found, path=name))

    def _lay_out(self, root: Path, folder: Path) -> Path:
        """Write what a folder held, or a file; where it is outside of the repository, it is taken as it is now."""
        path = self._repository.path_of(root)
        if path is None:
            return root
        home = folder if path == "." else folder / path
        for name, content in self._repository.contents(self._files(path)).items():
            target = home / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return home

    def _files(self, path: str) -> dict[str, Blob]:
        found = self._repository.files(self._commit, path)
        return {name: blob for name, blob in found.items() if blob.size <= _most(name) * 2**20}


def _most(name: str) -> int:
    """The megabytes up to which a file is of interest."""
    return MAX_NOTEBOOK_MB if name.endswith(NOTEBOOK_ENDING) else MAX_FILE_MB


class _Tree:
    """A project at a commit."""

    def __init__(self, repository: Repository, commit: str, path: str, name: str) -> None:
        self.name = name
        self._repository = repository
        self._files: Mapping[str, Blob] = repository.files(commit, path)

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The content of those paths that are regular files."""
        wanted = {path: self._files[path] for path in paths if path in self._files}
        return self._repository.contents(wanted)
