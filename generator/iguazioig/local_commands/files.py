"""The graph in a file that a command takes, or in a project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..graph import Graph


def outline_of(path: Path) -> Graph:
    """The graph in a file, for the names in it. Raises GraphError where it cannot be read."""
    from .. import deployment
    from ..environments import in_project
    from ..source import check_is_file, read_source

    check_is_file(path, "a graph file")
    return deployment.outline(in_project(read_source(path)))


def graph_of(path: Path) -> Graph | None:
    """The graph in a file, for the names in it; None where there is none, or none that can be read."""
    from ..errors import GraphError

    try:
        return outline_of(path)
    except GraphError:
        return None
