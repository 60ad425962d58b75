"""A repository to begin with: a graph, its classes, messages and tests."""

from __future__ import annotations

import json
from typing import Any

from ..api.naming import slug
from ..assets import repository_template
from .names import check_project
from .template import render

EXAMPLES = ("scoring", "converge")

_TRY = {
    "scoring": "iguazioig run graph.yaml --send transactions=messages/transactions.jsonl --until-idle",
    "converge": "iguazioig run graph.yaml --mount results=results --send orders=messages/orders.jsonl --until-idle",
}
_STEPS = {"scoring": ("score", "alert"), "converge": ("price", "stock", "converge")}
_FOLDERS = ("modules", "messages", "expected", "tests", "results", "iguazioig-run")


def check_name(name: str) -> None:
    """Raise ValueError, with what is expected, for a name that a project cannot have, whatever the example."""
    check_project(name, (step for steps in _STEPS.values() for step in steps), _FOLDERS)


def make_repository(name: str, example: str, *, notebook: bool = False) -> dict[str, bytes]:
    """The files of a repository by their POSIX paths; with `notebook` the model's class is in one, and not in a module.

    Raises ValueError for a name that a project cannot have.
    """
    check_name(name)
    code = "notebook" if notebook else "module"
    given = {"project": name, "code": code, "__slug": slug(name)}
    files = render(repository_template(example), given)
    return {**files, "graph.schema.json": schema()}


def schema() -> bytes:
    """The JSON Schema of a graph, as `iguazioig schema` prints it."""
    from ..api.v0_2_0 import json_schema

    described: dict[str, Any] = json_schema()
    return f"{json.dumps(described, indent=2)}\n".encode()


def first_run(example: str) -> str:
    """The command that runs an example in its repository."""
    return _TRY[example]
