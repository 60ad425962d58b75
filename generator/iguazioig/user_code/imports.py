"""What a module imports, wherever in it the statement stands."""

from __future__ import annotations

import ast
from typing import NamedTuple

from .statements import statements


class Import(NamedTuple):
    """An import statement. `module` is absolute, or None if its dots lead out of the step folder.

    `names` are what `from` takes out of it; `written` is the module as the source says it; `is_certain` says that it runs
    whenever its module is imported, with nobody to catch its failure.
    """

    module: str | None
    names: tuple[str, ...]
    written: str
    is_certain: bool
    line: int
    column: int

    @property
    def is_relative(self) -> bool:
        """Whether it is written from where its module is."""
        return self.written.startswith(".")


def imports(tree: ast.Module, package: str) -> tuple[Import, ...]:
    """Every import of a module in `package`: those of functions, branches and `if TYPE_CHECKING` too."""
    found: list[Import] = []
    for node, is_certain in statements(tree.body, inner_scopes=True):
        where = (is_certain, node.lineno, node.col_offset + 1)
        if isinstance(node, ast.Import):
            found += [Import(each.name, (), each.name, *where) for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = tuple(each.name for each in node.names if each.name != "*")
            written = "." * node.level + (node.module or "")
            found.append(Import(absolute(node, package), names, written, *where))
    return tuple(found)


def absolute(node: ast.ImportFrom, package: str) -> str | None:
    """The module of a `from … import`, seen from `package`; None where its dots lead beyond the top."""
    if not node.level:
        return node.module
    parts = package.split(".") if package else []
    if node.level > len(parts):
        return None
    base = parts[: len(parts) - node.level + 1]
    return ".".join((*base, node.module) if node.module else base)
