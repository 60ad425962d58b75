"""A graph from functions that run: what they say of themselves, and a mark wherever they say nothing."""

from __future__ import annotations

from .graph_text import Imported
from .project import import_graph
from .streams import Shape, Shapes

__all__ = ["Imported", "Shape", "Shapes", "import_graph"]
