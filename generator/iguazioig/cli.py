"""The command line: the only code that prints or ends the process."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import __version__
from .arguments import environment_option, graph_argument, modules_option, new_folder, read
from .change_commands import COMMANDS as CHANGE_COMMANDS
from .cluster_commands import COMMANDS as CLUSTER_COMMANDS
from .errors import GraphError, IguazioigError, ProblemsError
from .local_commands import COMMANDS as LOCAL_COMMANDS
from .start_commands import COMMANDS as START_COMMANDS
from .terminal import (
    announce,
    complain,
    list_changes,
    note,
    report,
    show_commands,
    show_diff,
    show_findings,
    show_scale,
    show_summary,
)

if TYPE_CHECKING:
    from .deployment import Loaded
    from .folder.compare import Changes
    from .plan import Plan

FORMATS = click.Choice(["text", "json", "github"])


class Commands(click.Group):
    """A group in whose commands what can go wrong is a message and exit code 1, never a traceback."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant, which has to come first."""
        late = next((each for each in args if each in self.commands), None)
        if late is not None and late != args[0] and not ctx.resilient_parsing:
            ctx.fail(f"`{args[0]}` is no command; the command comes first: iguazioig {late} …")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        if os.environ.get("NO_COLOR"):
            ctx.color = False
        try:
            return super().invoke(ctx)
        except ProblemsError as error:
            report(error.problems)
        except (IguazioigError, OSError) as error:
            if isinstance(error, BrokenPipeError):
                raise  # click ends quietly then: nobody reads any more
            complain(str(error))
        return ctx.exit(1)


def steps_option(command: Callable[..., None]) -> Callable[..., None]:
    """The --only option."""
    return click.option(
        "--only",
        multiple=True,
        metavar="STEP",
        shell_complete=complete_step,
        help="Only this step. May be repeated.",
    )(command)


def complete_step(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The steps of the graph that is on the line already; none where it has problems."""
    # Where an option lacks its value, click leaves arguments as they came.
    graph = Path(ctx.params.get("graph") or next(iter(ctx.args), "-"))
    if str(graph) == "-":
        return []
    try:
        steps = read(graph, ctx.params.get("modules") or ()).graph.steps
    except Exception:  # a traceback would land in the line that is being typed
        return []
    return [step.slug for step in steps if step.slug.startswith(incomplete)]


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """One inference graph in YAML becomes a complete, reviewable Nuclio project.

    \b
    iguazioig init fraud                      a repository to begin with, which runs at once
    iguazioig validate graph.yaml             every problem, with file:line:column
    iguazioig generate graph.yaml -o fraud    the project: function.yaml and handler.py per step …
    iguazioig run graph.yaml                  the project on this machine, with a v3io that needs no cluster
    iguazioig diff graph.yaml                 what a change of it means for what runs already
    iguazioig plan graph.yaml                 what a deployment runs, in order

    Completion for bash (zsh and fish alike): eval "$(_IGUAZIOIG_COMPLETE=bash_source iguazioig)"
    """


@cli.command()
@graph_argument
@click.option(
    "--output",
    "-o",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of the project; its name by default, with that of the environment. Beside the graph, where a folder of that name here is the one the graph is in.",
)
@modules_option
@environment_option
@click.option(
    "--force",
    is_flag=True,
    help="Overwrite or remove files that a person changed or that iguazioig did not write.",
)
@click.option("--diff", is_flag=True, help="Show what would change, and write nothing.")
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; where the project is not what the graph says, show the difference, name each file, exit with 1.",
)
def generate(
    graph: Path,
    output: Path | None,
    modules: tuple[Path, ...],
    environment: str | None,
    force: bool,
    diff: bool,
    check: bool,
) -> None:
    """Write the project of GRAPH, all of it or nothing.

    Files that a person changed are never overwritten without --force, files of others never touched; files that were
    generated earlier and no longer belong to the project are removed.

    \b
    iguazioig generate graph.yaml                     into ./<project>
    iguazioig generate graph.yaml -o deploy --diff    what would change in ./deploy
    iguazioig generate graph.yaml -o deploy --check   for CI: exit code 1 where they differ
    iguazioig generate graph.yaml --env prod          environments/prod.yaml over it, into ./<project>-prod
    cat graph.yaml | iguazioig generate - -o deploy
    """
    loaded = read(graph, modules, environment)
    report(loaded.warnings)
    chosen = loaded.plan()
    folder = output or new_folder(loaded.graph.title, graph)
    if diff or check:
        made_of = [str(graph), *(["--env", environment] if environment else [])]
        compare_with(folder, chosen, made_of, diff=diff, check=check)
    else:
        write_into(folder, chosen, force=force)


def write_into(folder: Path, plan: Plan, *, force: bool) -> None:
    """Write a project; a folder whose manifest vouches for every file is left alone without rendering anything."""
    from .folder.compare import is_current
    from .project import source_digest

    if is_current(folder, __version__, source_digest(plan)):
        click.echo(f"{folder} is up to date")
        return
    from .folder.write import write
    from .project import render

    note(f"rendering {len(plan.graph.steps):,} steps")
    changes = write(render(plan), folder, force=force)
    list_changes(folder, changes)
    show_summary(folder, changes)


def compare_with(
    folder: Path, plan: Plan, made_of: Sequence[str], *, diff: bool, check: bool
) -> None:
    """Show what writing a project would change. The manifest is not believed here: it may have been edited, too."""
    from .folder.compare import compare
    from .folder.diff import unified_diff
    from .project import render

    files = render(plan)
    changes = compare(files, folder)
    if check:
        refuse_difference(folder, files, changes, made_of)
    show_diff(unified_diff(files, folder, changes))
    show_summary(folder, changes, would=True, err=diff)


def refuse_difference(
    folder: Path, files: Mapping[str, bytes], changes: Changes, made_of: Sequence[str]
) -> None:
    """Show the difference and name each file that makes it, and end with exit code 1; nothing where there is none."""
    from .folder.diff import unified_diff
    from .folder.findings import findings, writer_of

    found = findings(files, folder, changes)
    if found:
        if changes.changed or changes.unchanged or changes.conflicts:
            show_diff(unified_diff(files, folder, changes))
        show_findings(folder, found, made_of, writer_of(folder))
        raise click.exceptions.Exit(1)


@cli.command()
@graph_argument
@modules_option
@environment_option
@click.option("--strict", is_flag=True, help="Let warnings fail, too.")
@click.option(
    "--format",
    "form",
    type=FORMATS,
    default="text",
    show_default=True,
    help="How problems are written.",
)
def validate(
    graph: Path, modules: tuple[Path, ...], environment: str | None, strict: bool, form: str
) -> None:
    """Check GRAPH and the code it names; report every problem at once.

    Exit code 1 where there is an error; nothing is written, nothing of yours is imported or run.

    \b
    iguazioig validate graph.yaml
    iguazioig validate graph.yaml --strict --format github     annotations of a GitHub workflow
    iguazioig validate graph.yaml --format json | jq .problems
    """
    try:
        loaded = read(graph, modules, environment)
    except GraphError as error:
        report(error.problems, form)
        raise click.exceptions.Exit(1) from error
    report(loaded.warnings, form)
    if form == "text":
        show_scale(loaded.graph, len(loaded.warnings))
    if strict and loaded.warnings:
        raise click.exceptions.Exit(1)


@cli.command()
@graph_argument
@modules_option
@environment_option
@steps_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How commands are written.",
)
def plan(
    graph: Path,
    modules: tuple[Path, ...],
    environment: str | None,
    only: tuple[str, ...],
    form: str,
) -> None:
    """List what a deployment of GRAPH runs, in order: the commands of its deploy.sh.

    \b
    iguazioig plan graph.yaml
    iguazioig plan graph.yaml --only score --format json
    """
    from .clients.dry_run import list_commands

    _, chosen = read_chosen(graph, modules, environment, only)
    show_commands(list_commands(chosen), form)


@cli.command()
@graph_argument
@modules_option
@environment_option
@steps_option
@click.option("--dry-run", is_flag=True, help="List the commands and run none.")
@click.option("--all", "whole", is_flag=True, help="Deploy also what runs as it is in the graph.")
@click.option(
    "--prune",
    is_flag=True,
    help="Then delete the functions that were deployed for steps that the graph no longer has.",
)
@click.option("--yes", is_flag=True, help="Delete without asking.")
def deploy(
    graph: Path,
    modules: tuple[Path, ...],
    environment: str | None,
    only: tuple[str, ...],
    dry_run: bool,
    whole: bool,
    prune: bool,
    yes: bool,
) -> None:
    """Deploy GRAPH with nuctl and v3io's client, from a temporary copy of its project: what its deploy.sh does.

    A step whose function is ready, and was built from what the graph says, is left alone. Stops at the first step that fails
    and says what was done and what was not. V3IO_API and V3IO_ACCESS_KEY say where the streams are; nuctl reads its
    own NUCTL_NAMESPACE, NUCTL_REGISTRY and NUCTL_PLATFORM.

    \b
    iguazioig deploy graph.yaml --dry-run
    iguazioig deploy graph.yaml --only score
    iguazioig deploy graph.yaml --prune
    """
    from . import deployment
    from .clients.dry_run import list_commands

    if prune and only:
        raise click.UsageError("--prune is for the whole graph, and --only for some of it")
    loaded, chosen = read_chosen(graph, modules, environment, only)
    if dry_run:
        show_commands(list_commands(chosen))
        return
    wanted = {"--all": whole, "--prune": prune, "--yes": yes}
    options = [option for option, given in wanted.items() if given]
    deployment.deploy(loaded, chosen, announce=announce, options=options)


@cli.command("graph")
@graph_argument
@modules_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "dot"]),
    default="mermaid",
    show_default=True,
    help="Language of the picture.",
)
def graph_(graph: Path, modules: tuple[Path, ...], form: str) -> None:
    """Draw GRAPH.

    \b
    iguazioig graph graph.yaml                                 mermaid, as GitHub and GitLab show it
    iguazioig graph graph.yaml --format dot | dot -Tsvg > graph.svg
    """
    from .picture import draw_dot, draw_mermaid

    drawn = read(graph, modules).graph
    click.echo(draw_dot(drawn) if form == "dot" else draw_mermaid(drawn), nl=False)


@cli.command()
@click.option("--environment", is_flag=True, help="That of environments/NAME.yaml instead.")
def schema(environment: bool) -> None:
    """Print the JSON Schema of a graph, for editors.

    \b
    iguazioig schema > graph.schema.json
    # yaml-language-server: $schema=graph.schema.json      (first line of your graph)
    """
    from .api.v0_2_0 import environment_schema, json_schema

    click.echo(json.dumps(environment_schema() if environment else json_schema(), indent=2))


def read_chosen(
    graph: Path, modules: Iterable[Path], environment: str | None, only: tuple[str, ...]
) -> tuple[Loaded, Plan]:
    """The graph, with its warnings reported, and the plan of the chosen steps."""
    loaded = read(graph, modules, environment)
    report(loaded.warnings)
    try:
        return loaded, loaded.plan(include=only or None)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--only") from error


for command in (*START_COMMANDS, *CHANGE_COMMANDS, *CLUSTER_COMMANDS, *LOCAL_COMMANDS):
    cli.add_command(command)
