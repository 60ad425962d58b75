"""The code of all steps of a graph, in one run that reads each module once."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import Location, Problem, did_you_mean
from ..graph import NOTEBOOK_ENDING, Step
from .checks import Checks
from .closure import ClosureMap
from .definitions import Definitions
from .files import Files, shown
from .habits import habit_problems, wanted_env, wanted_packages
from .modules import Finder, Module, Namespace
from .names import conflict
from .sources import Sources

if TYPE_CHECKING:
    from ..notebooks import Reading
    from .notebooks import NotebookFinder


@dataclass(frozen=True, slots=True)
class StepCode:
    """The user's code of one step.

    `files` are bytes as on disk, by their paths in the step folder, sorted. `takes_logger` says whether the constructor
    accepts a `logger` beside what `class_init` gives; None if the source does not show it: a class on a volume, or one
    that inherits from a library. `on_volume` are the modules that are expected to be mounted at run time. `env` and
    `packages` are what the step gets beside what the graph says, because its code was written for a runtime with that, or its
    notebook says so. `reading` is what was read of the notebook: the module made from it is still as it is in the cells.
    """

    files: Mapping[str, bytes]
    takes_logger: bool | None
    on_volume: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    reading: Reading | None = None


class _Library(NamedTuple):
    """The modules that can be found, and what is known of each."""

    finder: Finder
    closures: ClosureMap
    checks: Checks


class Collection:
    """Collects and checks step by step; `problems` has what is wrong so far."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.problems: set[Problem] = set()
        self._roots = roots
        self._files = Files(roots)
        self._modules = _library(Finder(self._files))

    def code(self, step: Step) -> StepCode:
        """The code of `step`; nothing where it is in a notebook that cannot be read."""
        if step.notebook is None:
            return self._code(step, self._modules)
        from .notebooks import made_module

        reading = self._notebooks.read(step.notebook, step)
        if isinstance(reading, Problem):
            self.problems.add(reading)
            return StepCode({}, None, ())
        self.problems.update(reading.problems)
        made = made_module(reading)
        files = Files((*self._roots, made.path.parent))
        return self._code(step, _library(Finder(files, made)), reading)

    @cached_property
    def _notebooks(self) -> NotebookFinder:
        from .notebooks import NotebookFinder

        return NotebookFinder(self._files)

    def _code(self, step: Step, library: _Library, reading: Reading | None = None) -> StepCode:
        modules = {name: self._find(name, place, step, library) for name, place in _named(step)}
        files: dict[str, bytes] = {}
        for module in filter(None, modules.values()):
            closure = library.closures.of(module)
            files.update(closure.files)
            self.problems.update(_for_python(closure.problems, step.python))
        takes_logger = self._check(step, modules, library.checks)
        missing = [name for name in modules if not modules[name] and self._is_on_volume(name, step)]
        files = dict(sorted(files.items()))
        is_there = modules[step.class_module] is not None or step.class_module in missing
        self.problems.update(
            habit_problems(step, files, takes_logger if is_there else False, reading)
        )
        env, packages = wanted_env(step, files), wanted_packages(step, files)
        return StepCode(files, takes_logger, tuple(missing), env, packages, reading=reading)

    def _check(
        self, step: Step, modules: Mapping[str, Module | None], checks: Checks
    ) -> bool | None:
        takes_logger = None
        if module := modules[step.class_module]:
            takes_logger, problems = checks.step_class(step, module)
            self.problems.update(problems)
        for output in step.functions:
            if module := modules[output.module]:
                self.problems.update(checks.function(output, module))
        return False if "logger" in step.init else takes_logger

    def _find(self, name: str, place: Location, step: Step, library: _Library) -> Module | None:
        found = library.finder.find(name)
        if isinstance(found, Module) and not conflict(name):
            return found
        if not self._is_on_volume(name, step):
            problem = self._not_found(name, place, library.finder)
            is_extra = name in (each.name for each in step.imports)
            self.problems.add(_not_needed(name, problem) if is_extra else problem)
        return None

    def _is_on_volume(self, name: str, step: Step) -> bool:
        return bool(step.module_paths) and not conflict(name)

    def _not_found(self, name: str, place: Location, finder: Finder) -> Problem:
        if taken := conflict(name):
            wrong = f"the module name `{name}` is taken by {taken}"
            return Problem(place, wrong, "give your module another name", "module-name")
        if isinstance(finder.find(name), Namespace):
            wrong = f"`{name}` is a folder without `__init__.py`, and no module"
            return Problem(place, wrong, _choice(finder.children(name)), "module-missing")
        hint = did_you_mean(name, finder.known())
        if any(finder.files.has_file(root, name + NOTEBOOK_ENDING) for root in finder.files.roots):
            wrong = f"there is no module `{name}`, but a notebook"
            expected = f"name the notebook: `{name}{NOTEBOOK_ENDING}` in place of `{name}`"
            return Problem(place, wrong, expected, "module-missing")
        searched = ", ".join(f"`{root}`" for root in dict.fromkeys(map(shown, self._roots)))
        return Problem(
            place,
            f"there is no module `{name}` in {searched or 'any folder'}{hint}",
            "put it there, name its folder with `--modules`, or give `module_paths` if a volume has it",
            "module-missing",
        )


def _library(finder: Finder) -> _Library:
    sources = Sources(finder.files)
    return _Library(finder, ClosureMap(finder, sources), Checks(Definitions(finder, sources)))


def _named(step: Step) -> Iterator[tuple[str, Location]]:
    """The modules that the graph names for a step, each once with its first place."""
    places = {step.class_module: step.at("class_module")}
    for output in step.functions:
        places.setdefault(output.module, output.location)
    for module in step.imports:
        places.setdefault(module.name, module.location)
    yield from places.items()


def _not_needed(name: str, problem: Problem) -> Problem:
    """A module that is only imported may as well be a library in the image."""
    expected = (
        f"`{name}` is imported all the same: the image has to have it, if your folders have not"
    )
    return replace(problem, expected=expected, severity="warning")


def _choice(modules: list[str]) -> str:
    known = ", ".join(f"`{name}`" for name in modules[:12])
    return f"name a module in it: {known}" if known else "name a module"


def _for_python(problems: Iterable[Problem], version: str) -> Iterator[Problem]:
    """Syntax that the running Python does not know may be right for a newer one in the step's image."""
    is_newer = _parts(version) > sys.version_info[:2]
    for problem in problems:
        can_be_right = is_newer and problem.code == "module-syntax"
        yield replace(problem, severity="warning") if can_be_right else problem


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
