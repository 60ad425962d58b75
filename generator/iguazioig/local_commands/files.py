"""Files that the commands take, and the graph in a project."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..graph import Graph

FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


def content_of(path: Path) -> bytes:
    """The bytes of a file, or of standard input."""
    if str(path) == "-":
        return sys.stdin.buffer.read()
    return path.read_bytes()


def graph_of(path: Path) -> Graph | None:
    """The graph in a project, for the names in it; None where there is none, or none that can be read."""
    from .. import deployment
    from ..errors import GraphError
    from ..source import read_source

    if not path.is_file():  # reading a pipe may never end
        return None
    try:
        return deployment.outline(read_source(path))
    except (GraphError, OSError):
        return None
