"""The environment of an older function: its own variables, and what its code may have found there beside them."""

from __future__ import annotations

from ...errors import Location
from ...graph import V3IO_REQUIREMENT, Habits
from ..fields import Entry
from ..reader import Reader
from .dialect import Dialect

PLATFORM = ("V3IO_API", "V3IO_ACCESS_KEY")
"""Set by the generated function.yaml, and by the old deployment."""

NOT_THE_STEPS = frozenset({"STEP_NAME"})
"""What the old deployment set for the user's code alone: the template did not read it."""


def environment(
    function: Entry, dialect: Dialect, reader: Reader
) -> tuple[dict[str, str], dict[str, Location]]:
    """The variables of `env_custom` and their places; of a name that stands twice the last one counted."""
    texts: dict[str, str] = {}
    places: dict[str, Location] = {}
    for entry in function["env_custom"] or ():
        name, value = entry["name"], entry["value"]
        if name is None or _is_taken(name, entry, dialect, reader):
            continue
        texts[name] = value or ""
        places[f"env_custom.{name}"] = entry.at("name")
    return texts, places


def _is_taken(name: str, entry: Entry, dialect: Dialect, reader: Reader) -> bool:
    is_machinery = name in dialect.variables and name not in NOT_THE_STEPS
    if name in PLATFORM or is_machinery:
        wrong = f"`{name}` took the place of a variable that the deployment itself set"
        expected = "leave it out: what it said is in the generated files"
        reader.error(entry.at("name"), wrong, expected, "environment")
    return name in PLATFORM or is_machinery


def habits(function: Entry, dialect: Dialect, *, has_volumes: bool) -> Habits:
    """What the function's code may count on beside its own variables (graph-older 0 and 1)."""
    known = {name: key for name, key in dialect.variables.items() if key is not None}
    gone = {name: _NO_VARIABLE for name, key in dialect.variables.items() if key is None}
    if has_volumes or dialect.mounts_home:
        gone["V3IO_USERNAME"] = _NO_VARIABLE
    if dialect.adds_shard:
        gone["shard"] = "messages have no such key now: let who writes them put it in"
    return Habits(
        env={name: _as_text(function[key]) for name, key in known.items()},
        packages={"requests": "requests", "v3io": V3IO_REQUIREMENT},
        gone=gone,
        logger=False,
    )


_NO_VARIABLE = "it is not set any more: give the code what it needs in `env_custom`"


def _as_text(value: object) -> str:
    """What `str()` made of a value in the environment."""
    return str(list(value)) if isinstance(value, list) else str(value)
