"""API 0.2.0: its keys, and what they mean in the neutral model (graph-0.2.0)."""

from __future__ import annotations

from ...document import Document
from ..base import BaseDeployer, Translation
from ..fields import Entry, find_homes
from ..kinds import Schema
from ..reader import GiveUpError, Reader
from .keys import GRAPH
from .translation import translate

__all__ = ["GRAPH", "Deployer", "environment_schema", "json_schema"]

_HOMES = find_homes(GRAPH)


class Deployer(BaseDeployer):
    """Graphs of API 0.2.0."""

    api_version = "0.2.0"

    @classmethod
    def translate(cls, document: Document) -> Translation:
        """The neutral model of a document; None where the document has no project to speak of."""
        reader = Reader(list(document.problems), _HOMES)
        try:
            entry = GRAPH.read(document.root, reader, "graph") if document.root else None
            project = entry["project"] if isinstance(entry, Entry) else None
            if isinstance(project, Entry):
                return translate(document, project, reader, cls.api_version)
        except GiveUpError:
            pass
        return Translation(None, tuple(reader.problems))

    @classmethod
    def lay_over(cls, document: Document, environment: Document) -> Document:
        """The graph with an environment laid over it, each value with its place, and the problems of both."""
        from .environment import lay_over

        return lay_over(document, environment)


def json_schema() -> Schema:
    """The JSON Schema of a graph, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "iguazioig inference graph, API 0.2.0",
        **GRAPH.schema(),
    }


def environment_schema() -> Schema:
    """The JSON Schema of an environment, for editors."""
    from .environment import ENVIRONMENT

    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "iguazioig environment, API 0.2.0",
        **ENVIRONMENT.schema(),
    }
