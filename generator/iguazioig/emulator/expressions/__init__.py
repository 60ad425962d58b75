"""The platform's expression language (v3io-protocol 3.8): conditions, filters and updates of an item's attributes.

    holds("(age > 18) AND name == 'bob'", {"age": {"N": "42"}, "name": {"S": "bob"}})      # True
    update("age = age + 1; REMOVE name", {"age": {"N": "42"}, "name": {"S": "bob"}})       # {"age": {"N": "43"}}

What the platform's documentation leaves open is decided here: operators bind as in C, except that the bitwise ones bind
tighter than comparisons; text has no escapes; whole numbers divide to whole numbers, towards zero; a shift to the left
loses the bits that it pushes out; dividing by zero is an error, of doubles also.
"""

from __future__ import annotations

from collections.abc import Mapping

from .errors import ExpressionError
from .values import Attribute

__all__ = ["Attribute", "ExpressionError", "holds", "update"]


def holds(condition: str, attributes: Mapping[str, Attribute]) -> bool:
    """Whether a condition is true of an item; an empty one is.

    A comparison with an attribute that is missing, or of another type, is false. Raises ExpressionError for what is no
    condition, and for one that cannot be computed (a whole number that does not fit 64 bits, a division by zero).
    """
    from .item import Item
    from .parser import parse_condition

    parsed = parse_condition(condition)
    return parsed is None or parsed.holds(Item(attributes))


def update(expression: str, attributes: Mapping[str, Attribute]) -> dict[str, Attribute]:
    """The attributes of an item after an update, in a new dict; those that it does not touch are the same objects.

    Statements run one after the other and see what those before them did; an empty update changes nothing. Which
    attributes may be written is the caller's to say. Raises ExpressionError, and then nothing is updated.
    """
    from .item import Item
    from .parser import parse_update

    item = Item(attributes)
    for statement in parse_update(expression):
        statement.run(item)
    return item.attributes()
