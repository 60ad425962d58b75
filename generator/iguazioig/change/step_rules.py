"""What changes of steps. A step is a function and a consumer group of its own name on each stream that it reads."""

from __future__ import annotations

from collections.abc import Iterator

from ..checks import intake
from ..graph import Input, Step
from .model import Change, Consequence
from .pairs import Both, InputPairs, place
from .step_fields import differences, scale, settings
from .words import code, command, count, hours, listed, numbers, together

_RESTARTS = Consequence.RESTARTS


def step_changes(both: Both) -> Iterator[Change]:
    """Each step that came, went, has another name, other settings, another scale or other inputs."""
    for before, after in both.steps.pairs:
        if before.slug != after.slug:
            yield _renamed(before, after, both)
        yield from _inputs(before, after, both)
        yield from _settings(before, after, both)
        yield from _dead_letters(before, after)
        yield from _scale(before, after, both)
    yield from (_added(step, both) for step in both.steps.added)
    yield from (_removed(step, both) for step in both.steps.removed)


def deletion(function: str) -> str:
    """The command that takes a function away."""
    return command(f"nuctl delete function {function}")


def _added(step: Step, both: Both) -> Change:
    begins = [_beginning(each, both) for each in step.inputs]
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


def _beginning(each: Input, both: Both) -> tuple[Consequence, str]:
    """What a consumer group that has committed nothing makes of a stream: `seek_to` decides (nuclio-facts 3.1)."""
    there = both.places.get(place(each.stream))
    if there is None:
        return Consequence.SAFE, ""
    if each.seek_to == "latest":
        return (
            Consequence.SAFE,
            f"it begins in {code(each.stream.slug)} with what comes from now on",
        )
    kept = f"what {code(each.stream.slug)} still has, of up to {hours(there.retention)}"
    return Consequence.REPLAYS, f"it begins with {kept}: its outputs get results of old records"


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
        _new_group(old, new, both)
        for old, new in both.inputs_of(before, after)
        if _is_read_on(old, new)
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


def _is_read_on(before: Input, after: Input) -> bool:
    """Whether two inputs of a step are the same place, so that one group would go on where the other was."""
    return place(before.stream) == place(after.stream)


def _new_group(before: Input, after: Input, both: Both) -> tuple[Consequence, str]:
    """What a new consumer group makes of a stream that the old one has read."""
    stream = code(after.stream.slug)
    if after.seek_to == "latest":
        text = f"in {stream} it begins at `latest`: what comes between the last record of the old one and its own start is lost"
        return Consequence.LOSES, text
    kept = f"all that {stream} still has, of up to {hours(before.stream.retention)}"
    return Consequence.REPLAYS, f"in {stream} it begins at `earliest`: {kept}, comes again"


def _inputs(before: Step, after: Step, both: Both) -> Iterator[Change]:
    pairs = both.inputs_of(before, after)
    kept = [{each.stream for each in side} for side in zip(*pairs, strict=True)] or [set(), set()]
    for each in after.inputs:
        if each.stream not in kept[1]:
            yield _input_added(each, after, both)
    for each in before.inputs:
        if each.stream not in kept[0]:
            yield _input_removed(each, after)


def _input_added(each: Input, step: Step, both: Both) -> Change:
    consequence, text = _beginning(each, both)
    return Change(
        "step",
        step.slug,
        "input-added",
        f"reads {code(each.stream.slug)} too",
        max(consequence, _RESTARTS),
        text or _RESTARTS.meaning,
        (
            "write `seek_to: latest` where it is not to see what is there already"
            if consequence > Consequence.SAFE
            else ""
        ),
        steps=(step.slug,),
        location=each.location,
    )


def _input_removed(each: Input, step: Step) -> Change:
    return Change(
        "step",
        step.slug,
        "input-removed",
        f"no longer reads {code(each.stream.slug)}",
        Consequence.LOSES,
        "what it has not read of it by then, it never does",
        f"stop what writes {code(each.stream.slug)}, wait until the step has caught up, and deploy then",
        steps=(step.slug,),
        location=step.at("input_streams"),
    )


def _settings(before: Step, after: Step, both: Both) -> Iterator[Change]:
    pairs = both.inputs_of(before, after)
    old = settings(before, [(new.stream.slug, old) for old, new in pairs], both.later)
    new = settings(after, [(new.stream.slug, new) for _, new in pairs], {})
    found = list(differences(old, new, after))
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
