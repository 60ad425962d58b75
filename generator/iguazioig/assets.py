"""Where the templates are: beside the package in a wheel, at the top of a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def assets() -> Path:
    """The folder that holds `cookiecutter-step/` and `templates/`. Raises FileNotFoundError in a broken installation."""
    package = Path(__file__).resolve().parent
    for folder in (package / "_assets", package.parents[1]):
        if (folder / "cookiecutter-step").is_dir() and (folder / "templates").is_dir():
            return folder
    raise FileNotFoundError(
        "the templates of iguazioig are not where they were installed; install it again"
    )


def step_template() -> Path:
    """The folder of the files of one step; its name is itself a template."""
    return assets() / "cookiecutter-step" / "{{cookiecutter.step}}"


def project_templates() -> Path:
    """The folder of the templates of the project's own files."""
    return assets() / "templates"


def repository_template(example: str) -> Path:
    """The cookiecutter template of a repository to begin with."""
    return assets() / "cookiecutter-repository" / example


def step_module_template() -> Path:
    """The cookiecutter template of what a new step brings: its class, and a test of it."""
    return assets() / "cookiecutter-step-module"
