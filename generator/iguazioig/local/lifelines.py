"""Lifelines: a process that holds one end of a pipe keeps those that watch the other end alive, and no longer.

A signal cannot do that: nobody has the time to send one when `kill -9` comes. A process that watches a lifeline is the
leader of a session of its own, and takes all that it has started with it.

Run as a script it is the leader for a command: `lifelines.py LIFELINE COMMAND…` ends with the command's exit code.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def watch(lifeline: int) -> None:
    """End this process and its whole process group as soon as nobody holds the other end of `lifeline`, a descriptor."""
    os.set_inheritable(lifeline, False)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


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


if __name__ == "__main__":
    watch(int(sys.argv[1]))
    sys.exit(subprocess.call(sys.argv[2:]))
