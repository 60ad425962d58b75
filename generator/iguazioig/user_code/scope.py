"""What the names of a module, or of a class, stand for after its body has run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .imports import absolute
from .statements import Function, expressions, statements


class Binding(NamedTuple):
    """A class or function (`node`), something imported (`target`, a dotted name), or neither: it cannot be seen."""

    node: ast.ClassDef | Function | None = None
    target: str | None = None


UNSEEN = Binding()


class Scope(NamedTuple):
    """The names of a body. `patched` are attributes that it sets from outside, as `Model.predict`; `Model.*` is any.

    `is_open` says that there may be more: a star import, a `__getattr__`.
    """

    names: dict[str, Binding]
    patched: frozenset[str]
    is_open: bool


def scope(body: Sequence[ast.stmt], package: str) -> Scope:
    """The scope of a module of `package`, or of a class in one."""
    names: dict[str, Binding] = {}
    patched: set[str] = set()
    for statement, is_certain in statements(body, inner_scopes=False):
        for name, binding in _bindings(statement, package):
            # A branch that binds a name again leaves open which of the two it is.
            names[name] = binding if is_certain or name not in names else UNSEEN
        patched.update(_patched(statement))
    return Scope(names, frozenset(patched), "*" in names or "__getattr__" in names)


def _bindings(statement: ast.stmt, package: str) -> Iterator[tuple[str, Binding]]:
    match statement:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name, Binding(node=statement)
        case ast.Import(names=aliases):
            for each in aliases:
                top = each.name.partition(".")[0]
                yield each.asname or top, Binding(target=each.name if each.asname else top)
        case ast.ImportFrom(names=aliases):
            module = absolute(statement, package)
            for each in aliases:
                target = None if module is None else f"{module}.{each.name}"
                yield each.asname or each.name, Binding(target=target)
        case ast.AnnAssign(value=None):
            return
        case _:
            yield from ((name, UNSEEN) for name in _stored(statement))


def _stored(statement: ast.stmt) -> Iterator[str]:
    for node in expressions(statement):
        match node:
            case ast.Name(id=str(name), ctx=ast.Store() | ast.Del()):
                yield name
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name
            case ast.MatchMapping(rest=str(name)) | ast.ExceptHandler(name=str(name)):
                yield name


def _patched(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return
    for node in expressions(statement):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute, ctx=ast.Store()):
                yield f"{name}.{attribute}"
            case ast.Expr(value=ast.Call(args=arguments)):
                # `setattr(Model, …)`, `add_methods(Model)`: who gets a class can change it.
                yield from (f"{each.id}.*" for each in arguments if isinstance(each, ast.Name))
