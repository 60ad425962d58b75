"""`iguazioig init`: a repository to begin with, and the workflow of one that is there."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..arguments import FOLDER, environment_option, modules_option
from ..terminal import draw_tree
from .questions import ask

if TYPE_CHECKING:
    from .workflow import Asked

EXAMPLES = ("scoring", "converge")
GRAPHS = (".yaml", ".yml", ".json")


@click.command()
@click.argument(
    "graph",
    metavar="NAME|GRAPH",
    required=False,
    type=click.Path(allow_dash=True),
)
@click.option(
    "--example",
    type=click.Choice(EXAMPLES),
    help="What the repository begins with: messages that are scored one after another (the default), or branches that meet.",
)
@click.option(
    "--notebook", is_flag=True, help="The repository has a class in a notebook, not in a module."
)
@click.option("--interactive", "-i", is_flag=True, help="Ask for what is not said.")
@click.option(
    "--ci",
    "provider",
    type=click.Choice(["github", "gitlab"]),
    help="Write a CI workflow, and whose it is.",
)
@click.option(
    "--branch",
    help="With --ci: the branch whose merges are deployed, main by default; GitLab knows its own.",
)
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="With --ci: where it is written; where the provider looks for it by default.",
)
@modules_option
@environment_option
@click.option(
    "--output",
    "-o",
    type=FOLDER,
    metavar="DIR",
    help="Of a GRAPH: folder of the project; its name by default, here or beside the graph.",
)
@click.option("--force", is_flag=True, help="Of a GRAPH: replace a workflow that is there already.")
def init(
    graph: str | None,
    example: str | None,
    notebook: bool,
    interactive: bool,
    provider: str | None,
    branch: str | None,
    to: Path | None,
    modules: tuple[Path, ...],
    environment: str | None,
    output: Path | None,
    force: bool,
) -> None:
    """Make a new repository NAME, or write the CI workflow of a GRAPH that is there.

    A repository has a graph, the classes that it names, messages to try it with, tests, and what an editor needs to
    help with the graph; the last part of NAME is the name of the project. Nothing is ever overwritten: NAME is free,
    or an empty folder (with `.git` or without).

    A workflow checks the project, says in each pull request what it means for what runs, and deploys what is merged.
    All of it is yours to change; nothing of it is generated again.

    \b
    iguazioig init fraud                        a repository ./fraud, which `iguazioig run` runs at once
    iguazioig init fraud --example converge --notebook
    iguazioig init fraud --ci github            with a workflow
    iguazioig init graph.yaml --ci github       the workflow alone: .github/workflows/<project>.yml
    iguazioig init graph.yaml --ci gitlab       .gitlab-ci.yml
    iguazioig init graph.yaml --ci github --env prod        .github/workflows/<project>-prod.yml
    """
    if not graph and not interactive:
        raise click.UsageError(
            "what is to be made? `iguazioig init fraud` makes a repository,"
            " `iguazioig init graph.yaml --ci github` the workflow of a graph"
        )
    place = Path(graph) if graph else None
    if place is not None and is_graph(place):
        new = {"--example": example, "--notebook": notebook, "--interactive": interactive}
        refuse(new, f"is for a new repository, and {place} is a graph that is there")
        wanted = asked(provider, branch, to, environment)
        write_for_graph(place, wanted, output, modules, force=force)
        return
    there = {"--modules": modules, "--env": environment, "--output": output, "--force": force}
    refuse(there, "is for a graph that is there, and not for a new repository")
    if interactive:
        place, example, notebook, provider = questions(place, example, notebook, provider)
    assert place is not None
    make(place, example or EXAMPLES[0], asked(provider, branch, to), notebook=notebook)


def is_graph(target: Path) -> bool:
    """Whether a graph is meant that is there, and not a repository that is not. Raises where neither can be."""
    if str(target) == "-" or target.is_file():
        return True
    if target.suffix in GRAPHS and not target.exists():
        free = shlex.quote(str(target.with_suffix("")))
        text = f"there is no graph {target}; a new repository has a name without dots: iguazioig init {free}"
        raise click.BadParameter(text, param_hint="NAME|GRAPH")
    return False


def refuse(options: Mapping[str, Any], why: str) -> None:
    """Refuse options that have no meaning here."""
    for name, value in options.items():
        if value:
            raise click.UsageError(f"{name} {why}")


def asked(
    provider: str | None, branch: str | None, to: Path | None, environment: str | None = None
) -> Asked | None:
    """The workflow that is asked for; None where there is none."""
    if provider is None:
        said = {"--branch": branch, "--to": to, "--env": environment}
        refuse(said, "says something of a workflow; say --ci, too")
        return None
    from ..ci import PROVIDERS
    from .workflow import Asked

    chosen = next(each for each in PROVIDERS if each == provider)
    return Asked(chosen, branch or "main", to, environment)


def write_for_graph(
    graph: Path,
    wanted: Asked | None,
    output: Path | None,
    modules: tuple[Path, ...],
    *,
    force: bool,
) -> None:
    """Write the workflow of a graph."""
    from .workflow import write_workflow

    if wanted is None:
        raise click.UsageError(
            f"{graph} is a file: --ci github or --ci gitlab writes its workflow;"
            " a new repository has a name that is free"
        )
    write_workflow(wanted, graph, output, modules, force=force)


def make(folder: Path, example: str, wanted: Asked | None, *, notebook: bool) -> None:
    """Make a repository, and the workflow with it."""
    from ..start.files import check_free, put_folder
    from ..start.repository import first_run, make_repository

    name = project_name(folder)
    check_free(folder)
    files = make_repository(name, example, notebook=notebook)
    workflow = workflow_of(wanted, folder, name) if wanted is not None else None
    put_folder(folder, files)
    click.echo("\n".join([str(folder), *draw_tree(files)]))
    if workflow is not None and wanted is not None:
        put_workflow(*workflow, wanted)
    there = "" if folder.resolve() == Path().resolve() else f"cd {shlex.quote(str(folder))} && "
    click.echo(f"try it: {there}{first_run(example)}", err=True)


def project_name(folder: Path) -> str:
    """The last part of a folder's path, as the name of a project."""
    from ..start.repository import check_name

    name = folder.resolve().name if folder.name in ("", "..") else folder.name
    try:
        check_name(name)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="NAME|GRAPH") from error
    return name


def workflow_of(wanted: Asked, folder: Path, name: str) -> tuple[Path, bytes]:
    """Where the workflow of a new repository goes, and its bytes."""
    from ..api.naming import slug
    from .workflow import workflow_of_new

    return workflow_of_new(wanted, folder, slug(name))


def put_workflow(place: Path, content: bytes, wanted: Asked) -> None:
    """Write the workflow of a new repository."""
    from ..ci import write
    from .workflow import say

    say(place, wanted, written=write(content, place))


def questions(
    target: Path | None, example: str | None, notebook: bool, provider: str | None
) -> tuple[Path, str, bool, str | None]:
    """What is not said yet, from whoever sits at the terminal."""
    from ..start.repository import check_name

    if target is None:
        target = Path(ask("name of the repository and its project", check_name, default="fraud"))
    if example is None:
        example = click.prompt("example", type=click.Choice(EXAMPLES), default=EXAMPLES[0])
    notebook = notebook or click.confirm("a class in a notebook")
    if provider is None:
        choice = click.Choice(["none", "github", "gitlab"])
        provider = click.prompt("workflow", type=choice, default="none")
    return target, str(example), notebook, None if provider == "none" else provider
