"""The Jinja environment that renders the templates, as strict as cookiecutter's own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..assets import project_templates, step_template


def render_step(name: str, context: dict[str, Any]) -> bytes:
    """One file of a step, as cookiecutter would write it."""
    return _environment(step_template()).get_template(name).render(cookiecutter=context).encode()


def render_project(name: str, context: dict[str, Any]) -> bytes:
    """One file of the project's own."""
    return _environment(project_templates()).get_template(name).render(context).encode()


@cache
def _environment(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
