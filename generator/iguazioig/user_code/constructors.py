"""What a user's class can be built with."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Literal

from .classes import Body, Classes, UserClass, called
from .definitions import Definitions
from .signature import Keywords, keywords
from .statements import statements

_DATACLASS = "dataclasses.dataclass"
_FIELD = "dataclasses.field"

# What a dataclass's constructor makes of a field; `unseen` says that this cannot be told.
Presence = Literal["required", "optional", "absent", "unseen"]


def constructor(user_class: UserClass, classes: Classes) -> Keywords | None:
    """The keyword arguments of the class; None if they cannot be told."""
    if None in user_class.lineage or user_class.is_changed("__init__"):
        return None
    if any("__new__" in body.names for body in user_class.bodies):
        return None
    for body in user_class.bodies:
        if binding := body.names.get("__init__"):
            node = binding.node
            is_plain = isinstance(node, ast.FunctionDef) and not node.decorator_list
            return keywords(node) if isinstance(node, ast.FunctionDef) and is_plain else None
        options = _dataclass_options(body, classes.definitions)
        presence = "absent" if options is None else _init_option(options)
        if presence == "unseen":
            return None
        if presence != "absent":
            return _of_fields(classes.of(body.module, body.node), classes.definitions)
    return Keywords()


def _dataclass_options(body: Body, definitions: Definitions) -> list[ast.keyword] | None:
    """The arguments of a class's `@dataclass`; None if it has none."""
    for decorator in body.node.decorator_list:
        if definitions.resolve(body.module, called(decorator)) == _DATACLASS:
            return decorator.keywords if isinstance(decorator, ast.Call) else []
    return None


def _init_option(options: list[ast.keyword]) -> Presence:
    """Whether `init=…` of a dataclass, or of a field, leaves it in the constructor."""
    given = {option.arg: option.value for option in options}
    match given.get("init"):
        case None if None not in given:
            return "optional"
        case ast.Constant(value=bool(value)):
            return "optional" if value else "absent"
    return "unseen"


def _of_fields(user_class: UserClass, definitions: Definitions) -> Keywords | None:
    presences: dict[str, Presence] = {}
    for body in reversed(user_class.bodies):
        if _dataclass_options(body, definitions) is not None:
            presences.update(_fields(body, definitions))
    if "unseen" in presences.values():
        return None
    required = (name for name, presence in presences.items() if presence == "required")
    optional = (name for name, presence in presences.items() if presence == "optional")
    return Keywords(tuple(required), tuple(optional))


def _fields(body: Body, definitions: Definitions) -> Iterator[tuple[str, Presence]]:
    for statement, is_certain in statements(body.node.body, inner_scopes=False):
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=value):
                if _head(kind) in ("ClassVar", "KW_ONLY"):
                    continue
                if value is None and name in body.names:
                    yield name, "optional"
                else:
                    presence = _presence(body, value, definitions)
                    yield name, presence if is_certain else "unseen"


def _presence(body: Body, value: ast.expr | None, definitions: Definitions) -> Presence:
    if value is None:
        return "required"
    if not isinstance(value, ast.Call):
        return "optional"
    if definitions.resolve(body.module, value.func) != _FIELD:
        return "optional"
    names = {option.arg for option in value.keywords}
    presence = _init_option(value.keywords)
    if presence != "optional" or names & {"default", "default_factory"}:
        return presence
    return "required"


def _head(annotation: ast.expr) -> str:
    """`ClassVar` of `typing.ClassVar[int]`, also where it is written as text."""
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    match annotation:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Constant(value=str(text)):
            return text.partition("[")[0].rpartition(".")[2].strip()
    return ""
