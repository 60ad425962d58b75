"""The tree: containers, folders, streams, shards, objects and items."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from .errors import (
    container_not_found,
    invalid_argument,
    is_a_folder,
    not_a_folder,
    not_found,
    not_permitted,
)
from .paths import Target, of
from .store import Store

ROOT = 0
MOST_SHARDS = 4096

_MOST_REMEMBERED = 10_000


class Kind(IntEnum):
    """What a node is: `__obj_type`. Only the shards' is known of the platform (v3io-protocol 0.3)."""

    FILE = 1
    FOLDER = 2
    SHARD = 3
    STREAM = 4
    CONTAINER = 5


FOLDERS = (Kind.FOLDER, Kind.STREAM, Kind.CONTAINER)


class Node(NamedTuple):
    """A row of the tree. Times are nanoseconds; `attributes` is the JSON of the user's own.

    `shards` and `hours` are a stream's, `first` and `last` the sequence numbers of a shard.
    """

    id: int
    parent: int
    name: str
    kind: int
    ctime: int
    mtime: int
    size: int
    attributes: str
    shards: int | None
    hours: int | None
    first: int | None
    last: int | None

    @property
    def is_folder(self) -> bool:
        """Whether it holds other nodes."""
        return self.kind in FOLDERS


COLUMNS = ", ".join(Node._fields)


def make_container(store: Store, name: str) -> None:
    """Make a container where there is none; the caller holds a transaction. V3ioError where the name cannot be one."""
    if not name or "/" in name or of("", name).path != name:
        raise invalid_argument("a container's name without slashes")
    if child(store, ROOT, name) is None:
        add(store, ROOT, name, Kind.CONTAINER)


def containers(store: Store) -> list[Node]:
    """All containers, by name."""
    return children(store, ROOT, limit=-1)


def child(store: Store, parent: int, name: str) -> Node | None:
    """The node of this name in a folder."""
    query = f"SELECT {COLUMNS} FROM node WHERE parent=? AND name=?"
    row = store.execute(query, (parent, name)).fetchone()
    return None if row is None else Node._make(row)


def children(
    store: Store, parent: int, *, after: str = "", limit: int = 1000, folders_only: bool = False
) -> list[Node]:
    """The nodes in a folder by name (by bytes), those after a name, at most `limit` (-1: all)."""
    kinds = f"AND kind IN ({Kind.FOLDER}, {Kind.STREAM})" if folders_only else ""
    query = f"SELECT {COLUMNS} FROM node WHERE parent=? AND name>? {kinds} ORDER BY name LIMIT ?"
    return [Node._make(row) for row in store.execute(query, (parent, after, limit))]


def folder(store: Store, container: str, path: str) -> int | None:
    """The number of a folder; V3ioError where there is no such container."""
    known = store.folders.get((container, path))
    return _descend(store, container, path, make=False) if known is None else known


def make_folders(store: Store, container: str, path: str) -> int:
    """The number of a folder, made with all above it where it is missing; the caller holds a transaction."""
    found = folder(store, container, path)
    if found is None:
        found = _descend(store, container, path, make=True)
    assert found is not None
    return found


def _descend(store: Store, container: str, path: str, *, make: bool) -> int | None:
    node = child(store, ROOT, container)
    if node is None:
        raise container_not_found()
    for name in path.split("/") if path else ():
        parent, node = node.id, child(store, node.id, name)
        if node is None and make:
            node = add(store, parent, name, Kind.FOLDER)
        elif node is not None and not node.is_folder and make:
            raise not_a_folder()
        if node is None or not node.is_folder:
            return None
    if len(store.folders) >= _MOST_REMEMBERED:
        store.folders.clear()
    store.folders[container, path] = node.id
    return node.id


def find(store: Store, target: Target) -> Node | None:
    """The node at a target, which may be the container itself; V3ioError where there is no such container."""
    above, name = target.split
    if not target.path:
        found = child(store, ROOT, target.container)
        if found is None:
            raise container_not_found()
        return found
    parent = folder(store, target.container, above)
    return None if parent is None else child(store, parent, name)


def find_file(store: Store, target: Target) -> Node:
    """The object, item or shard at a target; V3ioError where there is none, and for folders (v3io-protocol 3.4)."""
    found = find(store, target)
    if found is None or found.is_folder:
        raise not_found()
    return found


def add(store: Store, parent: int, name: str, kind: Kind) -> Node:
    """A new node; the caller holds a transaction."""
    now = store.now()
    query = "INSERT INTO node (parent, name, kind, ctime, mtime) VALUES (?, ?, ?, ?, ?)"
    made = store.execute(query, (parent, name, kind, now, now)).lastrowid or 0
    return Node(made, parent, name, kind, now, now, 0, "{}", None, None, None, None)


def make_file(store: Store, target: Target) -> Node:
    """The object, item or shard at a target, made where it is missing; the caller holds a transaction.

    What has a shard's name in a stream is made by its first record only (v3io-protocol 0.3).
    """
    if not target.path:
        raise not_permitted()
    found = find(store, target)
    if found is not None:
        if found.is_folder:
            raise is_a_folder()
        return found
    above, name = target.split
    parent = make_folders(store, target.container, above)
    if shard_number(name) is not None and _kind(store, parent) == Kind.STREAM:
        raise not_permitted()
    return add(store, parent, name, Kind.FILE)


def shard_number(name: str) -> int | None:
    """The shard that an object of this name is, if it can be one."""
    if not (name.isascii() and name.isdigit() and len(name) <= len(str(MOST_SHARDS))):
        return None
    return int(name) if str(int(name)) == name else None


def _kind(store: Store, node: int) -> int:
    (kind,) = store.execute("SELECT kind FROM node WHERE id=?", (node,)).fetchone()
    return int(kind)


def write_attributes(store: Store, node: Node, attributes: str) -> Node:
    """Replace the user's attributes, JSON; the node with its new time. The caller holds a transaction."""
    now = store.now()
    store.execute("UPDATE node SET attributes=?, mtime=? WHERE id=?", (attributes, now, node.id))
    return node._replace(attributes=attributes, mtime=now)
