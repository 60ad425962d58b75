"""`iguazioig init`: the workflow of a repository that has a graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..arguments import (
    FOLDER,
    environment_option,
    graph_argument,
    modules_option,
    read,
    usual_folder,
)
from ..terminal import report

if TYPE_CHECKING:
    from ..repository import Repository


@click.command()
@graph_argument
@modules_option
@environment_option
@click.option(
    "--ci",
    "provider",
    type=click.Choice(["github", "gitlab"]),
    required=True,
    help="Whose workflow it is.",
)
@click.option(
    "--output",
    "-o",
    type=FOLDER,
    metavar="DIR",
    help="Folder of the project; its name by default, here or beside the graph.",
)
@click.option(
    "--branch",
    default="main",
    show_default=True,
    help="The branch whose merges are deployed; GitLab knows its own.",
)
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where it is written; where the provider looks for it by default.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
def init(
    graph: Path,
    modules: tuple[Path, ...],
    environment: str | None,
    provider: str,
    output: Path | None,
    branch: str,
    to: Path | None,
    force: bool,
) -> None:
    """Write the CI workflow of GRAPH.

    It checks the project, says in each pull request what it means for what runs, and deploys what is merged. It is plain and yours to change; nothing of it is generated again.

    \b
    iguazioig init graph.yaml --ci github      .github/workflows/<project>.yml
    iguazioig init graph.yaml --ci gitlab      .gitlab-ci.yml
    iguazioig init graph.yaml --ci github --env prod     .github/workflows/<project>-prod.yml
    """
    from ..ci import PROVIDERS, Parts, render, write
    from ..ci.workflow import usual_place
    from ..repository import Repository

    loaded = read(graph, modules, environment)
    report(loaded.warnings)
    title = loaded.graph.title
    repository = Repository(graph.parent)
    parts = Parts(
        title,
        inside(repository, graph),
        inside(repository, output or usual_folder(title, graph)),
        branch,
        tuple(inside(repository, folder) for folder in modules),
        named(repository, environment),
    )
    chosen = next(each for each in PROVIDERS if each == provider)
    place = to or repository.top / usual_place(chosen, title)
    written = write(render(chosen, parts), place, force=force)
    click.echo(f"{place} {'was written' if written else 'is up to date'}")
    click.echo("what it needs of secrets and variables is said at its top", err=True)


def named(repository: Repository, environment: str | None) -> str | None:
    """What `--env` names, so that it means the same in CI: a name, or the path of a file in the repository."""
    is_path = environment is not None and Path(environment).suffix
    return inside(repository, Path(environment)) if environment and is_path else environment


def inside(repository: Repository, place: Path) -> str:
    """The path of something in the repository, where CI finds it too."""
    path = repository.path_of(place)
    if path is None or str(place) == "-":
        raise click.UsageError(
            f"{place} is not in the repository {repository.top}, and CI has only that"
        )
    return path
