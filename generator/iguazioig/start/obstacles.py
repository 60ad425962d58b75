"""What is in the way of a new step."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..api import NEWEST, choose_deployer
from ..api.naming import slug
from ..document import Document
from ..errors import ProjectError
from ..graph import Graph
from ..user_code import StepCode

_CURE = "choose another name for the step"


def refuse_older(document: Document) -> None:
    """Raise ProjectError where a graph is of a version that nothing is added to."""
    version = choose_deployer(document).api_version
    if version != NEWEST:
        path = Path(document.path)
        newer = path.with_name(f"{path.stem}-{NEWEST}{path.suffix}")
        raise ProjectError(
            f"{document.path}: is of apiVersion `{version}`, and steps are added to `{NEWEST}`;"
            f" rewrite it first: iguazioig migrate {document.path} -o {newer}"
        )


def refuse_known(graph: Graph, name: str) -> None:
    """Raise ProjectError where a graph has a step of this name."""
    for step in graph.steps:
        if step.slug == slug(name):
            raise ProjectError(f"{step.location}: step `{step.name}` is there already; {_CURE}")


def refuse_taken(module: str, folder: Path, modules: Iterable[Path]) -> None:
    """Raise ProjectError where something is called like a module: one of both would be found in the other's place."""
    candidates = [
        root / f"{module}{ending}"
        for root in (folder / "modules", folder, *modules)
        for ending in (".py", ".ipynb", "")
    ]
    for path in (*candidates, folder / "tests" / f"test_{module}.py"):
        if os.path.lexists(path):
            raise ProjectError(f"{path}: is there already, and is never overwritten; {_CURE}")


def refuse_taking_over(
    module: str, before: Mapping[str, StepCode], after: Mapping[str, StepCode]
) -> None:
    """Raise ProjectError where a step gets the module that imports a package of its name."""
    for name, code in before.items():
        if after[name].files != code.files:
            wrong = f"step `{name}` imports a `{module}` that is not yours"
            raise ProjectError(f"{wrong}, and would get the new module; {_CURE}")
