"""Objects: v3io-protocol 4."""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import deletion, nodes
from .errors import V3ioError, invalid_argument, not_found, not_permitted
from .nodes import Kind, Node
from .paths import Target
from .requests import BILLION, Answer, Request, last_modified
from .store import Store

PIECE = 1024 * 1024
"""Bytes of an object that are in memory at once for one reader."""

_RANGE = re.compile(r"bytes=(\d{1,18})(?:-(\d{0,18}))?|bytes=-(\d{1,18})")


def get_object(store: Store, request: Request) -> Answer:
    """The content, or a range of it. A range may have no dash (v3io-protocol 4)."""
    node = _find(store, request)
    headers = {"Content-Type": "application/octet-stream", **last_modified(node.mtime)}
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if asked is None:
        return Answer(200, _read(store, node, 0, node.size), headers, node.size)
    start, end = _range(asked, node.size)
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{node.size}"
    return Answer(206, _read(store, node, start, end), headers, end - start)


def head_object(store: Store, request: Request) -> Answer:
    """Whether it is there: a file with its size, a folder with 0."""
    node = nodes.find(store, request.target)
    if node is None:
        raise not_found()
    return Answer(200, headers=last_modified(node.mtime), length=0 if node.is_folder else node.size)


def put_object(store: Store, request: Request) -> Answer:
    """Replace, append to or make an object; a path that ends in a slash makes a folder and those above it."""
    target = request.target
    if target.is_folder:
        with store.transaction():
            nodes.make_folders(store, target.container, target.path)
        return Answer(200)
    where = request.headers.get("Range", "").strip()
    if where not in ("", "-1"):
        raise invalid_argument("a Range of -1, which appends, or none")
    with store.transaction():
        node = _write(store, target, request.body, append=bool(where))
    return Answer(200, headers=last_modified(node.mtime))


def delete_object(store: Store, request: Request) -> Answer:
    """Delete an object, item, shard or stream, or an empty folder."""
    deletion.remove(store, request.target)
    return Answer(204)


def _find(store: Store, request: Request) -> Node:
    """The object at the path, or by its number where the headers say when it was made."""
    if "ctime-sec" not in request.headers:
        return nodes.find_file(store, request.target)
    try:
        time = int(request.headers["ctime-sec"]) * BILLION + int(request.headers["ctime-nsec"])
        row = store.execute(
            f"SELECT {nodes.COLUMNS} FROM node WHERE id=? AND ctime=? AND kind=?",
            (int(request.target.path), time, Kind.FILE),
        ).fetchone()
    except (ValueError, KeyError, OverflowError):
        raise invalid_argument("an inode number, ctime-sec and ctime-nsec") from None
    if row is None:
        raise not_found()
    return Node._make(row)


def _range(asked: re.Match[str], size: int) -> tuple[int, int]:
    """The first byte and the one after the last; V3ioError where there is none of it."""
    first, last, tail = asked.groups()
    if tail is not None:
        start, end = max(size - int(tail), 0), size
    else:
        start, end = int(first), min(int(last) + 1 if last else size, size)
    if start >= end:
        raise V3ioError(416, -22, "Invalid argument: a Range within the object")
    return start, end


def _write(store: Store, target: Target, body: bytes, *, append: bool) -> Node:
    """It stays the same node, with its attributes; what a shard holds is never overwritten (v3io-protocol 4)."""
    node = nodes.make_file(store, target)
    if node.kind != Kind.FILE:
        raise not_permitted()
    if not append:
        store.execute("DELETE FROM chunk WHERE node=?", (node.id,))
    start = node.size if append else 0
    for place in range(0, len(body), PIECE):
        piece = (node.id, start + place, body[place : place + PIECE])
        store.execute("INSERT INTO chunk (node, start, data) VALUES (?, ?, ?)", piece)
    now, size = store.now(), start + len(body)
    store.execute("UPDATE node SET size=?, mtime=? WHERE id=?", (size, now, node.id))
    return node._replace(size=size, mtime=now)


def _read(store: Store, node: Node, start: int, end: int) -> bytes | Iterator[bytes]:
    """The bytes from `start` to before `end`, at once where they are few."""
    pieces = _pieces(store, node, start, end)
    return pieces if end - start > PIECE else b"".join(pieces)


def _pieces(store: Store, node: Node, start: int, end: int) -> Iterator[bytes]:
    """The pieces of an object; EOFError where it was written anew before the last of them was read."""
    while start < end:
        row = store.execute(
            "SELECT chunk.start, data FROM chunk JOIN node ON node.id=node AND mtime=?"
            " WHERE node=? AND chunk.start<=? ORDER BY chunk.start DESC LIMIT 1",
            (node.mtime, node.id, start),
        ).fetchone()
        if row is None:
            raise EOFError
        place, data = row
        piece = data[start - place : end - place]
        start += len(piece)
        yield piece
