"""Whether a user's method or function can be called with `(context, message)`, and gives the next message."""

from __future__ import annotations

import ast

from ..errors import Location, Problem
from .classes import called
from .definitions import Definition, Definitions
from .signature import shown, takes_positional
from .statements import Function, has_yield

_CODE = "method-signature"

# The parameters of each kind of method; a decorator of another name may change the call, so it is not judged.
_PLAIN = frozenset(
    {"abc.abstractmethod", "typing.final", "typing.override", "typing_extensions.override"}
)
_KINDS = {
    "builtins.staticmethod": ("context", "message"),
    "builtins.classmethod": ("cls", "context", "message"),
}
_PROPERTIES = frozenset({"builtins.property", "functools.cached_property"})


def method_problem(found: Definition, owner: str, definitions: Definitions) -> Problem | None:
    """What keeps a method of the class `owner` from being called."""
    node = _function(found)
    names = [definitions.resolve(found.module, called(each)) for each in node.decorator_list]
    kinds = [name for name in names if name not in _PLAIN]
    label = f"`{owner}.{node.name}`"
    if not kinds:
        return _problem(found, label, ("self", "context", "message"))
    kind = kinds[0] if len(kinds) == 1 and isinstance(kinds[0], str) else ""
    if kind in _PROPERTIES:
        expected = f"write `def {node.name}(self, context, message)`"
        return Problem(_place(found), f"{label} is a property, not a method", expected, _CODE)
    return _problem(found, label, _KINDS[kind]) if kind in _KINDS else None


def function_problem(found: Definition) -> Problem | None:
    """What keeps a function of a module from being called; one with decorators is not judged."""
    node = _function(found)
    label = f"`{found.module.name}.{node.name}`"
    return None if node.decorator_list else _problem(found, label, ("context", "message"))


def _problem(found: Definition, label: str, parameters: tuple[str, ...]) -> Problem | None:
    node = _function(found)
    expected = f"write `def {node.name}({', '.join(parameters)})`"
    if isinstance(node, ast.AsyncFunctionDef):
        wrong = f"{label} is `async`, but is called without `await`"
    elif has_yield(node):
        wrong = f"{label} has a `yield`, so that its result is a generator and no message"
        expected = "return the message, or None to end the step"
    elif not takes_positional(node, len(parameters)):
        wrong = f"{label} is `{shown(node)}`, but is called with `(context, message)`"
    else:
        return None
    return Problem(_place(found), wrong, expected, _CODE)


def _function(found: Definition) -> Function:
    assert not isinstance(found.node, ast.ClassDef)
    return found.node


def _place(found: Definition) -> Location:
    return found.module.at(found.node.lineno, found.node.col_offset + 1)
