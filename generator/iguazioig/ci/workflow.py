"""The workflow of a project: check, say what a change means, deploy what was merged."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from .. import __version__
from ..assets import project_templates
from ..errors import ProjectError

Provider = Literal["github", "gitlab"]

PROVIDERS: tuple[Provider, ...] = ("github", "gitlab")

NUCTL = "1.14.1"
"""The version of nuctl that a workflow installs: the one that all generated files are tried on."""

_PLAIN = re.compile(r"(?!-)[A-Za-z0-9._/+@ -]+")


@dataclass(frozen=True, slots=True)
class Parts:
    """What a workflow is about: POSIX paths in the repository, and the branch whose merges are deployed.

    `environment` is what `--env` names, with which `project` is the project of that environment.
    """

    project: str
    graph: str
    folder: str
    branch: str = "main"
    modules: tuple[str, ...] = ()
    environment: str | None = None


def usual_place(provider: Provider, project: str) -> str:
    """Where in a repository the provider looks for the workflow."""
    return f".github/workflows/{project}.yml" if provider == "github" else ".gitlab-ci.yml"


def render(provider: Provider, parts: Parts) -> bytes:
    """The workflow; ProjectError for a path or branch with characters that mean something to a workflow or a shell."""
    named = [] if parts.environment is None else [parts.environment]
    for text in (parts.graph, parts.folder, parts.branch, *parts.modules, *named):
        if not _PLAIN.fullmatch(text):
            raise ProjectError(
                f"{text!a}: a workflow cannot name this safely; rename it with letters, digits, spaces and `._/+@-`"
            )
    options = [f" --modules {shlex.quote(folder)}" for folder in parts.modules]
    options += [f" --env {shlex.quote(each)}" for each in named]
    return _render(
        provider,
        {
            "project": parts.project,
            "graph": shlex.quote(parts.graph),
            "folder": shlex.quote(parts.folder),
            "options": "".join(options),
            "environment": PurePosixPath(parts.environment or "").stem,
            "branch": parts.branch,
            "version": __version__,
            "nuctl": NUCTL,
        },
    )


def _render(provider: Provider, variables: dict[str, str]) -> bytes:
    """The template's variables stand between `<<` and `>>`: `{{` is the workflow's own."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(project_templates() / "ci"),
        undefined=StrictUndefined,
        variable_start_string="<<",
        variable_end_string=">>",
        trim_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    return environment.get_template(f"{provider}.yml.j2").render(variables).encode()
