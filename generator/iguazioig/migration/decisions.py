"""What a person has to decide about a migrated graph, at its places in the old file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..api.older.extras import deviations
from ..deployment import Loaded
from ..errors import Location, Problem
from ..graph import Graph, SecretKey

_DONE = {
    "declared-twice": "this one is left out",
    "home-volume": "the new file has `v3io_volumes` as a comment: say whose home it is, if the code reads it",
    "logger-sinks": "`log_level` is that of the first",
    "never-read": "it is left out",
    "never-sent": "it is left out; an URL in `https` gets every message, by POST",
    "no-effect": "it is left out",
    "null-text": "the text is in the new file: see that this is what you want",
    "unknown-key": "nothing reads it: it is left out, and what others name in it moves to them",
    "zero": "that is in the new file",
}
"""What was done about a problem that `validate` has another cure for."""

_CURES = {
    "condition": "0.2.0 has no conditions, and the output is left out: let a function of `outputs.function` test and send, or a step of "
    "its own return None for all other messages",
    "post-process": "it gets the result now, and nothing where that is None: where this is not the same, call it in the class",
    "import": "0.2.0 imports no modules for what they do, and it is left out: import it in the module of the class",
}
_WRONG = {
    "condition": "only messages for which this holds went to the output",
    "post-process": "the function got the message that came in",
    "import": "the module was imported for what it does",
}


def decisions(loaded: Loaded, wanted: Graph) -> tuple[Problem, ...]:
    """All of them, in the order of the old file."""
    found = [
        replace(each, expected=_DONE.get(each.code, each.expected))
        for each in loaded.warnings
        if each.code != "older-version"
    ]
    found += [
        Problem(each.location, _WRONG[each.what], _CURES[each.what], each.what, "warning")
        for each in deviations(loaded.graph)
    ]
    return tuple(sorted({*found, *_secrets(loaded.graph, wanted)}))


def _secrets(graph: Graph, wanted: Graph) -> Iterator[Problem]:
    for step, new in zip(graph.steps, wanted.steps, strict=True):
        for name, value in new.env.items():
            if isinstance(value, SecretKey) and not isinstance(step.env.get(name), SecretKey):
                yield _secret(step.at(f"env_custom.{name}"), name, value)


def _secret(place: Location, name: str, value: SecretKey) -> Problem:
    wrong = f"`{name}` is given a literal credential, which 0.2.0 refuses"
    done = f"the new file takes it from the key `{value.key}` of a Kubernetes Secret `{value.name}`: make that, or name another"
    return Problem(place, wrong, done, "credential", "warning")
