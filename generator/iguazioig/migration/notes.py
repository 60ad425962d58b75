"""Comments in a migrated graph that say what a person has to decide there."""

from __future__ import annotations

import textwrap

from ..errors import printable
from .editing import Editor
from .roles import Roles, is_null
from .tree import Map, Pair, target, written

_BEGIN = "# migrate: "


def note(text: str) -> str:
    """A comment of ours."""
    return _BEGIN + printable(text)


def _never_read(pair: Pair) -> list[str]:
    """The comments that take the place of a pair that nothing ever read; null said nothing."""
    whole = written(pair.key) + pair.sep + written(pair.value)
    return left_out("never read", whole)


def left_out(why: str, text: str) -> list[str]:
    """The comments that have what was left out, in as many lines as it had."""
    first, *more = text.splitlines()
    if not more:
        return [note(f"left out, {why}: {first}")]
    below = textwrap.indent(textwrap.dedent("\n".join(more)), "  ").splitlines()
    return [note(f"left out, {why}:"), *(f"#   {line}".rstrip() for line in [first, *below])]


def drop_unread(where: Map, pair: Pair, roles: Roles, editor: Editor) -> None:
    """Take out what nothing ever read; unless it is null it stays as a comment."""
    if is_null(target(pair.value)) or id(where) in roles.mixed:
        editor.drop(where, pair)
    else:
        editor.drop(where, pair, _never_read(pair), inner=False)
