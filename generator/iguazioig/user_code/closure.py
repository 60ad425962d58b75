"""What has to travel with a module: all that it imports, directly or through one another.

Of a package (a folder with an `__init__.py`) everything travels: modules that are named at run time only, and data that
they open beside themselves, cannot be told from what is left over. Of a folder without one, only what is imported.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..errors import Problem
from .links import LinkMap
from .modules import Finder, Module, is_name
from .packages import package_files
from .sources import Sources


class Closure(NamedTuple):
    """Files by their paths in the step folder, and the problems of the modules that will be imported."""

    files: Mapping[str, bytes]
    problems: tuple[Problem, ...]


class ClosureMap:
    """The closures of modules; each is worked out once."""

    def __init__(self, finder: Finder, sources: Sources) -> None:
        self._finder = finder
        self._sources = sources
        self._links = LinkMap(finder, sources)
        self._closures: dict[Module, Closure] = {}
        self._packages: dict[Module, tuple[dict[str, bytes], list[Problem]]] = {}

    def of(self, module: Module) -> Closure:
        """All that `module` needs, itself included."""
        if module not in self._closures:
            self._closures[module] = self._follow(module)
        return self._closures[module]

    def _follow(self, entry: Module) -> Closure:
        journey = _Journey()
        journey.reach(self._finder.chain(entry.name))
        self._visit(journey, is_imported=True)
        while self._enter_packages(journey):
            # What only lies in a package may be a template or a relic: its own problems are not the user's.
            self._visit(journey, is_imported=False)
        return Closure(journey.files, tuple(journey.problems))

    def _visit(self, journey: _Journey, *, is_imported: bool) -> None:
        while journey.queue:
            module = journey.queue.popleft()
            source = self._sources.of(module)
            links = self._links.of(module)
            if source.content is not None:
                journey.files[module.file] = source.content
            if is_imported:
                journey.problems += filter(None, (source.problem, *links.problems))
            journey.reach(links.modules)

    def _enter_packages(self, journey: _Journey) -> bool:
        """Take along each package that was reached since the last call; whether there was one."""
        reached = {self._finder.package_of(module) for module in journey.reached}
        entered = [each for each in reached if each and each not in journey.packages]
        for package in sorted(entered, key=lambda each: each.name):
            journey.packages.add(package)
            self._take_along(package, journey)
        return bool(entered)

    def _take_along(self, package: Module, journey: _Journey) -> None:
        if package not in self._packages:
            self._packages[package] = package_files(package.path.parent, self._finder.files)
        contents, problems = self._packages[package]
        journey.problems += problems
        folder = package.name.replace(".", "/")
        for inner, content in contents.items():
            journey.files.setdefault(f"{folder}/{inner}", content)
        journey.reach(filter(None, (_module(package, inner) for inner in contents)))


class _Journey:
    def __init__(self) -> None:
        self.reached: set[Module] = set()
        self.queue: deque[Module] = deque()
        self.packages: set[Module] = set()
        self.files: dict[str, bytes] = {}
        self.problems: list[Problem] = []

    def reach(self, modules: Iterable[Module]) -> None:
        for module in modules:
            if module not in self.reached:
                self.reached.add(module)
                self.queue.append(module)


def _module(package: Module, inner: str) -> Module | None:
    parts = inner.removesuffix(".py").split("/")
    if not inner.endswith(".py") or not all(map(is_name, parts)):
        return None
    is_package = parts[-1] == "__init__"
    name = ".".join((package.name, *(parts[:-1] if is_package else parts)))
    return Module(name, package.path.parent / inner, is_package)
