"""One file from an older version, or with old spellings, to 0.2.0 as it is written today."""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..api.older.reading import OlderDeployer
from ..deployment import Loaded, load
from ..errors import GraphError, Problem
from ..graph import Graph
from ..source import Source
from .decisions import decisions
from .editing import Editor
from .newer import modernise
from .older import HOLDERS, OlderMigration
from .repair import NotMigratedError, repair
from .roles import Roles, find_roles
from .tree import Sheet, read_sheet
from .wanted import plain, wanted


@dataclass(frozen=True, slots=True)
class Migration:
    """The bytes of a migrated graph, the version that it came from, and what a person has to decide about it.

    What `validate` says of the new graph as well is not among that.
    """

    content: bytes
    version: str
    decisions: tuple[Problem, ...]


def migrate(source: Source, *, modules: Iterable[Path] = ()) -> Migration:
    """Rewrite a graph; one with nothing to rewrite keeps its bytes.

    Raises GraphError where it has errors, NotMigratedError where no way is known to rewrite it so that it means the same.
    """
    folders = tuple(modules)
    loaded = load(source, modules=folders)
    bom = codecs.BOM_UTF8 if source.content.startswith(codecs.BOM_UTF8) else b""
    sheet = read_sheet(source.content.decode("utf-8-sig"), source.name)
    roles = find_roles(sheet.root, HOLDERS)
    if roles is None:
        place = loaded.graph.location
        raise NotMigratedError(
            f"{place}: `project` comes from elsewhere; write it out, and try again"
        )
    older = issubclass(loaded.deployer, OlderDeployer)
    meant, found = _older(loaded, sheet, roles) if older else _newer(loaded, sheet, roles)
    if not older and not found:
        return Migration(source.content, loaded.deployer.api_version, ())
    content = bom + repair(sheet.written(), source.name, meant).encode()
    said = _check(Source(source.name, content, source.folder), folders, meant)
    left = tuple(each for each in found if each.code not in said)
    return Migration(content, loaded.deployer.api_version, left)


def _older(loaded: Loaded, sheet: Sheet, roles: Roles) -> tuple[Graph, tuple[Problem, ...]]:
    assert issubclass(loaded.deployer, OlderDeployer)
    meant = wanted(loaded, loaded.code)
    editor = Editor(sheet.newline)
    OlderMigration(sheet, roles, loaded.graph, loaded.deployer.dialect, editor).migrate()
    return meant, decisions(loaded, meant)


def _newer(loaded: Loaded, sheet: Sheet, roles: Roles) -> tuple[Graph, tuple[Problem, ...]]:
    found = modernise(roles, Editor(sheet.newline))
    return plain(loaded.graph), tuple(sorted(found))


def _check(source: Source, modules: tuple[Path, ...], meant: Graph) -> set[str]:
    """Read what is about to be written as it will be read; the codes of what is said of it then."""
    try:
        found = load(source, modules=modules)
    except GraphError as error:
        wrong = next(each for each in error.problems if each.severity == "error")
        said = f"what it would become is refused ({wrong.message}); nothing is written"
        raise NotMigratedError(f"{source.name}: {said}") from error
    if plain(found.graph) != meant:
        said = "what it would become means something else; nothing is written"
        raise NotMigratedError(f"{source.name}: {said}")
    return {each.code for each in found.warnings}
