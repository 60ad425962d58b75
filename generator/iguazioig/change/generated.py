"""What changes in the folders of steps: the user's modules, and what was generated where no rule about the graph says why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache

from ..assets import step_template
from .model import Change, Consequence
from .pairs import Both
from .state import State
from .words import code, count, listed

Digests = Mapping[str, str]

_RESTARTS = Consequence.RESTARTS


def code_changes(both: Both, earlier: State, later: State) -> Iterator[Change]:
    """The user's modules of each step that is in both states."""
    for before, after in both.steps.pairs:
        old, new = earlier.files.get(before.slug, {}), later.files.get(after.slug, {})
        lines = tuple(_lines(old, new)) if old != new else ()
        if lines:
            yield Change(
                "step",
                after.slug,
                "code",
                f"{count(len(lines), 'module')} changed",
                _RESTARTS,
                _RESTARTS.meaning,
                details=lines,
                steps=(after.slug,),
                location=after.at("class_module"),
            )


def _lines(before: Digests, after: Digests) -> Iterator[str]:
    for name in sorted({*before, *after} - generated_names()):
        if name not in before:
            yield f"{code(name)} is new"
        elif name not in after:
            yield f"{code(name)} is gone"
        elif before[name] != after[name]:
            yield f"{code(name)} changed"


@cache
def generated_names() -> frozenset[str]:
    """The files of a step's folder that come from the template; all others are the user's."""
    return frozenset(each.name for each in step_template().iterdir() if each.is_file())


def edited_changes(both: Both, earlier: State) -> Iterator[Change]:
    """What a person changed by hand of what is generated for a step."""
    for path in earlier.edited:
        yield from _edited(path, both)


def rewritten_changes(
    both: Both, earlier: State, later: State, explained: Collection[str]
) -> Iterator[Change]:
    """Steps whose files differ for no reason that another change gives; `explained` are those that have one."""
    differing = dict(_differing(both, earlier, later, explained))
    if differing:
        yield _rewritten(differing, both, earlier, later)


def _edited(path: str, both: Both) -> Iterator[Change]:
    slug, _, name = path.removeprefix("steps/").partition("/")
    for before, after in both.steps.pairs:
        if before.slug == slug and name in generated_names():
            yield Change(
                "step",
                after.slug,
                "edited",
                f"{code(name)} was edited by hand",
                _RESTARTS,
                "no graph says what the edit did; generating the project again takes it away, with `--force`",
                "move what is needed of it into the graph or the modules",
                steps=(after.slug,),
                location=after.location,
            )


def _differing(
    both: Both, earlier: State, later: State, explained: Collection[str]
) -> Iterator[tuple[str, list[str]]]:
    for before, after in both.steps.pairs:
        old, new = earlier.files.get(before.slug, {}), later.files.get(after.slug, {})
        if after.slug not in explained and old != new:
            yield after.slug, sorted(
                name for name in {*old, *new} if old.get(name) != new.get(name)
            )


def _rewritten(
    differing: Mapping[str, Iterable[str]], both: Both, earlier: State, later: State
) -> Change:
    names = dict.fromkeys(name for each in differing.values() for name in each)
    what = f"{listed(sorted(names))} of {count(len(differing), 'step')}"
    why = "no key of the graph explains it"
    if any(step.notebook for step in both.after.steps if step.slug in differing):
        why = "a notebook may say so, and no key of the graph does"
    if earlier.generator != later.generator:
        why = f"written by iguazioig {code(earlier.generator)} and {code(later.generator)}"
    return Change(
        "project",
        both.after.slug,
        "generated",
        f"{what} differ",
        _RESTARTS,
        f"{why}; {_RESTARTS.meaning}",
        steps=tuple(differing),
        location=both.after.location,
    )
