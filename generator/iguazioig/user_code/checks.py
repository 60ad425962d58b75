"""A step of the graph against the code that it names."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from ..errors import Location, Problem, did_you_mean
from ..graph import Step, UserFunction
from .calls import function_problem, method_problem
from .classes import Classes, UserClass
from .constructors import constructor
from .definitions import Definition, Definitions, Missing
from .modules import Module
from .signature import Keywords

_LISTED = 12


class Checks:
    """Finds out what would fail when the step runs. What cannot be seen in the source is taken to be right."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._classes = Classes(definitions)

    def step_class(self, step: Step, module: Module) -> tuple[bool | None, list[Problem]]:
        """Whether the constructor takes a `logger` (None: cannot be seen), and what is wrong with the class."""
        found = self._definitions.lookup(module, step.class_name)
        if isinstance(found, Missing):
            return None, [self._no_class(step, found)]
        if found is None or not isinstance(found.node, ast.ClassDef):
            return None, []
        user_class = self._classes.of(found.module, found.node)
        arguments = constructor(user_class, self._classes)
        problems = list(self._method_problems(step, user_class))
        if arguments is None:
            return None, problems
        return arguments.takes("logger"), [*problems, *_argument_problems(step, arguments)]

    def function(self, output: UserFunction, module: Module) -> list[Problem]:
        """What is wrong with an output function."""
        found = self._definitions.lookup(module, output.function)
        if isinstance(found, Missing):
            return [self._no_function(output, found)]
        if found is None or isinstance(found.node, ast.ClassDef):
            return []
        problem = function_problem(found)
        return [problem] if problem else []

    def _method_problems(self, step: Step, user_class: UserClass) -> Iterator[Problem]:
        for index, name in enumerate(step.methods):
            found = user_class.method(name)
            place = step.places.get(f"methods[{index}]", step.at("methods"))
            if isinstance(found, Missing):
                yield _no_method(step.class_name, name, user_class.method_names(), place)
            elif found:
                problem = method_problem(found, step.class_name, self._definitions)
                yield from [problem] if problem else []

    def _no_class(self, step: Step, found: Missing) -> Problem:
        known = self._names(found.module, ast.ClassDef)
        hint = did_you_mean(step.class_name, known)
        wrong = f"module `{found.module.name}` has no class `{step.class_name}`{hint}"
        return Problem(step.at("class_name"), wrong, _listed("it has", known), "class-missing")

    def _no_function(self, output: UserFunction, found: Missing) -> Problem:
        known = self._names(found.module, ast.FunctionDef)
        hint = did_you_mean(output.function, known)
        wrong = f"module `{found.module.name}` has no function `{output.function}`{hint}"
        return Problem(output.location, wrong, _listed("it has", known), "function-missing")

    def _names(self, module: Module, kind: type[ast.stmt]) -> list[str]:
        scope = self._definitions.scope(module)
        pairs = scope.names.items() if scope else ()
        found = {name: self._definitions.lookup(module, name) for name, _ in pairs}
        return sorted(
            name
            for name, each in found.items()
            if isinstance(each, Definition) and isinstance(each.node, kind)
        )


def _argument_problems(step: Step, arguments: Keywords) -> Iterator[Problem]:
    given = step.init
    for name in given:
        if not arguments.takes(name):
            hint = did_you_mean(name, arguments.names)
            wrong = f"`{step.class_name}` takes no argument `{name}`{hint}"
            place = step.places.get(f"class_init.{name}", _init_place(step))
            yield Problem(place, wrong, _listed("it takes", arguments.names), "class-argument")
    for name in arguments.required:
        if name not in given and name != "logger":
            wrong = f"`{step.class_name}` needs the argument `{name}`"
            yield Problem(_init_place(step), wrong, "add it to `class_init`", "class-argument")
    for name in arguments.unnameable:
        wrong = f"`{step.class_name}` takes its argument `{name}` by position only"
        expected = "let the class take it by name, as `class_init` gives it"
        yield Problem(_init_place(step), wrong, expected, "class-argument")


def _init_place(step: Step) -> Location:
    return step.places.get("class_init", step.at("class_name"))


def _no_method(owner: str, name: str, known: list[str], place: Location) -> Problem:
    wrong = f"`{owner}` has no method `{name}`{did_you_mean(name, known)}"
    return Problem(place, wrong, _listed("it has", known), "method-missing")


def _listed(verb: str, names: Iterable[str]) -> str:
    """`it has \\`a\\`, \\`b\\``, cut short where there are many."""
    known = list(names)
    more = ", …" if len(known) > _LISTED else ""
    return (
        f"{verb} {', '.join(f'`{name}`' for name in known[:_LISTED])}{more}"
        if known
        else f"{verb} none"
    )
