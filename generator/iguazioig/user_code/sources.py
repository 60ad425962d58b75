"""The user's modules, each read and parsed once. Nothing is imported or run."""

from __future__ import annotations

import ast
import re
import warnings
from typing import NamedTuple

from ..errors import Problem
from .files import Files, file_problem
from .imports import Import, imports
from .modules import Module
from .scope import UNSEEN, Scope, scope

# A tree takes up to 500 times the memory of its source, and a second for each megabyte.
MAX_SOURCE_MB = 2

# Text that can give a module names which no statement of its body shows.
_DYNAMIC = re.compile(rb"\b(?:globals\s*\(|exec\s*\(|sys\.modules)")
_GLOBAL = re.compile(rb"\bglobal\s+([\w, ]+)")


class Source(NamedTuple):
    """A module as read. `content` is None if it cannot be, `scope` if it cannot be parsed; `problem` says why."""

    content: bytes | None
    imports: tuple[Import, ...] = ()
    scope: Scope | None = None
    problem: Problem | None = None


class Sources:
    """The sources of modules."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._sources: dict[Module, Source] = {}

    def of(self, module: Module) -> Source:
        """What `module` holds."""
        if module not in self._sources:
            self._sources[module] = self._read(module)
        return self._sources[module]

    def _read(self, module: Module) -> Source:
        content = module.notebook.text if module.notebook else self._files.read(module.path)
        if isinstance(content, Problem):
            return Source(None, problem=content)
        tree = _parse(content, module)
        if isinstance(tree, Problem):
            return Source(content, problem=tree)
        names = scope(tree.body, module.package)
        return Source(content, imports(tree, module.package), _opened(names, content))


def _parse(content: bytes, module: Module) -> ast.Module | Problem:
    if len(content) > MAX_SOURCE_MB * 2**20:
        return file_problem(
            module.path,
            f"this module is larger than {MAX_SOURCE_MB} MB",
            "a module that can be checked; put its data into a file of a package, or on a volume",
        )
    try:
        with warnings.catch_warnings():
            # What Python warns about in the user's code, such as `"\d"`, is not news to who generates.
            warnings.simplefilter("ignore")
            return ast.parse(content)
    except SyntaxError as error:
        return _syntax_problem(error, module)
    except (ValueError, RecursionError, MemoryError):
        return file_problem(
            module.path,
            "Python cannot read this module: it is not text, or nested too deeply",
            "a module that Python can import",
        )


def _syntax_problem(error: SyntaxError, module: Module) -> Problem:
    place = module.at(max(error.lineno or 1, 1), max(error.offset or 1, 1))
    reason = (error.msg or "invalid syntax").splitlines()[0]
    wrong = f"Python cannot read this module: {reason}"
    return Problem(place, wrong, "a module that Python can import", "module-syntax")


def _opened(names: Scope, content: bytes) -> Scope:
    for match in _GLOBAL.finditer(content):
        for name in match[1].decode("ascii", "ignore").split(","):
            names.names.setdefault(name.strip(), UNSEEN)
    return names._replace(is_open=names.is_open or _DYNAMIC.search(content) is not None)
