"""Where a module is: Python's own search, over the user's folders and without importing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from keyword import iskeyword
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import Location
from .files import Files
from .names import conflict

if TYPE_CHECKING:
    from ..notebooks import NotebookModule

_MAX_DEPTH = 50
_MAX_SUGGESTIONS = 1000


class Module(NamedTuple):
    """A module, or a package with its `__init__.py`; `path` is the file to read, and `notebook` what is read in its place."""

    name: str
    path: Path
    is_package: bool
    notebook: NotebookModule | None = None

    @property
    def file(self) -> str:
        """Its path in the step folder."""
        return self.name.replace(".", "/") + ("/__init__.py" if self.is_package else ".py")

    @property
    def package(self) -> str:
        """What its relative imports start from; empty for a module of the top level."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    def at(self, line: int, column: int) -> Location:
        """A place in it, as its author sees it."""
        if self.notebook:
            return self.notebook.at(line, column)
        return Location(self.path.as_posix(), line, column)


class Namespace(NamedTuple):
    """A folder without `__init__.py`, possibly spread over several roots."""

    name: str
    folders: tuple[Path, ...]


class Finder:
    """Finds modules by their dotted names, in the order in which Python would; `made` is one that is in no folder."""

    def __init__(self, files: Files, made: Module | None = None) -> None:
        self.files = files
        self._found: dict[str, Module | Namespace | None] = {made.name: made} if made else {}
        self._packages: dict[Module, Module | None] = {}
        self._known: tuple[str, ...] | None = None

    def find(self, name: str) -> Module | Namespace | None:
        """The module of this dotted name, or None where the user's folders have none."""
        if name not in self._found:
            is_possible = name.count(".") < _MAX_DEPTH and all(map(is_name, name.split(".")))
            self._found[name] = self._search(name) if is_possible else None
        return self._found[name]

    def folders(self, name: str) -> tuple[Path, ...]:
        """Where the modules of the package `name` are; the roots for the empty name."""
        if not name:
            return self.files.roots
        match self.find(name):
            case Module(path=path, is_package=True):
                return (path.parent,)
            case Namespace(folders=folders):
                return folders
        return ()

    def chain(self, name: str) -> list[Module]:
        """The modules that Python runs to import `name`: its parents and itself, as far as they are found."""
        modules = []
        for parent in _prefixes(name):
            found = self.find(parent)
            if found is None:
                break
            if isinstance(found, Module):
                modules.append(found)
        return modules

    def package_of(self, module: Module) -> Module | None:
        """The outermost package with an `__init__.py` that `module` is in, or is."""
        if module not in self._packages:
            packages = (each for each in self.chain(module.name) if each.is_package)
            self._packages[module] = next(packages, None)
        return self._packages[module]

    def known(self) -> tuple[str, ...]:
        """Names to suggest: modules of the roots, and those directly in their packages."""
        if self._known is None:
            names = sorted(set(self._modules()))
            self._known = tuple(islice(names, _MAX_SUGGESTIONS))
        return self._known

    def children(self, name: str) -> list[str]:
        """The modules directly in the package `name` (of the roots, for the empty name), as dotted names."""
        leaves = {leaf for folder in self.folders(name) for leaf in self._leaves(folder)}
        dotted = (f"{name}.{leaf}" if name else leaf for leaf in sorted(leaves))
        return [each for each in dotted if isinstance(self.find(each), Module)]

    def _search(self, name: str) -> Module | Namespace | None:
        parent, _, leaf = name.rpartition(".")
        folders = self.folders(parent)
        for folder in folders:
            is_folder = self.files.has_folder(folder, leaf)
            if is_folder and self.files.has_file(folder / leaf, "__init__.py"):
                return Module(name, folder / leaf / "__init__.py", True)
            if self.files.has_file(folder, f"{leaf}.py"):
                return Module(name, folder / f"{leaf}.py", False)
        portions = tuple(each / leaf for each in folders if self.files.has_folder(each, leaf))
        return Namespace(name, portions) if portions else None

    def _modules(self) -> Iterator[str]:
        for root in self.files.roots:
            for leaf in self._leaves(root):
                if conflict(leaf):
                    continue
                if isinstance(self.find(leaf), Module):
                    yield leaf
                yield from self.children(leaf)

    def _leaves(self, folder: Path) -> Iterator[str]:
        for name in self.files.listing(folder):
            leaf = name.removesuffix(".py")
            if is_name(leaf) and leaf != "__init__":
                yield leaf


def is_name(text: str) -> bool:
    """Whether Python's `import` can say this."""
    return text.isidentifier() and not iskeyword(text)


def _prefixes(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[: end + 1]) for end in range(len(parts)))
