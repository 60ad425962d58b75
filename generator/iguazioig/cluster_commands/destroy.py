"""`iguazioig destroy`."""

from __future__ import annotations

import shlex
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..arguments import project_argument
from ..errors import DeployError, ProjectError, printable

if TYPE_CHECKING:
    from ..cluster.scripts import Scripts

DELETION = ["nuctl", "delete", "function"]
FUNCTIONS = ("python3", "deploy_steps.py", "--delete")
STREAMS = ("python3", "setup_streams.py", "--delete", "--made")


@click.command()
@project_argument
@click.option(
    "--streams",
    is_flag=True,
    help="Also the streams that the project made, with all that is in them.",
)
@click.option("--yes", is_flag=True, help="Delete without asking.")
def destroy(project: Path, streams: bool, yes: bool) -> None:
    """Delete what the project in PROJECT deployed: its functions, and its streams where that is asked for.

    Shows what it will delete and asks. Producers go before the consumers that read what they write, streams last. Streams that
    others made stay, and so does the Nuclio project. V3IO_API and V3IO_ACCESS_KEY say where the streams are; nuctl reads its own
    NUCTL_NAMESPACE and NUCTL_PLATFORM.

    \b
    iguazioig destroy fraud                 the functions; every record stays
    iguazioig destroy fraud --streams       nothing is left
    """
    from ..cluster.scripts import Scripts

    for script in (FUNCTIONS[1], *([STREAMS[1]] if streams else [])):
        check_script(project, script)
    scripts = Scripts(project)
    functions = functions_of(scripts)
    found = streams_of(scripts) if streams else []
    doomed = [line for verb, line in found if verb == "delete"]
    for function in functions:
        click.echo(f"function  {function}")
    for verb, line in found:
        click.echo(f"{'stream' if verb == 'delete' else verb:<10}{line}")
    if not functions and not doomed:
        click.echo("nothing is there that could be deleted")
        return
    if not yes:
        confirm()
    if functions:
        scripts.run(*FUNCTIONS, "--yes")
    if doomed:
        scripts.run(*STREAMS, "--yes")


def check_script(project: Path, name: str) -> None:
    """Raise ProjectError for what nobody generated here: a link to another file, or the halves of a merge."""
    from ..folder.disk import Disk, explained, kind
    from ..folder.manifest import has_merge_marks

    disk = Disk(project)
    with explained(project):
        status = disk.status(name)
        if status is None:
            return
        if not stat.S_ISREG(status.st_mode):
            raise ProjectError(f"{project / name}: {kind(status)}; generate the project again")
        if has_merge_marks(disk.content(name)):
            wrong = "has the marks of a merge conflict in it"
            raise ProjectError(f"{project / name}: {wrong}; generate the project again")


def functions_of(scripts: Scripts) -> list[str]:
    """The functions that are there, in the order in which they are deleted."""
    return [function_in(line) for line in scripts.lines(*FUNCTIONS, "--dry-run")]


def function_in(line: str) -> str:
    """The function that a command deletes. Raises DeployError for another command: a script may have been edited."""
    try:
        words = shlex.split(line)
    except ValueError:
        words = []
    if words[:3] != DELETION or len(words) < 4:
        shown = printable(line, 200)
        raise DeployError(
            f"`{shlex.join(FUNCTIONS)}` would run `{shown}`, which deletes no function"
        )
    return words[3]


def streams_of(scripts: Scripts) -> list[tuple[str, str]]:
    """What would become of each stream that is there, and which it is."""
    lines = (line.split(maxsplit=1) for line in scripts.lines(*STREAMS, "--dry-run"))
    return [(verb, line) for verb, line in lines if verb != "missing"]


def confirm() -> None:
    """Ask whether all that was listed may go."""
    if not sys.stdin.isatty():
        raise click.UsageError("there is no terminal to ask on; --yes deletes without asking")
    click.confirm("Delete all of it?", abort=True)
