"""The functions of expressions, by name (any case)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import ExpressionError, UnfitError
from .item import Item
from .operators import apply, as_array, as_number, as_text, as_whole, compare, kind
from .values import MAX_ATTRIBUTE, Array, Value, blob, int64

if TYPE_CHECKING:
    from .nodes import Node


@dataclass(frozen=True, slots=True)
class Function:
    """A function of `least` to `most` arguments, which it computes itself: not all functions need all of them.

    `of_attribute` says that the first has to be the name of an attribute.
    """

    least: int
    most: int
    apply: Callable[[Item, Sequence[Node]], Value]
    of_attribute: bool = False


def _eager(function: Callable[..., Value]) -> Callable[[Item, Sequence[Node]], Value]:
    return lambda item, arguments: function(*[each.evaluate(item) for each in arguments])


def _if_else(item: Item, arguments: Sequence[Node]) -> Value:
    condition, then, otherwise = arguments
    return (then if condition.holds(item) else otherwise).evaluate(item)


def _if_not_exists(item: Item, arguments: Sequence[Node]) -> Value:
    attribute, otherwise = arguments
    there = attribute.name is not None and item.has(attribute.name)
    return (attribute if there else otherwise).evaluate(item)


def _exists(item: Item, arguments: Sequence[Node]) -> Value:
    return arguments[0].name is not None and item.has(arguments[0].name)


def _extreme(sign: str) -> Callable[..., Value]:
    def of_values(left: Value, right: Value | None = None) -> Value:
        if right is None:
            return _of_array(sign, as_array(left))
        return _better(sign, left, right)

    return of_values


def _of_array(sign: str, array: Array) -> Value:
    if not array.numbers:
        raise UnfitError("the array is empty")
    return max(array.numbers) if sign == ">" else min(array.numbers)


def _better(sign: str, left: Value, right: Value) -> Value:
    """The winner, as a double if either is one; a boolean that wins stays one."""
    ranked = [int(each) if isinstance(each, bool) else each for each in (left, right)]
    winner = right if compare(sign, ranked[1], ranked[0]) else left
    if isinstance(winner, int) and not isinstance(winner, bool) and float in map(type, ranked):
        return float(winner)
    return winner


def _elementwise(combine: Callable[[Value, Value], Value]) -> Callable[[Value, Value], Value]:
    def of_arrays(left: Value, right: Value) -> Value:
        first, second = as_array(left), as_array(right)
        if len(first.numbers) != len(second.numbers):
            raise UnfitError("the arrays are not of one length")
        pairs = zip(first.numbers, second.numbers, strict=True)
        numbers = [as_number(combine(*pair)) for pair in pairs]
        if "double" in (first.kind, second.kind):
            return Array("double", tuple(map(float, numbers)))
        return Array("int", tuple(numbers))

    return of_arrays


def _length(value: Value) -> Value:
    if isinstance(value, Array):
        return len(value.numbers)
    if isinstance(value, str | bytes):
        return len(value)
    raise UnfitError(f"{kind(value)} has no length")


def _init_array(length: Value, element: Value, filler: Value = 0) -> Value:
    count, what = as_whole(length), as_text(element).lower()
    if what not in ("int", "double"):
        raise ExpressionError("an array is of 'int' or 'double'")
    if not 0 <= count <= MAX_ATTRIBUTE // 8:
        raise ExpressionError(f"an array has 0 to {MAX_ATTRIBUTE // 8:,} elements")
    return Array(what, (element_of(what, filler),) * count)


def element_of(what: str, value: Value) -> int | float:
    """A number as an element of an array of this kind; booleans are none. Raises UnfitError."""
    if isinstance(value, bool):
        raise UnfitError("a boolean is given where a number is expected")
    return int64(as_whole(value)) if what == "int" else float(as_number(value))


def _blob(text: Value) -> Value:
    try:
        return blob(as_text(text))
    except UnfitError:
        raise
    except ValueError:
        raise ExpressionError("the text is not base64") from None


FUNCTIONS: dict[str, Function] = {
    "exists": Function(1, 1, _exists, of_attribute=True),
    "if_not_exists": Function(2, 2, _if_not_exists, of_attribute=True),
    "if_else": Function(3, 3, _if_else),
    "min": Function(1, 2, _eager(_extreme("<"))),
    "max": Function(1, 2, _eager(_extreme(">"))),
    "pmin": Function(2, 2, _eager(_elementwise(_extreme("<")))),
    "pmax": Function(2, 2, _eager(_elementwise(_extreme(">")))),
    "psum": Function(2, 2, _eager(_elementwise(lambda left, right: apply("+", left, right)))),
    "length": Function(1, 1, _eager(_length)),
    "starts": Function(2, 2, _eager(lambda text, part: as_text(text).startswith(as_text(part)))),
    "ends": Function(2, 2, _eager(lambda text, part: as_text(text).endswith(as_text(part)))),
    "contains": Function(2, 2, _eager(lambda text, part: as_text(part) in as_text(text))),
    "init_array": Function(2, 3, _eager(_init_array)),
    "blob": Function(1, 1, _eager(_blob)),
}
