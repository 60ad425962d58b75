"""How values stand in the text of a change: always between backticks, which no value can close."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..graph import SecretKey
from ..project.escapes import show

NOTHING = "–"

_LONGEST = 80
_LISTED = 12


def code(text: str) -> str:
    """The text between backticks, in one line that shows all that is in it; of a long one the beginning.

    Markdown takes nothing in it for its own; only `|` has to be looked after in a table.
    """
    return command(text[:_LONGEST] + "…" * (len(text) > _LONGEST))


def command(text: str) -> str:
    """The same of a text that is nothing without its end."""
    shown = show(text).replace("`", "\\x60")
    return f"`{shown}`" if shown else '`""`'


def value(given: Any) -> str:
    """A value of a graph as text; what is not there is a dash."""
    if given is None:
        return NOTHING
    if isinstance(given, SecretKey):
        return f"key {code(given.key)} of Secret {code(given.name)}"
    if isinstance(given, str):
        return code(given)
    if isinstance(given, tuple):
        return listed(given) if given else NOTHING
    return code(str(given))


def became(field: str, before: Any, after: Any) -> str:
    """The line of a field that has another value."""
    old, new = value(before), value(after)
    if old == new:
        return f"{code(field)}: {new}, and differs where it is cut off here"
    return f"{code(field)}: {old} → {new}"


def listed(names: Iterable[str]) -> str:
    """Names as code, with commas; of many the first."""
    every = list(names)
    shown = ", ".join(map(code, every[:_LISTED]))
    return shown + (f" and {len(every) - _LISTED} more" if len(every) > _LISTED else "")


def count(number: int, what: str) -> str:
    """A number of things, such as `1 shard` or `1,000 shards`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def hours(number: int) -> str:
    """A time in hours, in words."""
    return count(number, "hour")


def numbers(before: int, after: int, what: str, plural: str = "") -> str:
    """A number of things before and after, or the one that both are."""
    each = what if (before, after) == (1, 1) else plural or what
    return f"{after:,} {each}" if before == after else f"{before:,} → {after:,} {each}"


def together(parts: Sequence[str]) -> str:
    """Sentences of a reason, in one."""
    return "; ".join(part for part in parts if part)
