"""The parts of a parsed expression, and how each is computed for an item.

Operators of one level are one flat node, so that a long sum is not a deep one: only brackets and functions nest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .errors import ExpressionError, UnfitError
from .functions import Function, element_of
from .item import Item
from .operators import apply, apply_unary, as_array, as_whole, compare
from .values import Array, Value

MAX_DEPTH = 100


class Node:
    """A part of an expression that has a value; `position` is where it stands, counted from 0."""

    __slots__ = ("depth", "position")

    def __init__(self, position: int, *below: Node) -> None:
        self.position = position
        self.depth: int = 1 + max((each.depth for each in below), default=0)
        if self.depth > MAX_DEPTH:
            raise ExpressionError(f"nested more than {MAX_DEPTH} levels deep", position)

    @property
    def name(self) -> str | None:
        """The name of the attribute that this is, if it is one."""
        return None

    def evaluate(self, item: Item) -> Value:
        """The value for this item. Raises ExpressionError; UnfitError where an attribute is missing or of another type."""
        try:
            return self._value(item)
        except ExpressionError as error:
            raise error.at(self.position) from None

    def holds(self, item: Item) -> bool:
        """Whether this is true of an item; a missing attribute and a value that is no boolean make it false."""
        try:
            return self.evaluate(item) is True
        except UnfitError:
            return False

    def _value(self, item: Item) -> Value:
        raise NotImplementedError


class Literal(Node):
    """A constant."""

    __slots__ = ("value",)

    def __init__(self, position: int, value: Value) -> None:
        super().__init__(position)
        self.value = value

    def _value(self, item: Item) -> Value:
        return self.value


class Attribute(Node):
    """An attribute, by its name."""

    __slots__ = ("_name",)

    def __init__(self, position: int, name: str) -> None:
        super().__init__(position)
        self._name = name

    @property
    def name(self) -> str:
        """The name of the attribute."""
        return self._name

    def assign(self, item: Item, value: Value) -> None:
        """Set the attribute."""
        item.set(self._name, value)

    def _value(self, item: Item) -> Value:
        return item.get(self._name)


class Part(Node):
    """The elements `first` to `last` of an array attribute, both included; one element where there is no `last`."""

    __slots__ = ("array", "first", "last")

    def __init__(self, array: Attribute, first: Node, last: Node | None = None) -> None:
        super().__init__(array.position, array, first, *([] if last is None else [last]))
        self.array = array
        self.first = first
        self.last = last

    def assign(self, item: Item, value: Value) -> None:
        """Set the elements: one number, or an array of as many."""
        array, first, last = self._bounds(item)
        new = as_array(value).numbers if self.last is not None else (value,)
        if len(new) != last - first + 1:
            raise UnfitError(f"{len(new):,} elements are given for {last - first + 1:,}")
        elements = tuple(element_of(array.kind, each) for each in new)
        numbers = array.numbers[:first] + elements + array.numbers[last + 1 :]
        self.array.assign(item, Array(array.kind, numbers))

    def _value(self, item: Item) -> Value:
        array, first, last = self._bounds(item)
        if self.last is None:
            return array.numbers[first]
        return Array(array.kind, array.numbers[first : last + 1])

    def _bounds(self, item: Item) -> tuple[Array, int, int]:
        array = as_array(self.array.evaluate(item))
        first = as_whole(self.first.evaluate(item))
        last = first if self.last is None else as_whole(self.last.evaluate(item))
        if not 0 <= first <= last < len(array.numbers):
            raise UnfitError(f"the array `{self.array.name}` ends before element {last}")
        return array, first, last


class Unary(Node):
    """`-`, `+` and `~` before an operand, the innermost last."""

    __slots__ = ("operand", "signs")

    def __init__(self, position: int, signs: Sequence[str], operand: Node) -> None:
        super().__init__(position, operand)
        self.signs = signs
        self.operand = operand

    def _value(self, item: Item) -> Value:
        value = self.operand.evaluate(item)
        for sign in reversed(self.signs):
            value = apply_unary(sign, value)
        return value


class Chain(Node):
    """Operands with arithmetic or bitwise operators of one level between them, from left to right."""

    __slots__ = ("first", "rest")

    def __init__(self, first: Node, rest: Sequence[tuple[int, str, Node]]) -> None:
        super().__init__(first.position, first, *[operand for _, _, operand in rest])
        self.first = first
        self.rest = rest

    def _value(self, item: Item) -> Value:
        value = self.first.evaluate(item)
        for position, sign, operand in self.rest:
            right = operand.evaluate(item)
            try:
                value = apply(sign, value, right)
            except ExpressionError as error:
                raise error.at(position) from None
        return value


class Comparison(Node):
    """Two operands compared; false where they cannot be."""

    __slots__ = ("left", "right", "sign")

    def __init__(self, left: Node, position: int, sign: str, right: Node) -> None:
        super().__init__(position, left, right)
        self.left = left
        self.sign = sign
        self.right = right

    def _value(self, item: Item) -> Value:
        try:
            return compare(self.sign, self.left.evaluate(item), self.right.evaluate(item))
        except UnfitError:
            return False


class Membership(Node):
    """Whether an operand equals one of several."""

    __slots__ = ("members", "operand")

    def __init__(self, operand: Node, position: int, members: Sequence[Node]) -> None:
        super().__init__(position, operand, *members)
        self.members = [Comparison(operand, position, "==", each) for each in members]

    def _value(self, item: Item) -> Value:
        return any(each.holds(item) for each in self.members)


class Logical(Node):
    """Conditions with AND (`stops_at` is false) or OR between them; those after the first that decides are not computed."""

    __slots__ = ("conditions", "stops_at")

    def __init__(self, conditions: Sequence[Node], *, stops_at: bool) -> None:
        super().__init__(conditions[0].position, *conditions)
        self.conditions = conditions
        self.stops_at = stops_at

    def _value(self, item: Item) -> Value:
        for condition in self.conditions:
            if condition.holds(item) is self.stops_at:
                return self.stops_at
        return not self.stops_at


class Negation(Node):
    """NOT before a condition, `times` times."""

    __slots__ = ("condition", "times")

    def __init__(self, position: int, times: int, condition: Node) -> None:
        super().__init__(position, condition)
        self.times = times
        self.condition = condition

    def _value(self, item: Item) -> Value:
        return self.condition.holds(item) is (self.times % 2 == 0)


class Call(Node):
    """A function and its arguments."""

    __slots__ = ("arguments", "function")

    def __init__(self, position: int, function: Function, arguments: Sequence[Node]) -> None:
        super().__init__(position, *arguments)
        self.function = function
        self.arguments = arguments

    def _value(self, item: Item) -> Value:
        return self.function.apply(item, self.arguments)


@dataclass(frozen=True, slots=True)
class Assignment:
    """`target = value`, a statement of an update."""

    target: Attribute | Part
    value: Node

    def run(self, item: Item) -> None:
        """Compute the value and set the target. Raises ExpressionError."""
        value = self.value.evaluate(item)
        try:
            self.target.assign(item, value)
        except ExpressionError as error:
            raise error.at(self.target.position) from None


@dataclass(frozen=True, slots=True)
class Removal:
    """`REMOVE name` or `delete(name)`, a statement of an update."""

    name: str

    def run(self, item: Item) -> None:
        """Take the attribute away."""
        item.remove(self.name)


Statement = Assignment | Removal
