"""From one module of the user's to the next: what its imports lead to, and which of them lead astray."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import Location, Problem
from .imports import Import
from .modules import Finder, Module
from .names import conflict, is_standard
from .sources import Sources


class Links(NamedTuple):
    """The user's own modules that a module imports, and the problems of its import statements."""

    modules: tuple[Module, ...]
    problems: tuple[Problem, ...]


class LinkMap:
    """The links of modules; each module's are worked out once."""

    def __init__(self, finder: Finder, sources: Sources) -> None:
        self._finder = finder
        self._sources = sources
        self._links: dict[Module, Links] = {}

    def of(self, module: Module) -> Links:
        """Where `module` leads."""
        if module not in self._links:
            imports = self._sources.of(module).imports
            targets = dict.fromkeys(each for one in imports for each in self._targets(one))
            problems = (self._problem(one, module) for one in imports)
            self._links[module] = Links(tuple(targets), tuple(filter(None, problems)))
        return self._links[module]

    def _targets(self, one: Import) -> list[Module]:
        return [] if one.module and conflict(one.module) else self._found(one)

    def _found(self, one: Import) -> list[Module]:
        if one.module is None:
            return []
        subs = (self._finder.find(f"{one.module}.{name}") for name in one.names)
        found = [sub for sub in subs if isinstance(sub, Module)]
        return [*self._finder.chain(one.module), *found]

    def _problem(self, one: Import, module: Module) -> Problem | None:
        place = module.at(one.line, one.column)
        if one.module is None:
            return _no_package(one, module, place) if one.is_certain else None
        if one.is_relative:
            return self._missing(one.module, place) if one.is_certain else None
        return self._in_the_way(one, place)

    def _missing(self, name: str, place: Location) -> Problem | None:
        """A warning, no error: a package can still make up its modules as it runs, or hold a compiled one."""
        parent, _, leaf = name.rpartition(".")
        folders = self._finder.folders(parent)
        listed = {each for folder in folders for each in self._finder.files.listing(folder)}
        is_compiled = any(each.startswith(f"{leaf}.") for each in listed)
        if self._finder.find(name) or is_compiled or not folders:
            return None
        wrong = f"there is no module `{name}`"
        return Problem(place, wrong, "the name of a module", "module-import", "warning")

    def _in_the_way(self, one: Import, place: Location) -> Problem | None:
        taken = conflict(one.module or "")
        own = self._found(one) if taken else []
        if not own:
            return None
        if is_standard(own[0].name):
            wrong = f"this imports {taken}, and your own module `{own[0].name}` is not copied"
            cure = "rename your module if it is meant"
            return Problem(place, wrong, cure, "module-name", "warning")
        wrong = f"your module `{own[0].name}` would stand in the way of {taken}"
        return Problem(place, wrong, "rename the module", "module-name")


def _no_package(one: Import, module: Module, place: Location) -> Problem:
    return Problem(
        place,
        f"`from {one.written} import` fails, because `{module.name}` is in no package that goes so far up",
        "write it without the dots",
        "module-import",
    )
