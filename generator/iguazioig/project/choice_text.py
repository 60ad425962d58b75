"""The part of a handler that says which outputs a message goes to: the graph's conditions as Python's own `if`.

A condition comes as a tree that holds nothing but what is known to be harmless. It is written from the tree, part by
part, and never copied from the graph's text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..graph import Condition
from .python_text import WIDTH, flat, literal, width

_HEAD = '''\
def wanted(message):
    """The outputs that a message goes to; a condition that fails does not hold."""
'''
_RULES = """\
# ruff: noqa: B005, B033, E711, E712, PIE810, PLR0124, PLR0133, PLR1716, RUF019
# ruff: noqa: RUF046, RUF057, RUF100, SIM118, SIM220, SIM221, SIM222, SIM223
"""
_INDENT = " " * 8

_SIGNS = {
    "Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "FloorDiv": "//", "Mod": "%",
    "Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=",
    "Is": "is", "IsNot": "is not", "In": "in", "NotIn": "not in", "And": "and", "Or": "or",
}  # fmt: skip
_COMPOUND = (ast.BinOp, ast.BoolOp, ast.Compare, ast.UnaryOp)


@dataclass(frozen=True, slots=True)
class Choice:
    """An output by its name in the handler, and what must hold for it to get a message."""

    output: str
    condition: Condition | None


def choice_text(choices: Sequence[Choice]) -> str:
    """The function `wanted` of a handler; the empty text where there is nothing to choose."""
    if not any(choice.condition for choice in choices):
        return ""
    is_plain = all(_is_plain(choice.condition.tree) for choice in choices if choice.condition)
    lines = "\n".join(line for each in choices for line in _lines(each))
    return ("" if is_plain else _RULES) + _HEAD + lines


def _lines(choice: Choice) -> Iterator[str]:
    if choice.condition is None:
        yield f"    yield {choice.output}"
        return
    yield "    with contextlib.suppress(Exception):"
    yield from (_INDENT + line for line in _if(choice.condition.tree))
    yield f"{_INDENT}    yield {choice.output}"


def _if(tree: ast.expr) -> list[str]:
    """The head of an `if`, as black lays it out; black is told to leave alone what it would lay out in some other way."""
    line = f"if {python(tree)}:"
    if width(_INDENT + line) <= WIDTH:
        return [line]
    if isinstance(tree, ast.BoolOp):
        parts = [_operand(each) for each in tree.values]
        sign = _SIGNS[type(tree.op).__name__]
        inner = [parts[0], *(f"{sign} {part}" for part in parts[1:])]
        lines = ["if (", *(f"    {part}" for part in inner), "):"]
        fits = all(width(_INDENT + each) <= WIDTH for each in lines)
        # Of some characters black has another idea of how wide they are when it decides how to break a line.
        if fits and line.isascii() and _is_opened(tree, parts):
            return lines
    return [f"{line}  # fmt: skip"]


def _is_opened(tree: ast.BoolOp, parts: Sequence[str]) -> bool:
    """Whether black puts parentheses around the whole: of two parts it may open the last bracket instead."""
    last = tree.values[-1]
    ends_plainly = parts[-1][-1] not in ")]}" or isinstance(last, ast.Subscript)
    return len(parts) > 2 or (ends_plainly and parts[0][0] not in "([{")


def python(node: ast.expr) -> str:
    """An expression in one line, in black's spelling."""
    match node:
        case ast.Constant(value=value):
            return flat(literal(value))  # type: ignore[arg-type]
        case ast.Name(id=name):
            return name
        case ast.Subscript(value=value, slice=index):
            return f"{_atom(value)}[{python(index)}]"
        case ast.Attribute(value=value, attr=name):
            return f"{_atom(value)}.{name}"
        case ast.Call(func=function, args=args):
            return f"{python(function)}({_listed(args)})"
        case ast.List(elts=items):
            return f"[{_listed(items)}]"
        case ast.Set(elts=items):
            return f"{{{_listed(items)}}}"
        case ast.Tuple(elts=items):
            return f"({_listed(items)}{',' if len(items) == 1 else ''})"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return f"not {_operand(operand)}"
        case ast.UnaryOp(operand=operand):
            return f"-{_atom(operand)}"
        case ast.BinOp(left=left, op=operation, right=right):
            return f"{_atom(left)} {_SIGNS[type(operation).__name__]} {_atom(right)}"
        case ast.Compare(left=left, ops=ops, comparators=others):
            rest = zip(ops, others, strict=True)
            return _side(left) + "".join(f" {_SIGNS[type(op).__name__]} {_side(other)}" for op, other in rest)  # fmt: skip
        case ast.BoolOp(op=operator, values=values):
            sign = f" {_SIGNS[type(operator).__name__]} "
            return sign.join(_operand(each) for each in values)
    raise TypeError(f"a condition has a {type(node).__name__}")


def _listed(nodes: Iterable[ast.expr]) -> str:
    return ", ".join(map(python, nodes))


def _atom(node: ast.expr) -> str:
    """A part that is bound tightly: in parentheses, unless it is a name, a call, a literal."""
    return f"({python(node)})" if isinstance(node, _COMPOUND) else python(node)


def _side(node: ast.expr) -> str:
    """A side of a comparison."""
    return python(node) if isinstance(node, ast.BinOp) else _atom(node)


def _operand(node: ast.expr) -> str:
    """A part of an `and`, `or` or `not`."""
    return f"({python(node)})" if isinstance(node, ast.BoolOp) else python(node)


def _is_plain(tree: ast.expr) -> bool:
    """Whether no linter can know better: one comparison of a part of the message with something written down."""
    match tree:
        case ast.Compare(left=left, ops=[_], comparators=[ast.Constant(value=value)]):
            return _is_part(left) and not isinstance(value, bool | None)
        case ast.Compare(left=left, ops=[_], comparators=[ast.List() | ast.Tuple() as items]):
            return _is_part(left) and all(isinstance(item, ast.Constant) for item in items.elts)
    return False


def _is_part(node: ast.expr) -> bool:
    """Whether it is `message`, or `…[literal]` or `….get(literal)` of such a part."""
    match node:
        case ast.Name():
            return True
        case ast.Subscript(value=value, slice=ast.Constant()):
            return _is_part(value)
        case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[ast.Constant()]):
            return _is_part(value)
    return False
