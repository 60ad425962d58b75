"""What changes of streams: on the platform a stream is a place, whatever a graph calls it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..graph import Step, Stream
from .model import Change, Consequence
from .pairs import Both, place
from .shape_rules import deletion, readers, shape_changes
from .words import code, count, hours, listed, together


def stream_changes(both: Both) -> Iterator[Change]:
    """Each stream that came, went, moved, or is to have another shape; and each that lost its readers or writers."""
    for before, after in both.streams.pairs:
        yield from _identity(before, after, both)
        yield from _ends(before, after, both)
    for stream in both.after.streams:
        yield from shape_changes(stream, both)
    yield from (_added(stream, both) for stream in both.streams.added)
    yield from (_removed(stream, both) for stream in both.streams.removed)


def _added(stream: Stream, both: Both) -> Change:
    kept = both.places.get(place(stream))
    there = "a stream that is there already is used as it is, with what is in it"
    return Change(
        "stream",
        stream.slug,
        "stream-added",
        f"new: {_shape_of(stream)} at {code(place(stream))}",
        Consequence.SAFE,
        there if kept is not None else "`setup_streams.py` creates it before any step is deployed",
        location=stream.location,
    )


def _shape_of(stream: Stream) -> str:
    return f"{count(stream.shards, 'shard')}, {hours(stream.retention)}"


def _removed(stream: Stream, both: Both) -> Change:
    readers = both.readers[0].get(stream, ())
    outside = "" if readers else "; whoever reads it from outside gets nothing new"
    return Change(
        "stream",
        stream.slug,
        "stream-removed",
        f"is no longer part of the project; it was at {code(place(stream))}",
        Consequence.SAFE,
        f"nothing deletes it: it stays on the platform with what is in it{outside}",
        f"to delete it: {deletion(stream)}, in the project as it was",
        location=stream.location,
    )


def _identity(before: Stream, after: Stream, both: Both) -> Iterator[Change]:
    if place(before) != place(after):
        yield _moved(before, after, both)
    elif before.slug != after.slug:
        yield Change(
            "stream",
            after.slug,
            "stream-renamed",
            f"was {code(before.slug)}, at the same place",
            Consequence.RESTARTS,
            "the stream and what the consumer groups have committed stay; the triggers of its readers get its new name",
            steps=readers(after, both),
            location=after.location,
        )


def _moved(before: Stream, after: Stream, both: Both) -> Change:
    name = "" if before.slug == after.slug else f"was {code(before.slug)}; "
    lower = (
        f"it keeps records for {hours(after.retention)}, the old one did for {hours(before.retention)}"
        if after.retention < before.retention
        else ""
    )
    return Change(
        "stream",
        after.slug,
        "stream-moved",
        f"{name}moves from {code(place(before))} to {code(place(after))}",
        _loss(before, after, both),
        together([_left_behind(before, both), _at_the_new_place(after, both), lower]),
        _drain(before, both),
        steps=both.users.get(after, ()),
        location=after.at("path") if "path" in after.places else after.location,
    )


def _loss(before: Stream, after: Stream, both: Both) -> Consequence:
    """Dead letters that nobody here reads are at two places then, and none of them is lost."""
    if both.readers[0].get(before) or both.writers[0].get(before):
        return Consequence.LOSES
    return Consequence.RESTARTS if both.users.get(after) else Consequence.SAFE


def _left_behind(before: Stream, both: Both) -> str:
    readers = both.readers[0].get(before, ())
    if readers:
        return f"what {_names(readers)} did not read at the old place by then is not read at all"
    return "what is in it stays at the old place, where nothing new comes"


def _at_the_new_place(after: Stream, both: Both) -> str:
    there = both.places.get(place(after))
    if there is None:
        return ""
    return f"at the new place is what was the stream {code(there.slug)}, with its records"


def _drain(stream: Stream, both: Both) -> str:
    told = "tell whoever uses it from outside"
    if not both.readers[0].get(stream):
        return told
    outside = "" if both.writers[0].get(stream) else " from outside"
    return f"stop what writes it{outside}, wait until its readers have caught up, and deploy then; {told}"


def _names(steps: Sequence[Step]) -> str:
    return listed(step.slug for step in steps)


def _ends(before: Stream, after: Stream, both: Both) -> Iterator[Change]:
    read, written = both.readers, both.writers
    if read[0].get(before) and not read[1].get(after):
        yield _unread(before, after, both)
    if written[0].get(before) and not written[1].get(after) and read[1].get(after):
        yield Change(
            "stream",
            after.slug,
            "writer-lost",
            f"no step writes it any more; {_names(written[0][before])} did",
            Consequence.SAFE,
            f"{_names(read[1][after])} waits for what may come from outside",
            location=after.location,
        )


def _unread(before: Stream, after: Stream, both: Both) -> Change:
    writers = both.writers[1].get(after, ())
    source = f"what {_names(writers)} writes" if writers else "what comes from outside"
    return Change(
        "stream",
        after.slug,
        "reader-lost",
        f"no step reads it any more; {_names(both.readers[0][before])} did",
        Consequence.LOSES,
        f"{source} is kept for {hours(after.retention)} and deleted unread, unless somebody outside reads it",
        "" if not writers else "take it out of the outputs too, where nobody outside reads it",
        location=after.location,
    )
