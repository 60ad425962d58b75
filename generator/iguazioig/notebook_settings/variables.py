"""`%nuclio env` and `%nuclio env_file`: variables of the step."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from ..api.texts import ENV_NAME
from ..checks import MINE
from ..credentials import find_credential
from ..document import shorten
from ..errors import Location, Problem
from ..user_code.files import Files
from .said import Said, Text

EXPANDED = re.compile(r"\$(?:\w+|\{[^}]*\})", re.ASCII)
"""What nuclio-jupyter puts in from the environment of who exports."""

_FROM_OUTSIDE = "%v3io"


def add_variable(said: Said, line: Text) -> None:
    """One `NAME=text`; the text is taken as it stands, quotes and all."""
    if line.text == _FROM_OUTSIDE:
        wrong = "`%v3io` takes variables from whoever exports the notebook"
        expected = (
            "V3IO_API and V3IO_ACCESS_KEY are set anyhow; others go into `env_custom` of the graph"
        )
        said.warn(line.place, wrong, expected)
        return
    name, equals, text = (part.strip() for part in line.text.partition("="))
    if not equals or not ENV_NAME.fits(name):
        wrong = f"`{_shown(line.text)}` sets no variable"
        said.refuse(line.place, wrong, "write `NAME=text`; a name has letters, digits and `_`")
    elif name in MINE:
        expected = "leave it out: `v3io_api` and `access_key_secret` of the project say what it is"
        said.refuse(
            line.place, f"`{name}` is set by the generated function.yaml", expected, "environment"
        )
    elif problem := find_credential(name, text, line.place, "env_custom"):
        expected = f"in `env_custom` of the graph, {problem.expected}"
        said.problems.append(replace(problem, expected=expected))
    elif found := EXPANDED.search(text):
        said.refuse(line.place, *of_environment(found[0]))
    else:
        said.env[name] = Text(text, line.place)


def of_environment(variable: str) -> tuple[str, str]:
    """What is wrong with a text that takes something from the environment, and the cure."""
    wrong = f"`{shorten(variable)}` would be taken from the environment of whoever generates the project"
    return wrong, "write the text itself, or set it in the graph"


def add_file(said: Said, line: Text, folder: Path, files: Files) -> None:
    """Every `NAME=text` of a file beside the notebook."""
    path = folder / line.text
    content = files.read(path) if files.is_inside(path) and path.is_file() else None
    if content is None:
        wrong = f"there is no file `{shorten(line.text)}` beside the notebook"
        said.refuse(line.place, wrong, "a file in the folder of the notebook, or below it")
    elif isinstance(content, Problem):
        said.problems.append(content)
    else:
        for number, text in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
            if text.strip() and not text.strip().startswith("#"):
                add_variable(said, Text(text.strip(), Location(path.as_posix(), number)))


def _shown(text: str) -> str:
    """The line without what may be a secret."""
    return shorten(text.partition("=")[0].strip()) + ("=…" if "=" in text else "")
