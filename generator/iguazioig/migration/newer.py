"""Spellings of 0.2.0 that old files have, in the words of today."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import Location, Problem
from .editing import Editor
from .roles import INPUT, VOLUME, Roles, effective, is_null, with_merged
from .tree import Map, Pair, Word, target

_NO_EFFECT = {
    INPUT: {
        "polling_interval_ms": "Nuclio polls every 250 ms whatever it says",
        "v3io_access_key": "the key comes from the Secret `access_key_secret`",
    },
    VOLUME: {
        "access_key": "the key is in the Secret `volume_secret`",
        "user": "the user is in the Secret `volume_secret`",
    },
}


def modernise(roles: Roles, editor: Editor) -> list[Problem]:
    """Rewrite what is spelt as it used to be, and list it."""
    found: list[Problem] = []
    editor.plain_keys(roles.project)
    for role, reasons in _NO_EFFECT.items():
        for where in roles.of(role):
            for pair in list(where.pairs):
                if pair.name in reasons and not pair.is_merge:
                    editor.drop(where, pair)
                    found.append(_problem(pair, f"`{pair.name}` has no effect", reasons[pair.name]))
    defaults = effective(roles.project, "env_defaults")
    if isinstance(defaults, Map):
        found.extend(_retention(defaults, editor))
    return found


def _retention(defaults: Map, editor: Editor) -> Iterator[Problem]:
    """The default retention of streams, which a new spelling beside it takes precedence over."""
    has_both = not is_null(effective(defaults, "stream_retention"))
    for where in with_merged(defaults):
        if (pair := where.own("retention")) is None:
            continue
        if has_both or is_null(target(pair.value)):
            editor.drop(where, pair)
            yield _problem(pair, "`retention` has no effect", "`stream_retention` is what counts")
            continue
        if null := where.own("stream_retention"):
            editor.drop(where, null)
        editor.rename(pair, "stream_retention")
        wrong = "`retention` is the old spelling of `stream_retention`"
        yield _problem(pair, wrong, "it has the new one")


def _problem(pair: Pair, wrong: str, done: str) -> Problem:
    place = pair.key.place if isinstance(pair.key, Word) else Location("")
    return Problem(place, wrong, done, "deprecated", "warning")
