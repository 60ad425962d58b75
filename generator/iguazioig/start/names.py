"""Names that a person gives: what may be one, and what becomes of it in Python."""

from __future__ import annotations

import re
from collections.abc import Iterable
from keyword import iskeyword

from ..api.kinds import Text
from ..api.naming import LONGEST_FUNCTION, slug
from ..api.texts import NAME, STREAM_NAME
from ..errors import printable


def check_project(name: str, steps: Iterable[str], folders: Iterable[str]) -> None:
    """Raise ValueError, with what is expected, for a name that no project of these steps can have.

    `folders` are those of its repository, beside which the project gets one of its own name.
    """
    _check(name, NAME, "project")
    if name.lower() == "null":
        raise ValueError(f"`{name}` is nothing in YAML; expected another name")
    longest = LONGEST_FUNCTION - 1 - max(map(len, steps))
    if len(name) > longest:
        wrong = f"`{name}` has {len(name)} characters"
        raise ValueError(
            f"{wrong}; expected at most {longest}: functions are called `<project>-<step>`"
        )
    if slug(name) in folders:
        wrong = f"`{name}` is a folder of every repository"
        raise ValueError(f"{wrong}; expected another name: the project gets a folder of its own")


def check_step(name: str) -> None:
    """Raise ValueError, with what is expected, for a name that no step can have."""
    _check(name, NAME, "step")


def check_stream(name: str) -> None:
    """Raise ValueError, with what is expected, for a name that no stream can have."""
    _check(name, STREAM_NAME, "stream")


def _check(name: str, kind: Text, what: str) -> None:
    if not kind.fits(name):
        shown = f"`{printable(name, 60)}`" if name else "nothing"
        raise ValueError(f"{shown} is no name of a {what}; expected {kind.expected}")
    if len(name) > kind.longest:
        wrong = f"the name of the {what} has {len(name):,} characters"
        raise ValueError(f"{wrong}; expected at most {kind.longest}")


def module_name(step: str) -> str:
    """The module of a step's class; with `step_` before it where a step's folder has no room for its own name."""
    from ..user_code.modules import is_name
    from ..user_code.names import conflict

    name = slug(step).replace("-", "_")
    return name if is_name(name) and conflict(name) is None else f"step_{name}"


def class_name(step: str) -> str:
    """The class of a step: its words, each with a capital."""
    name = "".join(word[:1].upper() + word[1:] for word in re.split(r"[-_ ]+", step))
    return f"{name}Step" if iskeyword(name) else name
