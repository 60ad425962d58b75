"""Lifelines: a process that holds one end of a pipe keeps those that watch the other end alive, and no longer.

A signal cannot do that: nobody has the time to send one when `kill -9` comes. A process that watches a lifeline is the
leader of a session of its own, and takes all that it has started with it.

Run as a script it is the leader for a command: `lifelines.py LIFELINE COMMAND…` ends with the command's exit code.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

_ending = threading.Lock()
"""Held by who ends the session: a process that went away in the middle of that would leave the rest of it."""


def watch(lifeline: int) -> None:
    """End this process and its whole session as soon as nobody holds the other end of `lifeline`, a descriptor."""
    os.set_inheritable(lifeline, False)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: int) -> None:
    os.read(lifeline, 1)
    _ending.acquire()
    end_session(os.getpid())


def end_session(leader: int) -> None:
    """End all processes of a session, its leader last: some may be in process groups of their own.

    Where the system does not tell which those are, only the leader's own group ends.
    """
    _end_others(leader)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _end_others(leader: int) -> None:
    for pid in members(leader):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def members(leader: int) -> Iterator[int]:
    """The other processes of a session, from Linux's /proc."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # proc(5): the fields behind the name in parentheses are state, parent, group, session.
            fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
            if int(fields[3]) == leader and int(entry.name) != leader:
                yield int(entry.name)


class Lifeline:
    """What a process holds for one that it starts: `watched` is the descriptor to pass to that one, and to close here then."""

    def __init__(self) -> None:
        self.watched, self._held = os.pipe()

    def passed(self) -> None:
        """The other process has its end."""
        os.close(self.watched)

    def cut(self) -> None:
        """End whoever watches."""
        os.close(self._held)


def main() -> None:
    """Be the leader of a session in which a command runs; what it leaves behind ends with it."""
    watch(int(sys.argv[1]))
    code = subprocess.call(sys.argv[2:])
    _ending.acquire()
    _end_others(os.getpid())
    sys.exit(code)


if __name__ == "__main__":
    main()
