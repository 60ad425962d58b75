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
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING

from .errors import EmulatorError, V3ioError, no_space

if TYPE_CHECKING:
    from .streams import Stream

FILE = "v3io.sqlite3"
CONTAINERS = ("bigdata", "projects", "users")
"""What is there on every system, or in every client's tests: v3io-protocol 1.4."""

_DISK_ERRORS = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
)

_APPLICATION = 0x76336930
_VERSION = 1

# A number that was a node's is never another's: locations and inode numbers hold it. Records are keyed by a rowid that
# only grows, which fills pages to the end, and found through a narrow index.
_SCHEMA = """
CREATE TABLE node (
    id INTEGER PRIMARY KEY AUTOINCREMENT, parent INTEGER NOT NULL, name TEXT NOT NULL, kind INTEGER NOT NULL,
    ctime INTEGER NOT NULL, mtime INTEGER NOT NULL, size INTEGER NOT NULL DEFAULT 0,
    attributes TEXT NOT NULL DEFAULT '{}', shards INTEGER, hours INTEGER, first INTEGER, last INTEGER
);
CREATE UNIQUE INDEX node_place ON node (parent, name);
CREATE TABLE chunk (id INTEGER PRIMARY KEY, node INTEGER NOT NULL, start INTEGER NOT NULL, data BLOB NOT NULL);
CREATE UNIQUE INDEX chunk_place ON chunk (node, start);
CREATE TABLE record (
    id INTEGER PRIMARY KEY, shard INTEGER NOT NULL, sequence INTEGER NOT NULL, arrival INTEGER NOT NULL,
    partition_key TEXT, client_info BLOB, data BLOB NOT NULL
);
CREATE UNIQUE INDEX record_place ON record (shard, sequence);
"""


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


def open_store(
    data: Path | None = None,
    *,
    containers: tuple[str, ...] = (),
    clock: Callable[[], int] = time.time_ns,
) -> Store:
    """The store in the folder `data`, made where it is missing, or one in memory.

    `containers` are made beside those that every system has. EmulatorError where the folder is in use, cannot be
    written, or holds something else.
    """
    lock = None if data is None else _lock(data)
    try:
        store = Store(_connect(data), lock, clock)
        _make_containers(store, (*CONTAINERS, *containers))
        return store
    except (sqlite3.Error, V3ioError, EmulatorError) as error:
        if lock:
            lock.close()
        if isinstance(error, EmulatorError):
            raise
        raise EmulatorError(f"{data}: {error}: choose another folder for --data") from error


def _lock(data: Path) -> IO[str]:
    """Hold the folder for as long as the process lives: the kernel gives it free, however the process ends."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = (data / "lock").open("a+")
    except OSError as error:
        text = f"{data} cannot be written ({error.strerror}): choose another folder for --data"
        raise EmulatorError(text) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        holder = lock.read(20).strip()
        lock.close()
        running = f"process {holder}" if holder.isdigit() else "another process"
        raise EmulatorError(
            f"{data} is in use by {running}: stop that one, or choose another folder for --data"
        ) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def _connect(data: Path | None) -> sqlite3.Connection:
    path = ":memory:" if data is None else str(data / FILE)
    connection = sqlite3.connect(
        path, isolation_level=None, cached_statements=256, check_same_thread=False
    )
    try:
        connection.executescript(
            "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            "PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=4000;"
        )
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: str) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application == _APPLICATION and version == _VERSION:
        return
    if tables:
        text = f"{path} was not written by this version: choose another folder for --data"
        raise EmulatorError(text)
    connection.executescript(
        f"BEGIN; {_SCHEMA} PRAGMA application_id={_APPLICATION}; PRAGMA user_version={_VERSION}; COMMIT;"
    )


def _make_containers(store: Store, names: tuple[str, ...]) -> None:
    from . import nodes

    with store.transaction():
        for name in names:
            nodes.make_container(store, name)
