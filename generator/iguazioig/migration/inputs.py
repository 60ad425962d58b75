"""The settings of input streams that have names, in functions of v0_1."""

from __future__ import annotations

from .editing import Editor
from .notes import drop_unread
from .roles import FUNCTION, INPUT, Roles, effective, is_null, pairs_of
from .tree import Map, target

_RENAMED = {"maxWorkers": "max_workers", "seekTo": "seek_to", "readBatchSize": "read_batch_size"}
_SILENT = frozenset({"polling_interval_ms", "pollingIntervalMs", "v3io_access_key"})


def rewrite_input(where: Map, roles: Roles, editor: Editor) -> None:
    """Rewrite the settings of an input stream, or what is merged into several."""
    for pair in list(where.pairs):
        if pair.is_merge:
            if not roles.is_one(pair.value, INPUT):
                editor.drop(where, pair)
        elif is_null(target(pair.value)) or pair.name in _SILENT:
            editor.drop(where, pair)
        elif pair.name in _RENAMED:
            editor.rename(pair, _RENAMED[pair.name])
        else:
            drop_unread(where, pair, roles, editor)


def add_seek_to(roles: Roles, seek_to: str, editor: Editor) -> None:
    """Say where each trigger begins that did not say it: 0.2.0 takes something else for granted."""
    for function in roles.of(FUNCTION):
        pair = function.own("input_streams")
        streams = target(pair.value) if pair else None
        for each in pairs_of(streams) if isinstance(streams, Map) else []:
            settings = target(each.value)
            if isinstance(settings, Map) and effective(settings, "seek_to") is None:
                editor.add(settings, "seek_to", seek_to)
