"""What changes of the shards and the retention of streams: v3io adds shards, and changes nothing else (v3io-protocol 2.2)."""

from __future__ import annotations

from collections.abc import Iterator

from ..graph import Stream
from .model import Change, Consequence
from .pairs import Both, place
from .words import command, count, hours

_NEW_PLACE = "give the stream a new `path`, so that it becomes another one, or delete it with all that is in it and let it be made again:"


def shape_changes(stream: Stream, both: Both) -> Iterator[Change]:
    """What is asked of a stream that is there already, whatever it was called."""
    there = both.places.get(place(stream))
    if there is None:
        return
    if there.shards < stream.shards:
        yield _grown(there, stream, both)
    elif there.shards > stream.shards:
        yield _shrunk(there, stream)
    if there.retention != stream.retention:
        yield _kept(there, stream)


def _grown(before: Stream, after: Stream, both: Both) -> Change:
    has_order = both.readers[1].get(after) or both.writers[1].get(after)
    return Change(
        "stream",
        after.slug,
        "shards-grown",
        f"gets {count(after.shards, 'shard')}, has {before.shards:,}",
        Consequence.LOSES if has_order else Consequence.SAFE,
        (
            "keys move to other shards from then on, so that the order of a key's records across that moment is not kept; a class "
            "that waits for several messages of a key may see them in two replicas; no record is lost; v3io cannot take shards "
            "away again"
            if has_order
            else "only dead letters go there, whose order says nothing; v3io cannot take shards away again"
        ),
        (
            "stop what writes it, wait until its readers have caught up, and deploy then"
            if has_order
            else ""
        ),
        steps=readers(after, both),
        location=after.at("shards"),
    )


def _shrunk(before: Stream, after: Stream) -> Change:
    return Change(
        "stream",
        after.slug,
        "shards-shrunk",
        f"is to have {count(after.shards, 'shard')}, has {before.shards:,}",
        Consequence.IMPOSSIBLE,
        "v3io only adds shards",
        f"{_NEW_PLACE} {deletion(after)}",
        location=after.at("shards"),
    )


def _kept(before: Stream, after: Stream) -> Change:
    behind = (
        f"; and in a stream made anew a step that is more than {hours(after.retention)} behind loses records"
        if after.retention < before.retention
        else ""
    )
    return Change(
        "stream",
        after.slug,
        "retention",
        f"is to keep records for {hours(after.retention)}, keeps them for {before.retention:,}",
        Consequence.IMPOSSIBLE,
        f"v3io takes the retention when a stream is created, and never again{behind}",
        f"{_NEW_PLACE} {deletion(after)}",
        location=after.at("retention"),
    )


def readers(stream: Stream, both: Both) -> tuple[str, ...]:
    """The steps that read a stream of the later graph, by slug."""
    return tuple(step.slug for step in both.readers[1].get(stream, ()))


def deletion(stream: Stream) -> str:
    """The command that takes a stream away, with all that is in it."""
    return command(f"python3 setup_streams.py --delete {stream.slug}")
