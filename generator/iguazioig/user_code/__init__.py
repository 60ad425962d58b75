"""The user's Python modules that a graph names: found, collected and checked, and never imported or run.

files, modules, names       what is on disk, and which file Python would find for a module's name
statements, imports, scope  what the text of one module says
sources                     each module read and parsed, once
links, packages, closure    from the modules that a step names to all that has to be in its folder
definitions, classes, constructors, signature, calls
                            from a name to its class or function, and what that can be called with
checks                      a step against its class and its output functions
habits                      what code counts on because an older runtime had it
collection                  all steps of a graph
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import Problem
from ..graph import Graph
from .collection import Collection, StepCode

__all__ = ["StepCode", "collect"]


def collect(graph: Graph, roots: Sequence[Path]) -> tuple[dict[str, StepCode], list[Problem]]:
    """The code of each step, by its slug, and every problem with it, sorted.

    `roots` are the folders searched, in their order; those that do not exist are passed over. Problems of a module have
    its path (root and all) as their location, those of the graph the places that the graph gives.
    """
    collection = Collection(roots)
    code = {step.slug: collection.code(step) for step in graph.steps}
    return code, sorted(collection.problems)
