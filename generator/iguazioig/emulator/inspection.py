"""Looking into streams from outside of the web API, for tests and for whoever watches."""

from __future__ import annotations

from . import attributes, nodes, streams
from .errors import V3ioError
from .nodes import Kind
from .paths import Target
from .record import Record
from .store import Store


def records(store: Store, stream: Target) -> list[Record]:
    """All records of a stream in the order of their arrival."""
    query = (
        "SELECT data, partition_key, client_info, CAST(name AS INTEGER), sequence, arrival"
        " FROM record JOIN node ON node.id=shard WHERE parent=? ORDER BY record.id"
    )
    rows = store.execute(query, (streams.find(store, stream).id,))
    return [Record(*row) for row in rows]


def ends(store: Store, stream: Target) -> dict[int, int]:
    """The last sequence number of each shard that has been written; V3ioError where there is no such stream."""
    return {
        number: shard.last for number, shard in sorted(streams.find(store, stream).written.items())
    }


def committed(store: Store, stream: Target, group: str) -> dict[int, int]:
    """The last sequence number that a consumer group has committed, by shard (v3io-protocol 6.6)."""
    name = f"__{group}_committed_sequence_number"
    found: dict[int, int] = {}
    for node in nodes.children(store, streams.find(store, stream).id, limit=-1):
        number = attributes.user(node).get(name, {}).get("N")
        if node.kind == Kind.SHARD and number is not None:
            found[int(node.name)] = int(number)
    return dict(sorted(found.items()))


def is_there(store: Store, stream: Target) -> bool:
    """Whether there is a stream at a target."""
    try:
        streams.find(store, stream)
    except V3ioError:
        return False
    return True
