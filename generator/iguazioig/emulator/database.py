"""Where a store is kept: in memory, or in a file of a folder that one process at a time may use."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from . import nodes
from .errors import EmulatorError, V3ioError
from .store import Store

FILE = "v3io.sqlite3"
CONTAINERS = ("bigdata", "projects", "users")
"""What is there on every system, or in every client's tests: v3io-protocol 1.4."""

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
        raise EmulatorError(_not_written(data, error)) from error
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
    try:
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
    except OSError as error:
        with contextlib.suppress(OSError):  # it tries to write once more
            lock.close()
        raise EmulatorError(_not_written(data, error)) from error
    return lock


def _not_written(data: Path, error: OSError) -> str:
    return f"{data} cannot be written ({error.strerror}): choose another folder for --data"


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
    with store.transaction():
        for name in names:
            nodes.make_container(store, name)
