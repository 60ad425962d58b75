"""What the user's code asks for that the runtime it was written for had: variables, packages, keys of messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..errors import Problem
from ..graph import Step

if TYPE_CHECKING:
    from ..notebooks import Reading

_IMPORT = re.compile(rb"^[ \t]*(?:import|from)[ \t]+(\w+)", re.MULTILINE)
_TEXT = re.compile(rb"""["'](\w{1,60})["']""")

Files = Mapping[str, bytes]


def wanted_env(step: Step, files: Files) -> dict[str, str]:
    """The variables that the code names; those that the graph sets are set already."""
    habits = step.habits.env
    named = set(_found(_TEXT, files)) if habits else set()
    return {name: text for name, text in habits.items() if name in named and name not in step.env}


def wanted_packages(step: Step, files: Files) -> tuple[str, ...]:
    """The requirements of what the code imports; a step that writes streams has v3io's client and what that needs."""
    habits = {} if step.written else step.habits.packages
    imported = set(_found(_IMPORT, files)) if habits else set()
    listed = {re.split(r"\W", package, maxsplit=1)[0].lower() for package in step.pip}
    return tuple(
        package for module, package in habits.items() if module in imported and module not in listed
    )


def habit_problems(
    step: Step, files: Files, takes_logger: bool | None, reading: Reading | None = None
) -> Iterator[Problem]:
    """What the code asks for and does not get any more, or gets and did not ask for."""
    if step.habits.gone:
        yield from _gone(step, files, reading)
    if takes_logger is not False and not step.habits.logger and "logger" not in step.init:
        can = "takes" if takes_logger else "may take"
        wrong = f"`{step.class_name}` {can} a `logger`, which it was not given, and gets now"
        expected = "it is `context.logger`: see that the class can do with it"
        yield Problem(step.at("class_name"), wrong, expected, "logger", "warning")


def _gone(step: Step, files: Files, reading: Reading | None) -> Iterator[Problem]:
    for path, content in files.items():
        names = dict.fromkeys(_found(_TEXT, {path: content}))
        for name in filter(step.habits.gone.__contains__, names):
            line = 1 + content[: _place(name, content)].count(b"\n")
            wrong = f"`{path}` names `{name}` in line {line}"
            if reading and step.notebook and content == reading.module.text:
                place = reading.module.at(line)
                wrong = (
                    f"`{step.notebook.path}` names `{name}` in cell {place.cell}, line {place.line}"
                )
            yield Problem(step.at("class_module"), wrong, step.habits.gone[name], "gone", "warning")


def _place(name: str, content: bytes) -> int:
    return min(content.find(quote + name.encode() + quote) % (len(content) + 1) for quote in (b"'", b'"'))  # fmt: skip


def _found(pattern: re.Pattern[bytes], files: Files) -> Iterator[str]:
    for path, content in files.items():
        if path.endswith(".py"):
            yield from (name.decode("ascii", "ignore") for name in pattern.findall(content))
