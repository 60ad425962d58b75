"""Single items: v3io-protocol 3.1 to 3.4."""

from __future__ import annotations

from typing import Any

from . import attributes, nodes
from .attributes import Attribute
from .errors import V3ioError, condition_is_false, invalid_argument, is_a_folder, item_exists
from .nodes import Node
from .paths import Target
from .requests import Answer, Request, answer_json, text, verifier
from .store import Store

_MODES = ("", "CreateOrReplaceAttributes", "OverWriteAttributes", "CreateNewItemOnly")


def put_item(store: Store, request: Request) -> Answer:
    """PutItem: v3io-protocol 3.1. Checking the condition and writing is one step, which clients compare and swap with."""
    fields = request.json()
    target = _place(request.target, fields)
    new = attributes.read(fields.get("Item"))
    found = _existing(store, target)
    mode = _mode(fields, found)
    if not holds(text(fields, "ConditionExpression"), attributes.every(found)):
        raise condition_is_false()
    if mode == "CreateOrReplaceAttributes":
        new = attributes.user(found) | new
    return _write(store, target, new)


def update_item(store: Store, request: Request) -> Answer:
    """UpdateItem: v3io-protocol 3.2. A missing item is made, also by an empty expression."""
    fields = request.json()
    target = _place(request.target, fields)
    found = _existing(store, target)
    _mode(fields, found)
    expression = text(fields, "UpdateExpression")
    before = attributes.every(found)
    if not holds(text(fields, "ConditionExpression"), before):
        expression = text(fields, "AlternateUpdateExpression")
        if not expression.strip():
            raise condition_is_false()
    return _write(store, target, _updated(expression, before))


def get_item(store: Store, request: Request) -> Answer:
    """GetItem: v3io-protocol 3.4."""
    fields = request.json()
    node = nodes.find_file(store, _place(request.target, fields))
    names = attributes.names(text(fields, "AttributesToGet"))
    return answer_json({"Item": attributes.project(node, names)}, verifier(node.mtime))


def holds(condition: str, given: dict[str, Attribute]) -> bool:
    """Whether a condition holds, as an empty one does; V3ioError where it is no condition."""
    if not condition:
        return True
    from . import expressions

    try:
        return expressions.holds(condition, given)
    except expressions.ExpressionError as error:
        raise _no_expression(error) from None


def _updated(expression: str, before: dict[str, Attribute]) -> dict[str, Attribute]:
    """The user's attributes after an update; V3ioError where it would change the system's."""
    if not expression.strip():
        after = before
    else:
        from . import expressions

        try:
            after = expressions.update(expression, before)
        except expressions.ExpressionError as error:
            raise _no_expression(error) from None
    systems = {name: value for name, value in after.items() if name in attributes.RESERVED}
    if any(before.get(name) != value for name, value in systems.items()):
        raise invalid_argument("no attribute of the system")
    return attributes.read({name: value for name, value in after.items() if name not in systems})


def _no_expression(error: ValueError) -> V3ioError:
    return invalid_argument(f"an expression: {error}")


def _place(target: Target, fields: dict[str, Any]) -> Target:
    return target.inside(text(fields, "TableName"), text(fields, "Key"))


def _existing(store: Store, target: Target) -> Node | None:
    found = nodes.find(store, target)
    if found is not None and found.is_folder:
        raise is_a_folder()
    return found


def _mode(fields: dict[str, Any], found: Node | None) -> str:
    mode = text(fields, "UpdateMode")
    if mode not in _MODES:
        raise invalid_argument(f"UpdateMode as one of {', '.join(_MODES[1:])}")
    if mode == "CreateNewItemOnly" and found is not None:
        raise item_exists()
    return mode


def _write(store: Store, target: Target, new: dict[str, Attribute]) -> Answer:
    kept = attributes.dump(new)
    with store.transaction():
        node = nodes.write_attributes(store, nodes.make_file(store, target), kept)
    return Answer(200, headers=verifier(node.mtime))
