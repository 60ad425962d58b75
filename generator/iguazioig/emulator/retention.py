"""How long records are kept: v3io-protocol 2.4. Old ones go when new ones come, never by themselves."""

from __future__ import annotations

from .store import Shard, Store, Stream

HOUR = 3600 * 1_000_000_000


def trim(store: Store, stream: Stream, now: int) -> None:
    """Delete the records that have been kept long enough; the caller holds a transaction.

    Sequence numbers run on, whatever is deleted.
    """
    oldest = now - stream.hours * HOUR
    for shard in stream.written.values():
        first = first_since(store, shard, oldest + 1)
        if first > shard.first:
            gone = (shard.id, first)
            store.execute("DELETE FROM record WHERE shard=? AND sequence<?", gone)
            store.execute("UPDATE node SET first=? WHERE id=?", (first, shard.id))
            shard.first = first
    stream.expires = stream.hours * HOUR + min(
        (
            arrival(store, shard, shard.first)
            for shard in stream.written.values()
            if shard.last >= shard.first
        ),
        default=now,
    )


def first_since(store: Store, shard: Shard, time: int) -> int:
    """The sequence number of the first record that arrived at `time` (ns) or later; the next one's if none did."""
    low, high = shard.first, shard.last + 1
    while low < high:
        middle = (low + high) // 2
        if arrival(store, shard, middle) < time:
            low = middle + 1
        else:
            high = middle
    return low


def arrival(store: Store, shard: Shard, sequence: int) -> int:
    """When a record of a shard arrived, in ns."""
    query = "SELECT arrival FROM record WHERE shard=? AND sequence=?"
    (time,) = store.execute(query, (shard.id, sequence)).fetchone()
    return int(time)
