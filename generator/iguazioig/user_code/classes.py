"""The user's classes: what they inherit, and which methods they have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from .definitions import Definition, Definitions, Missing
from .modules import Module
from .scope import Binding, scope

_MAX_DEPTH = 50

# Bases, metaclasses and decorators that change neither a constructor nor methods (dataclasses are read field by field).
_PLAIN_BASES = frozenset({"builtins.object", "abc.ABC", "typing.Generic"})
_PLAIN_METACLASSES = frozenset({"builtins.type", "abc.ABCMeta"})
_PLAIN_DECORATORS = frozenset(
    {
        "dataclasses.dataclass",
        "functools.total_ordering",
        "typing.final",
        "typing_extensions.final",
    }
)

_DYNAMIC_NAMES = frozenset({"setattr", "exec", "vars"})
_DYNAMIC_METHODS = frozenset({"__getattr__", "__getattribute__"})


class Body(NamedTuple):
    """One class by itself. `stored` are attributes that are set outside of its body: `self.predict = …`.

    `is_open` says that there may be attributes which cannot be seen.
    """

    module: Module
    node: ast.ClassDef
    names: dict[str, Binding]
    stored: frozenset[str]
    is_open: bool


class UserClass(NamedTuple):
    """A class with all it inherits, in the order in which Python looks; None stands for what cannot be seen."""

    lineage: tuple[Body | None, ...]

    @property
    def bodies(self) -> tuple[Body, ...]:
        """The part of the lineage that can be seen."""
        return tuple(body for body in self.lineage if body)

    def method(self, name: str) -> Definition | Missing | None:
        """The `def` of a method; None if that cannot be told."""
        if self.is_changed(name):
            return None
        for body in self.lineage:
            if body is None:
                return None
            if binding := body.names.get(name):
                is_function = isinstance(binding.node, ast.FunctionDef | ast.AsyncFunctionDef)
                return (
                    Definition(body.module, binding.node) if binding.node and is_function else None
                )
        return None if any(body.is_open for body in self.bodies) else Missing(self.bodies[0].module)

    def method_names(self) -> list[str]:
        """The public methods, to suggest."""
        pairs = (pair for body in self.bodies for pair in body.names.items())
        defined = (name for name, binding in pairs if isinstance(binding.node, ast.FunctionDef))
        return sorted({name for name in defined if not name.startswith("_")})

    def is_changed(self, name: str) -> bool:
        """Whether the attribute may be another one than the body of a class says."""
        return any(not body.stored.isdisjoint({name, "*"}) for body in self.bodies)


class Classes:
    """The classes that definitions stand for; each is worked out once."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self._classes: dict[Definition, UserClass] = {}
        self._bodies: dict[Definition, Body] = {}

    def of(self, module: Module, node: ast.ClassDef) -> UserClass:
        """The class that `node` of `module` defines."""
        definition = Definition(module, node)
        if definition not in self._classes:
            self._classes[definition] = UserClass(self._lineage(definition))
        return self._classes[definition]

    def _lineage(self, definition: Definition) -> tuple[Body | None, ...]:
        """Bases before what they have in common, as in Python's method resolution order."""
        order: list[Body | None] = []
        seen: set[Definition] = set()

        def visit(each: Definition | None, depth: int) -> None:
            if each in seen:
                return
            if each is None or depth > _MAX_DEPTH or not self._is_plain(each):
                order.append(None)
                return
            seen.add(each)
            body = self._body(each)
            for base in reversed(list(self._bases(body))):
                visit(base, depth + 1)
            order.append(body)

        visit(definition, 0)
        return tuple(reversed(order))

    def _is_plain(self, definition: Definition) -> bool:
        if not isinstance(definition.node, ast.ClassDef):
            return False
        heads = (called(each) for each in definition.node.decorator_list)
        names = (self.definitions.resolve(definition.module, head) for head in heads)
        return all(name in _PLAIN_DECORATORS for name in names)

    def _bases(self, body: Body) -> Iterator[Definition | None]:
        for keyword in body.node.keywords:
            name = self.definitions.resolve(body.module, keyword.value)
            if keyword.arg != "metaclass" or name not in _PLAIN_METACLASSES:
                yield None
        for expression in body.node.bases:
            base = expression.value if isinstance(expression, ast.Subscript) else expression
            found = self.definitions.resolve(body.module, base)
            # A class that names itself as its base means an earlier one of that name.
            is_other = isinstance(found, Definition) and found.node is not body.node
            if not isinstance(found, str) or found not in _PLAIN_BASES:
                yield found if isinstance(found, Definition) and is_other else None

    def _body(self, definition: Definition) -> Body:
        if definition not in self._bodies:
            self._bodies[definition] = self._read(definition)
        return self._bodies[definition]

    def _read(self, definition: Definition) -> Body:
        module, node = definition.module, definition.node
        assert isinstance(node, ast.ClassDef)
        names = scope(node.body, module.package).names
        around = self.definitions.scope(module)
        patched = (each.partition(".") for each in (around.patched if around else ()))
        stored = {attribute for name, _, attribute in patched if name == node.name}
        is_open = not _DYNAMIC_METHODS.isdisjoint(names)
        for each in ast.walk(node):
            match each:
                case ast.Attribute(attr=name, ctx=ast.Store()):
                    stored.add(name)
                case ast.AnnAssign(target=ast.Name(id=name), value=None):
                    stored.add(name)
                case ast.Name(id=name) if name in _DYNAMIC_NAMES:
                    is_open = True
                case ast.Attribute(attr="__dict__"):
                    is_open = True
        return Body(module, node, names, frozenset(stored), is_open)


def called(expression: ast.expr) -> ast.expr:
    """`f` of `f(…)`; any other expression as it is."""
    return expression.func if isinstance(expression, ast.Call) else expression
