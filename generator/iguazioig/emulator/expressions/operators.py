"""What operators do with two values. All of them raise UnfitError for values of types that they do not take."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from .errors import ExpressionError, UnfitError
from .values import MAX_ATTRIBUTE, Array, Value, int64

Number = int | float


def as_number(value: Value) -> Number:
    """A number; booleans are 1 and 0."""
    if not isinstance(value, int | float):
        raise UnfitError(f"{kind(value)} is given where a number is expected")
    return value


def as_whole(value: Value) -> int:
    """A whole number; booleans are 1 and 0."""
    if not isinstance(value, int):
        raise UnfitError(f"{kind(value)} is given where a whole number is expected")
    return value


def as_text(value: Value) -> str:
    """Text, and nothing else."""
    if not isinstance(value, str):
        raise UnfitError(f"{kind(value)} is given where text is expected")
    return value


def as_array(value: Value) -> Array:
    """An array, and nothing else."""
    if not isinstance(value, Array):
        raise UnfitError(f"{kind(value)} is given where an array is expected")
    return value


def kind(value: Value) -> str:
    """What a value is, in the words of a message; values of one kind can be compared."""
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    names = {str: "text", bytes: "a blob", Array: "an array"}
    return names.get(type(value), "a timestamp")


def compare(sign: str, left: Value, right: Value) -> bool:
    """Whether `left` stands to `right` as the sign says; text is compared character by character."""
    what = kind(left)
    if what != kind(right):
        raise UnfitError(f"{what} cannot be compared with {kind(right)}")
    if isinstance(left, Array) and isinstance(right, Array):
        if sign not in ("==", "!="):
            raise UnfitError("arrays have no order")
        return bool(_COMPARISONS[sign](left.numbers, right.numbers))
    return bool(_COMPARISONS[sign](left, right))


def apply(sign: str, left: Value, right: Value) -> Value:
    """The result of an arithmetic or bitwise operator; of whole numbers it is whole."""
    return _ARITHMETIC[sign](left, right)


def apply_unary(sign: str, value: Value) -> Value:
    """The result of `-`, `+` or `~`."""
    if sign == "~":
        return ~int(as_whole(value))
    plain = as_number(value)
    if isinstance(plain, float):
        return -plain if sign == "-" else plain
    return int64(-plain) if sign == "-" else int(plain)


def _add(left: Value, right: Value) -> Value:
    if isinstance(left, str) and isinstance(right, str):
        if len(left) + len(right) > MAX_ATTRIBUTE:
            raise ExpressionError(f"text grows past {MAX_ATTRIBUTE:,} characters")
        return left + right
    return _checked(as_number(left) + as_number(right))


def _divide(left: Value, right: Value) -> Value:
    dividend, divisor = as_number(left), as_number(right)
    if divisor == 0:
        raise ExpressionError("division by zero")
    if isinstance(dividend, float) or isinstance(divisor, float):
        return dividend / divisor
    quotient = abs(dividend) // abs(divisor)
    return int64(quotient if (dividend < 0) == (divisor < 0) else -quotient)


def _shift(shift: Callable[[int, int], int]) -> Callable[[Value, Value], Value]:
    def shifted(left: Value, right: Value) -> Value:
        bits, places = as_whole(left), as_whole(right)
        if not 0 <= places <= 63:
            raise ExpressionError(f"a shift by {places} places; 0 to 63 are possible")
        kept = shift(bits, places) & (2**64 - 1)
        return kept - 2**64 if kept >= 2**63 else kept

    return shifted


def _checked(result: Number) -> Number:
    return int64(result) if isinstance(result, int) else result


_ARITHMETIC: dict[str, Callable[[Value, Value], Value]] = {
    "+": _add,
    "-": lambda left, right: _checked(as_number(left) - as_number(right)),
    "*": lambda left, right: _checked(as_number(left) * as_number(right)),
    "/": _divide,
    "&": lambda left, right: int(as_whole(left) & as_whole(right)),
    "|": lambda left, right: int(as_whole(left) | as_whole(right)),
    "^": lambda left, right: int(as_whole(left) ^ as_whole(right)),
    "<<": _shift(operator.lshift),
    ">>": _shift(operator.rshift),
}
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
