"""Text into nodes, and what is said of text that is no expression.

A consumer group sends thousands of different expressions of few tokens. The LALR parser takes about 0.1 ms for one, so
there is no shortcut beside the grammar. lark calls the methods of `_Builder` while it parses; no tree is built between.
"""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from .errors import ExpressionError
from .functions import FUNCTIONS
from .grammar import GRAMMAR
from .nodes import (
    Assignment,
    Attribute,
    Call,
    Chain,
    Comparison,
    Literal,
    Logical,
    Membership,
    Negation,
    Node,
    Part,
    Removal,
    Statement,
    Unary,
)
from .values import timestamp

MAX_LENGTH = 64 * 1024
"""The most characters of an expression, where each piece of quoted text counts as one."""

MAX_MEMBERS = 1024

_CONSTANTS = {"true": True, "false": False, "inf": math.inf, "nan": math.nan}
_QUOTES = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_LONGEST_CACHED = 1000
_LONGEST_WHOLE = 19


def parse_condition(text: str) -> Node | None:
    """A condition; None for an empty one. Raises ExpressionError."""
    if not text.strip():
        return None
    condition: Node = _parse(text, "condition")
    return condition


def parse_update(text: str) -> tuple[Statement, ...]:
    """The statements of an update, in their order. Raises ExpressionError."""
    statements: tuple[Statement, ...] = _parse(text, "update")
    return statements


def _parse(text: str, start: str) -> Any:
    return (_parse_short if len(text) <= _LONGEST_CACHED else _parse_any)(text, start)


def _parse_any(text: str, start: str) -> Any:
    if len(text) > MAX_LENGTH and len(_QUOTES.sub("'", text)) > MAX_LENGTH:
        raise ExpressionError(f"longer than {MAX_LENGTH:,} characters, without quoted text")
    try:
        return _parser().parse(text, start=start)
    except UnexpectedInput as error:
        raise _explain(error, text) from None


_parse_short = lru_cache(maxsize=1024)(_parse_any)


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", start=["condition", "update"], transformer=_Builder())


def _explain(error: UnexpectedInput, text: str) -> ExpressionError:
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        return ExpressionError(
            f"`{_shorten(error.token)}` is not expected here", error.token.start_pos
        )
    if isinstance(error, UnexpectedCharacters) and error.pos_in_stream is not None:
        found = text[error.pos_in_stream]
        expected = "the text has no end" if found in "'\"`" else f"{found!r} is not expected here"
        return ExpressionError(expected, error.pos_in_stream)
    return ExpressionError("the expression ends too early", len(text))


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


class _Builder(Transformer[Token, Any]):
    """Makes a node of each rule of the grammar; the methods have the rules' names."""

    def condition(self, children: list[Node]) -> Node:
        return children[0]

    def update(self, children: list[Statement]) -> tuple[Statement, ...]:
        return tuple(children)

    def assign(self, children: list[Any]) -> Assignment:
        return Assignment(*children)

    def remove(self, children: list[Attribute]) -> Removal:
        return Removal(children[0].name)

    def delete(self, children: list[Any]) -> Removal:
        function, attribute = children
        if function.lower() != "delete":
            wrong = f"`{_shorten(function)}(…)` is no statement; `delete(attribute)` is"
            raise ExpressionError(wrong, function.start_pos)
        return Removal(attribute.name)

    def any_of(self, children: list[Node]) -> Node:
        return Logical(children, stops_at=True)

    def all_of(self, children: list[Node]) -> Node:
        return Logical(children, stops_at=False)

    def negation(self, children: list[Any]) -> Node:
        return Negation(children[0].start_pos, len(children) - 1, children[-1])

    def comparison(self, children: list[Any]) -> Node:
        left, sign, right = children
        return Comparison(left, sign.start_pos, str(sign), right)

    def membership(self, children: list[Any]) -> Node:
        operand, word, members = children
        if len(members) > MAX_MEMBERS:
            raise ExpressionError(f"IN takes at most {MAX_MEMBERS:,} values", word.start_pos)
        return Membership(operand, word.start_pos, members)

    def chain(self, children: list[Any]) -> Node:
        signs = [(sign.start_pos, str(sign)) for sign in children[1::2]]
        pairs = zip(signs, children[2::2], strict=True)
        return Chain(children[0], [(*sign, operand) for sign, operand in pairs])

    def unary(self, children: list[Any]) -> Node:
        *signs, operand = children
        position = signs[0].start_pos
        if signs == ["-"] and isinstance(operand, Literal) and type(operand.value) is int:
            return Literal(position, -operand.value)
        return Unary(position, [str(sign) for sign in signs], operand)

    def word(self, children: list[Token]) -> Node:
        name = children[0]
        if name.lower() in _CONSTANTS:
            return Literal(_start(name), _CONSTANTS[name.lower()])
        return self.attribute(children)

    def attribute(self, children: list[Token]) -> Attribute:
        return Attribute(_start(children[0]), children[0].strip("`"))

    def number(self, children: list[Token]) -> Node:
        text = children[0]
        if text.isdigit():
            return Literal(_start(text), self._whole(text))
        value = float(text)
        if math.isinf(value):
            raise ExpressionError(f"`{_shorten(text)}` does not fit a double", text.start_pos)
        return Literal(_start(text), value)

    def _whole(self, text: Token) -> int:
        """A whole number; 2**63 also, of which a minus may make one that fits 64 bits."""
        digits = text.lstrip("0") or "0"
        if len(digits) > _LONGEST_WHOLE or int(digits) > 2**63:
            raise ExpressionError(f"`{_shorten(text)}` does not fit 64 bits", text.start_pos)
        return int(digits)

    def string(self, children: list[Token]) -> Node:
        return Literal(_start(children[0]), children[0][1:-1])

    def timestamp(self, children: list[Token]) -> Node:
        try:
            return Literal(_start(children[0]), timestamp(children[0]))
        except ValueError:
            wrong = f"`{_shorten(children[0])}` does not fit 64 bits"
            raise ExpressionError(wrong, children[0].start_pos) from None

    def call(self, children: list[Any]) -> Node:
        name, arguments = children
        function = FUNCTIONS.get(name.lower())
        if function is None:
            known = ", ".join(sorted(FUNCTIONS))
            wrong = f"there is no function `{_shorten(name)}`; there are {known}"
            raise ExpressionError(wrong, name.start_pos)
        if not function.least <= len(arguments) <= function.most:
            wrong = f"`{name}` takes {_many(function.least, function.most)}"
            raise ExpressionError(wrong, name.start_pos)
        if function.of_attribute and arguments[0].name is None:
            wrong = f"`{name}` takes the name of an attribute first"
            raise ExpressionError(wrong, arguments[0].position)
        return Call(_start(name), function, arguments)

    def part(self, children: list[Any]) -> Node:
        return Part(*children)

    def arguments(self, children: list[Node]) -> list[Node]:
        return children


def _many(least: int, most: int) -> str:
    count = str(least) if least == most else f"{least} to {most}"
    return f"{count} argument{'' if most == 1 else 's'}"


def _start(token: Token) -> int:
    return token.start_pos or 0
