"""The notebooks that steps name: found where modules are, and read."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from .. import notebooks
from ..errors import Location, Problem, did_you_mean
from ..graph import NOTEBOOK_ENDING, Notebook, Step
from .files import MAX_NOTEBOOK_MB, Files, file_problem, shown
from .modules import Finder, Module
from .scope import scope
from .statements import statements

_IPYTHONS = frozenset({"display", "get_ipython"})


class NotebookFinder:
    """Finds and reads notebooks; each file is read once."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._contents: dict[Path, bytes | Problem] = {}

    def read(self, notebook: Notebook, step: Step) -> notebooks.Reading | Problem:
        """What of a notebook belongs to `step`, or why nothing does."""
        path = self._path(notebook)
        if path is None:
            return self._not_found(notebook, step.at("class_module"))
        if taken := self._taken(notebook, path):
            wrong = f"`{notebook.path}` becomes the module `{notebook.module}`, and there is `{taken.as_posix()}` too"
            expected = "rename one of them, or name the one that is meant and move the other away"
            return Problem(step.at("class_module"), wrong, expected, "notebook-clash")
        content = self._content(path)
        if isinstance(content, Problem):
            return content
        reading = notebooks.read(
            content,
            path=path.as_posix(),
            name=notebook.module,
            title=notebook.path,
            steps=(step.slug, step.name),
        )
        if isinstance(reading, Problem):
            return reading
        return replace(reading, problems=(*reading.problems, *_unfit(reading.module)))

    def _path(self, notebook: Notebook) -> Path | None:
        paths = (root / notebook.path for root in self._files.roots)
        return next((path for path in paths if self._files.has_file(path.parent, path.name)), None)

    def _taken(self, notebook: Notebook, path: Path) -> Path | None:
        files = Files((*self._files.roots, path.parent))
        found = Finder(files).find(notebook.module)
        return found.path if isinstance(found, Module) else None

    def _content(self, path: Path) -> bytes | Problem:
        if path not in self._contents:
            content = self._files.content(path, MAX_NOTEBOOK_MB)
            self._contents[path] = _too_large(path) if content is None else content
        return self._contents[path]

    def _not_found(self, notebook: Notebook, place: Location) -> Problem:
        known = sorted(name for root in self._files.roots for name in self._notebooks(root))
        searched = ", ".join(f"`{root}`" for root in dict.fromkeys(map(shown, self._files.roots)))
        return Problem(
            place,
            f"there is no notebook `{notebook.path}` in {searched or 'any folder'}{did_you_mean(notebook.path, known)}",
            "put it there, or name its folder with `--modules`",
            "module-missing",
        )

    def _notebooks(self, root: Path) -> Iterator[str]:
        return (name for name in self._files.listing(root) if name.endswith(NOTEBOOK_ENDING))


def made_module(reading: notebooks.Reading) -> Module:
    """The module of a notebook, for those who look for modules."""
    module = reading.module
    return Module(module.name, Path(module.path), is_package=False, notebook=module)


def _too_large(path: Path) -> Problem:
    return file_problem(
        path,
        f"this notebook is larger than {MAX_NOTEBOOK_MB} MB",
        "clear the outputs that need so much, or move the class into a module",
    )


def _unfit(module: notebooks.NotebookModule) -> Iterator[Problem]:
    """What a notebook can say in its cells, and no module can: `await`, a late `__future__`, IPython's own functions.

    What Python does not even parse, everybody is told who reads modules.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(module.text)
            problem = _uncompiled(tree, module)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
    yield from [problem] if problem else _missing_names(tree, module)


def _uncompiled(tree: ast.Module, module: notebooks.NotebookModule) -> Problem | None:
    try:
        compile(tree, module.path, "exec", dont_inherit=True)
    except SyntaxError as error:
        place = module.at(error.lineno or 1, error.offset or 1)
        wrong = f"Python cannot read this as a module: {error.msg}"
        expected = "write it as in a module, or mark the cell `# nuclio: ignore`"
        return Problem(place, wrong, expected, "module-syntax")
    return None


def _missing_names(tree: ast.Module, module: notebooks.NotebookModule) -> Iterator[Problem]:
    missing = _IPYTHONS - scope(tree.body, "").names.keys()
    for statement, is_certain in statements(tree.body, inner_scopes=False):
        match statement:
            case ast.Expr(value=ast.Call(func=ast.Name(id=name))) if is_certain and name in missing:
                wrong = f"`{name}` is IPython's, and a step has no IPython: its module would fail"
                expected = "mark the cell `# nuclio: ignore`, or take the line out"
                place = module.at(statement.lineno, statement.col_offset + 1)
                yield Problem(place, wrong, expected, "notebook-only")
