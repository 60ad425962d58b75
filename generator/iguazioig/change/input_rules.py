"""What changes of the inputs of steps: where a consumer group begins in a stream decides what comes again and what is lost."""

from __future__ import annotations

from collections.abc import Iterator

from ..graph import Input, Step
from .model import Change, Consequence
from .pairs import Both, place
from .words import code, hours

_RESTARTS = Consequence.RESTARTS


def input_changes(before: Step, after: Step, both: Both) -> Iterator[Change]:
    """The streams that a step reads and did not, and those that it did and does not any more."""
    pairs = both.inputs_of(before, after)
    kept = [{each.stream for each in side} for side in zip(*pairs, strict=True)] or [set(), set()]
    for each in after.inputs:
        if each.stream not in kept[1]:
            yield _input_added(each, after, both)
    for each in before.inputs:
        if each.stream not in kept[0]:
            yield _input_removed(each, after)


def _input_added(each: Input, step: Step, both: Both) -> Change:
    consequence, text = beginning(each, both)
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


def beginning(each: Input, both: Both) -> tuple[Consequence, str]:
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


def is_read_on(before: Input, after: Input) -> bool:
    """Whether two inputs of a step are the same place, so that one group would go on where the other was."""
    return place(before.stream) == place(after.stream)


def new_group(before: Input, after: Input, both: Both) -> tuple[Consequence, str]:
    """What a new consumer group makes of a stream that the old one has read."""
    stream = code(after.stream.slug)
    if after.seek_to == "latest":
        text = f"in {stream} it begins at `latest`: what comes between the last record of the old one and its own start is lost"
        return Consequence.LOSES, text
    kept = f"all that {stream} still has, of up to {hours(before.stream.retention)}"
    return Consequence.REPLAYS, f"in {stream} it begins at `earliest`: {kept}, comes again"
