"""The versions of the graph's format: one module each."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from ..document import Document, Mapping, Scalar, Sequence, Value, kind, shorten
from ..errors import GraphError, Location, Problem, closest, did_you_mean
from .base import BaseDeployer, Translation

__all__ = ["VERSIONS", "BaseDeployer", "Translation", "choose_deployer", "find_deployer"]

VERSIONS = {"0.2.0": ".v0_2_0"}
NEWEST = "0.2.0"


def find_deployer(version: str) -> type[BaseDeployer]:
    """The deployer of a version; ValueError, with the known ones, for an unknown version."""
    if version not in VERSIONS:
        known = ", ".join(VERSIONS)
        raise ValueError(
            f"`{version}` is not a version of the graph's format{did_you_mean(version, VERSIONS)}; known: {known}"
        )
    deployer: type[BaseDeployer] = import_module(VERSIONS[version], __name__).Deployer
    return deployer


def choose_deployer(
    document: Document, wanted: type[BaseDeployer] | None = None
) -> type[BaseDeployer]:
    """The deployer for a document: `wanted`, or that of the version that it says it is written in.

    A version that is missing or misspelt is a problem for the deployer of the newest one to report, with all others.
    Raises GraphError where the document is of another version, or no graph at all.
    """
    root = document.root
    if not isinstance(root, Mapping):
        raise GraphError([*document.problems, *_no_graph(document)])
    _, version = root.entries.get("apiVersion", (root, root))
    if wanted is not None and wanted.api_version not in VERSIONS:
        if not (isinstance(version, Scalar) and version.text == wanted.api_version):
            raise GraphError([*document.problems, _another(version, wanted.api_version)])
        return wanted
    if isinstance(version, Scalar) and not (version.is_null or version.is_broken):
        return _deployer_of(version, document, wanted)
    return wanted or find_deployer(NEWEST)


def _deployer_of(
    version: Scalar, document: Document, wanted: type[BaseDeployer] | None
) -> type[BaseDeployer]:
    said = version.text if version.text in VERSIONS else closest(version.text, VERSIONS)
    if said is None:
        raise GraphError([*document.problems, _unknown(version)])
    if wanted is not None and wanted.api_version != said:
        raise GraphError([*document.problems, _another(version, wanted.api_version)])
    return wanted or find_deployer(said)


def _no_graph(document: Document) -> Iterator[Problem]:
    root = document.root
    expected = f"a graph begins with `apiVersion: {NEWEST}`"
    if isinstance(root, Scalar | Sequence) and not (isinstance(root, Scalar) and root.is_broken):
        yield Problem(root.location, f"the file is {kind(root)}", expected, "no-graph")
    elif not document.problems:
        yield Problem(Location(document.path), "the file is empty", expected, "no-graph")


def _unknown(version: Scalar) -> Problem:
    wrong = f"`{shorten(version.text)}` is not a known apiVersion"
    known = ", ".join(f"`{each}`" for each in VERSIONS)
    expected = f"known is {known}; graphs of older versions have other keys"
    return Problem(version.location, wrong, expected, "api-version")


def _another(version: Value, wanted: str) -> Problem:
    said = (
        f"is of apiVersion {kind(version)}" if isinstance(version, Scalar) else "says no apiVersion"
    )
    expected = f"this deployment takes `apiVersion: {wanted}`"
    return Problem(version.location, f"the graph {said}", expected, "api-version")
