"""Conditions of outputs: Python expressions in a graph, which are read and never evaluated.

The old runtime gave the text to `eval`. Here it is parsed, and only what is harmless and means the same in the generated
handler is let through; a condition that says more belongs into the user's code (graph-older 2).
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Mapping
from types import EllipsisType

from ...document import shorten

LONGEST = 2000
"""Characters of a condition."""

MOST_PARTS, DEEPEST = 400, 40
"""Names, literals and operations in a condition, and how many of them within each other."""

_ONE, _SOME = (1,), (1, 2, 3, 4)
CALLS = {
    **dict.fromkeys(("abs", "bool", "float", "int", "len", "str"), _ONE),
    **dict.fromkeys(("max", "min"), _SOME),
    "round": (1, 2),
}
"""Python's own functions, and with how many arguments they are taken."""

METHODS = frozenset({"endswith", "get", "items", "keys", "lower", "startswith", "strip", "upper", "values"})  # fmt: skip
KNOWN = "`message[…]`, literals, comparisons, `and`, `or`, `not`, arithmetic, and calls such as `.get(…)` and `len(…)`"

_COLLECTIONS = (ast.List, ast.Tuple, ast.Set)
_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod)


class ConditionError(Exception):
    """Why a text is not taken as a condition, as the end of a sentence about it."""


def parse_condition(text: str, output: Mapping[str, str | None]) -> ast.expr:
    """The expression of a condition; what it asks of `output`, the entry that it stands in, is already answered.

    Raises ConditionError.
    """
    if len(text) > LONGEST:
        raise ConditionError(f"has {len(text):,} characters, and at most {LONGEST:,} are read")
    tree = _parse(text)
    if sum(isinstance(node, ast.expr) for node in ast.walk(tree)) > MOST_PARTS:
        raise ConditionError(f"has more than {MOST_PARTS} parts")
    if isinstance(tree, ast.Tuple):
        raise ConditionError("is several values with commas between them")
    return _read(tree, output, DEEPEST)


def _parse(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.lstrip(" \t"), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConditionError("is no Python expression") from error


def _read(node: ast.expr, output: Mapping[str, str | None], depth: int) -> ast.expr:
    """The same expression, with every part of it known to be harmless."""
    if not depth:
        raise ConditionError(f"is nested more than {DEEPEST} levels deep")

    def read(each: ast.expr) -> ast.expr:
        return _read(each, output, depth - 1)

    match node:
        case ast.Constant(value=value) if _is_plain(value):
            return node
        case ast.Name(id="message"):
            return node
        case ast.Subscript(value=ast.Name(id="output"), slice=ast.Constant(value=str(key))):
            if key not in output:
                raise ConditionError(f"asks for `{shorten(key)}` of its output, which has none")
            return ast.Constant(output[key])
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="output"), attr="get"),
            args=[ast.Constant(value=str(key))],
            keywords=[],
        ):
            return ast.Constant(output.get(key))
        case ast.Subscript(value=value, slice=index):
            return ast.Subscript(_no_literal(read(value)), read(index), ast.Load())
        case ast.Call(func=ast.Attribute(value=value, attr=name), args=args, keywords=[]) if (
            name in METHODS
        ):
            method = ast.Attribute(_no_literal(read(value)), name, ast.Load())
            return ast.Call(method, [read(each) for each in args], [])
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if len(args) in CALLS.get(
            name, ()
        ):
            return _about_message(ast.Call(node.func, [read(each) for each in args], []))
        case ast.BoolOp(op=operator, values=values):
            return ast.BoolOp(operator, [read(each) for each in values])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _negation(read(operand))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return ast.UnaryOp(ast.USub(), _number(read(operand)))
        case ast.BinOp(left=left, op=operation, right=right) if isinstance(operation, _OPERATORS):
            if isinstance(operation, ast.Mod) and isinstance(left, ast.Constant | ast.Tuple):
                raise ConditionError("formats a text")
            return _about_message(ast.BinOp(read(left), operation, read(right)))
        case ast.Compare(left=left, ops=ops, comparators=others):
            return _comparison(read(left), ops, [read(each) for each in others])
        case ast.List(elts=items):
            return ast.List([read(each) for each in items], ast.Load())
        case ast.Tuple(elts=items):
            return ast.Tuple([read(each) for each in items], ast.Load())
        case ast.Set(elts=items):
            return ast.Set([read(each) for each in items])
    raise ConditionError(f"has {_shown(node)} in it")


def _negation(operand: ast.expr) -> ast.expr:
    """`not` in the spelling that linters ask for: `a not in b`, `a != b`, `bool(a)`."""
    match operand:
        case ast.Compare(left=left, ops=[operator], comparators=others) if type(operator) in _OPPOSITES:  # fmt: skip
            return ast.Compare(left, [_OPPOSITES[type(operator)]()], others)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return ast.Call(ast.Name("bool", ast.Load()), [inner], [])
    return ast.UnaryOp(ast.Not(), operand)


def _comparison(left: ast.expr, ops: list[ast.cmpop], others: list[ast.expr]) -> ast.expr:
    for operator, other in zip(ops, others, strict=True):
        value = other.value if isinstance(other, ast.Constant) else ...
        if isinstance(operator, ast.Is | ast.IsNot) and not isinstance(value, bool | None):
            raise ConditionError("compares with `is`, where `==` is meant")
        if isinstance(operator, ast.In | ast.NotIn) and not isinstance(value, str | EllipsisType):
            raise ConditionError("looks for something in what holds nothing")
    comparison = ast.Compare(left, ops, others)
    has_literals = any(isinstance(other, _COLLECTIONS) for other in others)
    is_equality = all(isinstance(each, ast.Eq | ast.NotEq) for each in ops)
    return comparison if is_equality or has_literals else _about_message(comparison)


def _about_message(node: ast.expr) -> ast.expr:
    if not any(isinstance(each, ast.Name) and each.id == "message" for each in ast.walk(node)):
        raise ConditionError("has a part that is not about `message`")
    return node


def _no_literal(node: ast.expr) -> ast.expr:
    if isinstance(node, (ast.Constant, *_COLLECTIONS)):
        raise ConditionError("asks a literal for a part of it")
    return node


def _number(node: ast.expr) -> ast.expr:
    if isinstance(node, _COLLECTIONS) or (isinstance(node, ast.Constant) and type(node.value) not in (int, float)):  # fmt: skip
        raise ConditionError("has a `-` before what is no number")
    return node


def _is_plain(value: object) -> bool:
    """Whether a literal can be written down again, and means the same there."""
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, bool | int | str)


def _shown(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return f"the name `{shorten(name)}`"
        case ast.Call(func=ast.Name(id=name)):
            return f"a call of `{shorten(name)}`"
        case ast.Attribute(attr=name) | ast.Call(func=ast.Attribute(attr=name)):
            return f"`.{shorten(name)}`"
        case ast.Constant(value=value):
            return f"a {type(value).__name__} that is not taken"
    return _NAMES.get(type(node).__name__, f"a {type(node).__name__}")


_NAMES = {
    "Lambda": "a `lambda`",
    "IfExp": "an `if … else …`",
    "NamedExpr": "a `:=`",
    "JoinedStr": "an f-string",
    "ListComp": "a comprehension",
    "SetComp": "a comprehension",
    "DictComp": "a comprehension",
    "GeneratorExp": "a comprehension",
    "Slice": "a slice",
    "Dict": "a dictionary",
    "BinOp": "an operator that is not taken",
    "UnaryOp": "an operator that is not taken",
    "Await": "an `await`",
    "Yield": "a `yield`",
}
