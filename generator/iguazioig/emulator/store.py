"""Everything that is kept, in SQLite: in memory, or in a folder.

    node     containers, folders, streams, shards, objects and items: a tree
    chunk    the content of objects, in pieces as it was appended
    record   the records of all shards, in the order of their arrival

One thread uses a store, so that looking and writing is one step. A request is one transaction, acknowledged after its
commit. What is committed survives `kill -9`: it has been handed to the kernel. It is not synchronised to the disk
every time (`synchronous=NORMAL`), so a power cut may cost the last moments, but never the file's consistency.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO

from .errors import no_space

_DISK_ERRORS = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
)


@dataclass(slots=True)
class Shard:
    """A shard that has been written: its number in the tree, and the sequence numbers that it holds."""

    id: int
    first: int
    last: int


@dataclass(slots=True)
class Stream:
    """A stream as it is remembered: `expires` is when its oldest record will have been kept long enough (ns)."""

    id: int
    shards: int
    hours: int
    written: dict[int, Shard] = field(default_factory=dict)
    expires: int = 0


class Store:
    """An open store; `clock` gives nanoseconds since 1970.

    `folders` and `streams` are remembered rows by container and path; `turns` is whose turn it is of a stream's shards,
    by the stream's number.

    with store.transaction():
        store.execute("UPDATE node SET mtime=? WHERE id=?", (store.now(), 7))
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        lock: IO[str] | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self.connection = connection
        self.execute = connection.execute
        self.executemany = connection.executemany
        self.folders: dict[tuple[str, str], int] = {}
        self.streams: dict[tuple[str, str], Stream] = {}
        self.turns: dict[int, int] = {}
        self._lock = lock
        self._clock = clock
        self._latest: int
        (self._latest,) = self.execute(
            "SELECT max((SELECT coalesce(max(mtime), 0) FROM node),"
            " (SELECT coalesce(max(arrival), 0) FROM record WHERE id=(SELECT max(id) FROM record)))"
        ).fetchone()

    def now(self) -> int:
        """Nanoseconds since 1970, later than ever before: also after a restart, and where the clock was set back."""
        self._latest = max(self._clock(), self._latest + 1)
        return self._latest

    def transaction(self) -> Transaction:
        """A block that is done as a whole or not at all."""
        return Transaction(self)

    def forget(self) -> None:
        """Read anew what was remembered of folders and streams."""
        self.folders.clear()
        self.streams.clear()

    def close(self) -> None:
        """Close the file and give the folder free."""
        self.connection.close()
        if self._lock:
            self._lock.close()


class Transaction:
    """A transaction of a store; V3ioError 507 where the disk is full or fails, and then nothing was kept."""

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store = store

    def __enter__(self) -> None:
        self._store.execute("BEGIN")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            try:
                self._store.execute("COMMIT")
                return
            except sqlite3.OperationalError as failure:
                error = failure
        self._undo()
        if isinstance(error, sqlite3.OperationalError):
            raise (
                no_space() if error.sqlite_errorcode & 0xFF in _DISK_ERRORS else error
            ) from error

    def _undo(self) -> None:
        self._store.forget()
        with contextlib.suppress(sqlite3.OperationalError):
            if self._store.connection.in_transaction:
                self._store.execute("ROLLBACK")
