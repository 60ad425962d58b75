"""The CI workflow of a graph, which `iguazioig init` writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..arguments import read, usual_folder
from ..errors import GitError, ProjectError
from ..repository import Repository
from ..terminal import report

if TYPE_CHECKING:
    from ..ci.workflow import Provider


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose workflow is asked for, the branch whose merges are deployed, and where it goes if not where it is looked for.

    `environment` is what `--env` names.
    """

    provider: Provider
    branch: str
    to: Path | None = None
    environment: str | None = None


def write_workflow(
    asked: Asked, graph: Path, output: Path | None, modules: tuple[Path, ...], *, force: bool
) -> None:
    """Write the workflow of a graph that is in a repository."""
    from ..ci import Parts, render, write
    from ..ci.workflow import usual_place

    loaded = read(graph, modules, asked.environment)
    report(loaded.warnings)
    title = loaded.graph.title
    repository = Repository(graph.parent)
    parts = Parts(
        title,
        inside(repository, graph),
        inside(repository, output or usual_folder(title, graph)),
        asked.branch,
        tuple(inside(repository, folder) for folder in modules),
        named(repository, asked.environment),
    )
    place = asked.to or repository.top / usual_place(asked.provider, title)
    written = write(render(asked.provider, parts), place, force=force)
    say(place, asked, written=written)


def workflow_of_new(asked: Asked, folder: Path, slug: str) -> tuple[Path, bytes]:
    """Where the workflow of a repository goes that is about to be made, and its bytes.

    It is on top of the repository of git around the folder, or else in the folder. Raises ProjectError where it is there.
    """
    from ..ci import Parts, render
    from ..ci.workflow import usual_place

    top = top_around(folder)
    below = folder.resolve().relative_to(top)
    parts = Parts(slug, (below / "graph.yaml").as_posix(), (below / slug).as_posix(), asked.branch)
    place = asked.to or top / usual_place(asked.provider, slug)
    if place.exists() or place.is_symlink():
        raise ProjectError(f"{place}: is there already; --to writes to another place")
    return place, render(asked.provider, parts)


def top_around(folder: Path) -> Path:
    """The top of the repository of git in which a folder is, or will be; the folder itself where there is none."""
    there = next(each for each in (folder.resolve(), *folder.resolve().parents) if each.is_dir())
    try:
        return Repository(there).top.resolve()
    except GitError:
        return folder.resolve()


def say(place: Path, asked: Asked, *, written: bool) -> None:
    """Say where a workflow is, what it deploys and what it needs."""
    click.echo(f"{place} {'was written' if written else 'is up to date'}")
    if asked.provider == "github":
        text = f"what is merged into `{asked.branch}` is deployed; --branch names another branch"
        click.echo(text, err=True)
    click.echo("what it needs of secrets and variables is said at its top", err=True)


def named(repository: Repository, environment: str | None) -> str | None:
    """What `--env` names, so that it means the same in CI: a name, or the path of a file in the repository."""
    if environment is None or not Path(environment).suffix:
        return environment
    return inside(repository, Path(environment))


def inside(repository: Repository, place: Path) -> str:
    """The path of something in the repository, where CI finds it too."""
    path = repository.path_of(place)
    if path is None or str(place) == "-":
        raise click.UsageError(
            f"{place} is not in the repository {repository.top}, and CI has only that"
        )
    return path
