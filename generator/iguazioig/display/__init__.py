"""Graphs, plans, deployments and problems as a notebook shows them: HTML with a picture, or a few words.

drawing     a graph's picture as SVG, which every notebook can show
page        tables and lists; all text of a graph goes through `escape` there
pieces      what is said of a graph, of problems, of commands
progress    a deployment while it runs
"""

from __future__ import annotations

from ..commands import Commands
from ..deployment import Loaded
from ..errors import ProblemsError
from ..graph import Graph
from ..plan import Plan
from .pieces import Piece, of_commands, of_graph, of_plan, of_problems
from .progress import Progress

__all__ = ["bundle"]


def bundle(thing: object) -> dict[str, str]:
    """A thing as text and as HTML, by their MIME types."""
    pieces = _pieces(thing)
    return {
        "text/plain": "\n".join(piece.text for piece in pieces),
        "text/html": "".join(piece.html for piece in pieces),
    }


def _pieces(thing: object) -> list[Piece]:
    match thing:
        case Graph():
            return [of_graph(thing)]
        case Plan():
            return [of_graph(thing.graph), of_plan(thing)]
        case Loaded():
            return [
                of_graph(thing.graph),
                *([of_problems(thing.warnings)] if thing.warnings else []),
            ]
        case ProblemsError():
            return [of_problems(thing.problems)]
        case Commands():
            return [of_commands(thing)]
        case Progress():
            return [thing.piece()]
    raise TypeError(f"nothing is known of how a {type(thing).__name__} is shown")
