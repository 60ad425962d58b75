"""The versions of the graph's format: one module each."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from ..document import Document, Mapping, Scalar, Sequence, Value, kind, shorten
from ..errors import GraphError, Location, Problem, closest, did_you_mean, hint
from .base import BaseDeployer, Translation
from .guess import guess_version

__all__ = ["VERSIONS", "BaseDeployer", "Translation", "choose_deployer", "find_deployer"]

VERSIONS = {
    "0.2.0": ".v0_2_0",
    "v0_1": ".v0_1",
    "v2alpha3": ".v2alpha3",
    "v2alpha2": ".v2alpha2",
    "v2alpha1": ".v2alpha1",
    "v1alpha1": ".v1alpha1",
}
"""The module of each version, the newest first."""

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

    Where the version is missing or misspelt and the keys are those of the newest one, that is a problem for its deployer to
    report, with all others. Raises GraphError where the document is of another version or of none that can be read, or no
    graph at all.
    """
    root = document.root
    if not isinstance(root, Mapping):
        raise GraphError([*document.problems, *_no_graph(document)])
    _, version = root.entries.get("apiVersion", (root, root))
    if wanted is not None and wanted.api_version not in VERSIONS:
        if not (isinstance(version, Scalar) and version.text == wanted.api_version):
            raise GraphError([*document.problems, _another(version, wanted.api_version)])
        return wanted
    if isinstance(version, Scalar) and version.text in VERSIONS:
        return _known(version, document, wanted)
    if isinstance(version, Scalar) and version.is_broken:
        return wanted or find_deployer(NEWEST)
    return _guess(version, document, wanted)


def _known(
    version: Scalar, document: Document, wanted: type[BaseDeployer] | None
) -> type[BaseDeployer]:
    if wanted is not None and wanted.api_version != version.text:
        raise GraphError([*document.problems, _another(version, wanted.api_version)])
    return wanted or find_deployer(version.text)


def _guess(
    version: Value, document: Document, wanted: type[BaseDeployer] | None
) -> type[BaseDeployer]:
    """The newest deployer, or the wanted one, for a document that was most probably meant for it."""
    text = version.text if isinstance(version, Scalar) and not version.is_null else None
    usual = wanted.api_version if wanted is not None else NEWEST
    meant = guess_version(document.root) or (usual if text is None else closest(text, VERSIONS))
    is_misspelt = text is None or closest(text, [meant or ""]) is not None
    if meant != usual or not is_misspelt:
        raise GraphError([*document.problems, _unknown(version, text, meant)])
    return wanted or find_deployer(usual)


def _no_graph(document: Document) -> Iterator[Problem]:
    root = document.root
    expected = f"a graph begins with `apiVersion: {NEWEST}`"
    if isinstance(root, Scalar | Sequence) and not (isinstance(root, Scalar) and root.is_broken):
        yield Problem(root.location, f"the file is {kind(root)}", expected, "no-graph")
    elif not document.problems:
        yield Problem(Location(document.path), "the file is empty", expected, "no-graph")


def _unknown(version: Value, text: str | None, meant: str | None) -> Problem:
    wrong = "the graph says no apiVersion"
    if text is not None:
        wrong = f"`{shorten(text)}` is not a known apiVersion"
    elif isinstance(version, Sequence):
        wrong = "`apiVersion` is a list"
    known = ", ".join(f"`{each}`" for each in VERSIONS)
    return Problem(version.location, wrong + hint(meant), f"known are {known}", "api-version")


def _another(version: Value, wanted: str) -> Problem:
    said = (
        f"is of apiVersion {kind(version)}" if isinstance(version, Scalar) else "says no apiVersion"
    )
    expected = f"this deployment takes `apiVersion: {wanted}`"
    return Problem(version.location, f"the graph {said}", expected, "api-version")
