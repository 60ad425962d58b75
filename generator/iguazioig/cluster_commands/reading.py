"""The functions that run: from nuctl, or from a file with what it printed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..arguments import content_of

if TYPE_CHECKING:
    from ..graph import Graph
    from ..reported import Config


def running(answer: Path | None, namespace: str | None, platform: str | None) -> list[Config]:
    """Every function of the namespace. Raises ProblemsError and DeployError."""
    from ..reported import read_functions
    from ..reported.nuctl import ask

    if answer is None:
        return ask(namespace=namespace, platform=platform)
    return read_functions(content_of(answer), str(answer))


def graph_of(project: Path) -> Graph:
    """The graph that a project was generated from. Raises ProjectError and GraphError."""
    from ..change.committed import Folder, committed
    from ..errors import ProjectError

    state = committed(Folder(project))
    if state is None or state.graph is None:
        raise ProjectError(
            f"{project}: is no project; expected a folder that `iguazioig generate` has written"
        )
    return state.graph
