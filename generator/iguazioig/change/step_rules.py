"""What changes of steps. A step is a function and a consumer group of its own name on each stream that it reads."""

from __future__ import annotations

from collections.abc import Iterator

from ..checks import intake
from ..graph import Step
from .input_rules import beginning, input_changes, is_read_on, new_group
from .model import Change, Consequence
from .pairs import Both, InputPairs
from .step_fields import Fields, differences, scale, settings
from .words import code, command, count, listed, numbers, together

_RESTARTS = Consequence.RESTARTS


def step_changes(both: Both) -> Iterator[Change]:
    """Each step that came, went, has another name, other settings, another scale or other inputs."""
    for before, after in both.steps.pairs:
        if before.slug != after.slug:
            yield _renamed(before, after, both)
        yield from input_changes(before, after, both)
        yield from _settings(before, after, both)
        yield from _dead_letters(before, after)
        yield from _scale(before, after, both)
    yield from (_added(step, both) for step in both.steps.added)
    yield from (_removed(step, both) for step in both.steps.removed)


def deletion(function: str) -> str:
    """What takes the function of a step away that is gone."""
    return f"{command('deploy.sh --prune')}, or {command(f'nuctl delete function {function}')}"


def _added(step: Step, both: Both) -> Change:
    begins = [beginning(each, both) for each in step.inputs]
    worst = max((consequence for consequence, _ in begins), default=Consequence.SAFE)
    reads = f", reads {listed(each.stream.slug for each in step.inputs)}" if step.inputs else ""
    return Change(
        "step",
        step.slug,
        "step-added",
        f"new: {code(f'{step.class_module}.{step.class_name}')}{reads}",
        worst,
        together([text for _, text in begins]) or Consequence.SAFE.meaning,
        (
            "write `seek_to: latest` where it is not to see what is there already"
            if worst > Consequence.SAFE
            else ""
        ),
        steps=(step.slug,),
        location=step.location,
    )


def _removed(step: Step, both: Both) -> Change:
    streams = listed(each.stream.slug for each in step.inputs)
    return Change(
        "step",
        step.slug,
        "step-removed",
        "is no longer part of the project",
        Consequence.LOSES,
        (
            f"its function goes on until it is deleted; what it has not read of {streams} by then, it never does"
            if step.inputs
            else "its function goes on until it is deleted; who sends it requests gets no answer then"
        ),
        f"when it has caught up: {deletion(step.function_name)}",
        location=step.location,
    )


def _renamed(before: Step, after: Step, both: Both) -> Change:
    begins = [
        new_group(old, new, both)
        for old, new in both.inputs_of(before, after)
        if is_read_on(old, new)
    ]
    worst = max((consequence for consequence, _ in begins), default=_RESTARTS)
    old_function = f"{code(before.function_name)}, which goes on until it is deleted"
    group = (
        f"its consumer group {code(after.consumer_group)} is new, unless a step had this name before"
        if begins
        else ""
    )
    texts = [f"it is a new function beside {old_function}", group, *(text for _, text in begins)]
    return Change(
        "step",
        after.slug,
        "step-renamed",
        f"was {code(before.slug)}",
        worst,
        together(texts),
        _rename_cure(before, worst),
        steps=(after.slug,),
        location=after.location,
    )


def _rename_cure(before: Step, worst: Consequence) -> str:
    over = f"delete the old function when it has caught up: {deletion(before.function_name)}"
    if worst == Consequence.LOSES:
        return f"keep the name {code(before.name)}, or write `seek_to: earliest` for this deployment; {over}"
    if worst == Consequence.REPLAYS:
        return f"keep the name {code(before.name)}, or see that whatever follows may get a record twice; {over}"
    return over


def _settings(before: Step, after: Step, both: Both) -> Iterator[Change]:
    pairs = both.inputs_of(before, after)
    old = settings(before, [(new.stream.slug, old) for old, new in pairs], both.later)
    new = settings(after, [(new.stream.slug, new) for _, new in pairs], {})
    found = list(differences(_of_graph(old, before, after), _of_graph(new, before, after), after))
    if found:
        yield Change(
            "step",
            after.slug,
            "configuration",
            f"{count(len(found), 'setting')} changed",
            _RESTARTS,
            together(list(_notes(before, after, pairs))) or _RESTARTS.meaning,
            details=tuple(each.line for each in found),
            steps=(after.slug,),
            location=found[0].location,
        )


def _of_graph(settings: Fields, *steps: Step) -> Fields:
    """The settings that no notebook says: a project has its graph, and what it had from a notebook shows in its files alone."""
    others = {name for step in steps if step.notebook for name in step.notebook.settings}
    return {name: value for name, value in settings.items() if name not in others}


def _notes(before: Step, after: Step, pairs: InputPairs) -> Iterator[str]:
    """What is not plain from the fields themselves (nuclio-facts 1.2 and 3.1)."""
    if any(old.seek_to != new.seek_to for old, new in pairs):
        yield "`seek_to` counts only for shards of which the step has committed nothing yet"
    if before.tag != after.tag:
        yield "on Kubernetes the label `tag` is written when a function is created, and never again"


def _dead_letters(before: Step, after: Step) -> Iterator[Change]:
    if after.error_stream is not None:
        return
    if before.error_stream is not None:
        yield _no_letters(
            after,
            "error-stream-removed",
            f"has no error stream any more; it was {code(before.error_stream.slug)}",
            "a record that fails stands in the log of the step and nowhere else",
            "error_stream",
        )
    elif _gives_up_sooner(before.delivery.retries, after.delivery.retries):
        yield _no_letters(
            after,
            "retries",
            f"gives up after {after.delivery.retries:,} retries, "
            + (
                "never did"
                if before.delivery.retries is None
                else f"did after {before.delivery.retries:,}"
            ),
            "it has no error stream: a message that it gives up on stands in its log and nowhere else",
            "delivery",
        )


def _gives_up_sooner(before: int | None, after: int | None) -> bool:
    return after is not None and (before is None or after < before)


def _no_letters(step: Step, rule: str, what: str, reason: str, key: str) -> Change:
    return Change(
        "step",
        step.slug,
        rule,
        what,
        Consequence.LOSES,
        reason,
        "name an `error_stream`",
        steps=(step.slug,),
        location=step.at(key),
    )


def _scale(before: Step, after: Step, both: Both) -> Iterator[Change]:
    pairs = both.inputs_of(before, after)
    old = scale(before, [(new.stream.slug, old) for old, new in pairs])
    new = scale(after, [(new.stream.slug, new) for _, new in pairs])
    found = list(differences(old, new, after))
    if found or limit(before) != limit(after):
        yield Change(
            "step",
            after.slug,
            "scale",
            _scale_text(before, after),
            _RESTARTS,
            _RESTARTS.meaning,
            details=tuple(each.line for each in found),
            steps=(after.slug,),
            location=found[0].location if found else after.location,
        )


def _scale_text(before: Step, after: Step) -> str:
    copies = numbers(before.copies, after.copies, "copy", "copies")
    limits = (limit(before), limit(after))
    most = f", {numbers(limits[0], limits[1], 'records/s')} at most" if any(limits) else ""
    return f"{copies} of {code(after.class_name)}{most}"


def limit(step: Step) -> int:
    """The most records per second that come into a step: every read of every shard is full."""
    return sum(intake(each) * each.stream.shards for each in step.inputs)
