"""From a name to the class or function it stands for, through as many modules as it takes."""

from __future__ import annotations

import ast
from typing import NamedTuple

from .modules import Finder, Module
from .names import is_standard
from .scope import Binding, Scope
from .sources import Sources
from .statements import Function

_MAX_HOPS = 50


class Definition(NamedTuple):
    """A class or a function, and the module that it stands in."""

    module: Module
    node: ast.ClassDef | Function


class Missing(NamedTuple):
    """`module` certainly has no such name."""

    module: Module


class Definitions:
    """Finds definitions. None always means that it cannot be seen without running the user's code."""

    def __init__(self, finder: Finder, sources: Sources) -> None:
        self._finder = finder
        self._sources = sources

    def scope(self, module: Module) -> Scope | None:
        """The names of `module`."""
        return self._sources.of(module).scope

    def lookup(self, module: Module, name: str) -> Definition | Missing | None:
        """What `name` of `module` is; names that it imports from others of the user's modules are followed."""
        for _ in range(_MAX_HOPS):
            scope = self.scope(module)
            if scope is None:
                return None
            binding = scope.names.get(name)
            if binding is None:
                return self._absent(module, name, scope)
            if binding.node:
                return Definition(module, binding.node)
            owner, _, name = (binding.target or "").rpartition(".")
            local = self._local(owner)
            if local is None:
                return None
            module = local
        return None

    def resolve(self, module: Module, expression: ast.expr) -> Definition | str | None:
        """What a decorator or base class is: one of the user's, or the dotted name of somebody else's."""
        scope = self.scope(module)
        path = _dotted(expression)
        if scope is None or not path:
            return None
        binding = scope.names.get(path[0], Binding(target=f"builtins.{path[0]}"))
        if binding.node:
            return Definition(module, binding.node) if len(path) == 1 else None
        if not binding.target:
            return None
        name = ".".join((binding.target, *path[1:]))
        owner, _, leaf = name.rpartition(".")
        local = self._local(owner)
        if local is None:
            return name
        found = self.lookup(local, leaf)
        return found if isinstance(found, Definition) else None

    def _absent(self, module: Module, name: str, scope: Scope) -> Missing | None:
        is_submodule = self._finder.find(f"{module.name}.{name}") is not None
        return None if scope.is_open or is_submodule else Missing(module)

    def _local(self, name: str) -> Module | None:
        found = self._finder.find(name) if name and not is_standard(name) else None
        return found if isinstance(found, Module) else None


def _dotted(expression: ast.expr) -> list[str]:
    parts: list[str] = []
    while isinstance(expression, ast.Attribute):
        parts.append(expression.attr)
        expression = expression.value
    return [expression.id, *reversed(parts)] if isinstance(expression, ast.Name) else []
