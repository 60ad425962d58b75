"""Walking through statements without recursion: an `elif` of a thousand branches is a tree a thousand deep."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

Function = ast.FunctionDef | ast.AsyncFunctionDef

_OWN_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def statements(body: Sequence[ast.stmt], *, inner_scopes: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """Each statement in its order, and whether it always runs: it stands in `body` itself, in no branch.

    Those of functions and classes come too where `inner_scopes` says so.
    """
    pending = [(statement, True) for statement in reversed(body)]
    while pending:
        statement, is_certain = pending.pop()
        yield statement, is_certain
        if inner_scopes or not isinstance(statement, _OWN_SCOPE):
            pending.extend((each, False) for each in reversed(_blocks(statement)))


def expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """Each node that belongs to the statement itself and not to the statements in it."""
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(child for child in ast.iter_child_nodes(node) if not _is_nested(child))


def has_yield(function: Function) -> bool:
    """Whether calling `function` gives a generator."""
    pending: list[ast.AST] = list(function.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(node, (*_OWN_SCOPE, ast.Lambda)):
            pending.extend(ast.iter_child_nodes(node))
    return False


def _blocks(statement: ast.stmt) -> list[ast.stmt]:
    blocks = [getattr(statement, part, ()) for part in ("body", "orelse")]
    branches = (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ()))
    blocks += [branch.body for branch in branches]
    blocks.append(getattr(statement, "finalbody", ()))
    return [each for block in blocks for each in block]


def _is_nested(node: ast.AST) -> bool:
    return isinstance(node, ast.stmt)
