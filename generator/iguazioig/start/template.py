"""The folder of a cookiecutter template, rendered as cookiecutter would, at a tenth of its cost."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


@cache
def settings(template: Path) -> dict[str, Any]:
    """The `cookiecutter.json` of a template: its variables, in their order, with their defaults."""
    read: dict[str, Any] = json.loads((template / "cookiecutter.json").read_text())
    return read


def render(template: Path, given: Mapping[str, str]) -> dict[str, bytes]:
    """The files of a template by their POSIX paths, those whose name comes out empty left out.

    The template has one folder, whose name is a variable; it is not part of the paths. `given` are variables that are not to
    have their defaults, `__private` ones among them.
    """
    (home,) = (path for path in template.iterdir() if path.name.startswith("{{"))
    environment = _environment(home)
    variables = dict(_variables(environment, settings(template), given))
    files = {}
    for path in sorted(each for each in home.rglob("*") if each.is_file()):
        relative = path.relative_to(home).as_posix()
        name = environment.from_string(relative).render(cookiecutter=variables)
        if not name.endswith("/"):
            text = environment.get_template(relative).render(cookiecutter=variables)
            files[name] = text.encode()
    return files


def _variables(
    environment: Environment, known: Mapping[str, Any], given: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Every variable and its value; a default may name those before it, and of a choice it is the first word."""
    before: dict[str, str] = {}
    for name, default in known.items():
        if _is_variable(name):
            text = default[0] if isinstance(default, list) else default
            value = environment.from_string(text).render(cookiecutter=before)
            before[name] = given.get(name, value)
            yield name, before[name]


def _is_variable(name: str) -> bool:
    """Whether it is one, and no setting of cookiecutter's: `__private` is, `_setting` and `__prompts__` are not."""
    return not name.startswith("_") or (name.startswith("__") and not name.endswith("__"))


def _environment(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
