"""The state of a project as two tables, and what is said below them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import printable
from .project import Status, StepStatus, StreamStatus

STEP_TITLES = ("step", "status", "function", "state")
STREAM_TITLES = ("stream", "status", "shards", "hours", "not done with")


def step_rows(status: Status) -> Iterator[tuple[str, ...]]:
    """A row for each step."""
    for each in status.steps:
        state = printable(each.drift.state, 40) or "–"
        yield each.drift.step, each.word, printable(each.drift.function), state


def stream_rows(status: Status) -> Iterator[tuple[str, ...]]:
    """A row for each stream; where something differs, the graph's number stands behind v3io's."""
    for each in status.streams or ():
        yield each.stream.slug, each.word, *_shape(each), _lags(each)


def _shape(each: StreamStatus) -> tuple[str, str]:
    stream, found = each.stream, each.found
    if found is None:
        return "–", "–"
    return _both(found.shards, stream.shards), _both(found.retention, stream.retention)


def _both(found: int, declared: int) -> str:
    return f"{found:,}" if found == declared else f"{found:,}, graph {declared:,}"


def _lags(each: StreamStatus) -> str:
    lags = each.found.lags if each.found else {}
    return ", ".join(f"{printable(group)} {lag:,}" for group, lag in lags.items())


_CURES = {
    "missing": "deploy it: {folder}/deploy.sh",
    "failed": "the reason: nuctl get function {function} -o json",
    "imported": "it was imported and never deployed: {folder}/deploy.sh",
    "deploying": "look again when that has ended",
    "drifted": "which fields: iguazioig drift {folder}",
    "outdated": "the files are others since it was deployed: {folder}/deploy.sh",
}


def remarks(status: Status, folder: str) -> Iterator[str]:
    """What there is to do, and what is not known."""
    for word, cure in _CURES.items():
        steps = [each for each in status.steps if each.word == word]
        if steps:
            function = printable(steps[0].drift.function)
            yield f"{word}: {_names(steps)}; {cure.format(folder=folder, function=function)}"
    if unsure := [each for each in status.steps if _is_unsure(each)]:
        yield f"deployed without deploy.sh, so that nothing says from which files: {_names(unsure)}"
    for word in ("missing", "differs"):
        if streams := [each for each in status.streams or () if each.word == word]:
            names = ", ".join(each.stream.slug for each in streams)
            noun = "streams" if len(streams) > 1 else "stream"
            yield f"{word}: {noun} {names}; what can be done: {folder}/setup_streams.py --dry-run"
    for name in status.strays:
        yield f"left over: {printable(name)}; {folder}/deploy.sh --prune deletes it"


def _names(steps: Iterable[StepStatus]) -> str:
    return ", ".join(each.drift.step for each in steps)


def _is_unsure(each: StepStatus) -> bool:
    return each.drift.found and each.is_current is None


def summary(status: Status) -> str:
    """How much of it is as it should be."""
    fine = sum(each.word == "in sync" for each in status.steps)
    text = f"{printable(status.project)}: {fine:,} of {len(status.steps):,} steps in sync"
    if status.streams is None:
        return f"{text}; v3io was not asked"
    there = sum(each.word == "as declared" for each in status.streams)
    return f"{text}, {there:,} of {len(status.streams):,} streams as declared"
