"""Deleting what is in the tree, and erasing the records of what was deleted."""

from __future__ import annotations

from . import nodes
from .errors import not_empty, not_found, not_permitted
from .nodes import Kind, Node
from .paths import Target
from .store import Store

DELETED = -1
"""The parent of a shard that was deleted, until its records are erased."""

_AT_ONCE = 5000
"""Records that are erased before others get their turn: it takes about 10 ms."""


def remove(store: Store, target: Target) -> None:
    """Delete a node: v3io-protocol 4 and 2.7. A stream goes with what is in it, another folder only empty.

    Records are erased by `sweep`: there may be millions of them.
    """
    found = nodes.find(store, target)
    if not target.path:
        raise not_permitted()
    if found is None:
        raise not_found()
    inside = nodes.children(store, found.id, limit=-1) if found.kind == Kind.STREAM else []
    if any(each.is_folder for each in inside):
        raise not_empty()
    if found.kind == Kind.FOLDER and nodes.children(store, found.id, limit=1):
        raise not_empty()
    with store.transaction():
        for each in (*inside, found):
            if each.kind == Kind.SHARD:
                move = "UPDATE node SET parent=?, name=id WHERE id=?"
                store.execute(move, (DELETED, each.id))
            else:
                _erase(store, each)
    if found.kind != Kind.FILE:
        store.forget()


def sweep(store: Store) -> bool:
    """Erase some records of deleted streams; whether there may be more of them."""
    shards = nodes.children(store, DELETED, limit=1)
    for shard in shards:
        some = "SELECT id FROM record WHERE shard=? LIMIT ?"
        with store.transaction():
            delete = f"DELETE FROM record WHERE id IN ({some})"
            if not store.execute(delete, (shard.id, _AT_ONCE)).rowcount:
                _erase(store, shard)
    return bool(shards)


def _erase(store: Store, node: Node) -> None:
    store.execute("DELETE FROM chunk WHERE node=?", (node.id,))
    store.execute("DELETE FROM node WHERE id=?", (node.id,))
