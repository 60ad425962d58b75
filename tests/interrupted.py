"""Writes a project again and again, each time stopped at another system call that changes something.

As a program: `interrupted.py HOW BEFORE RUNS`, with the file map as JSON on standard input. For n = 1, 2, … the folder
BEFORE is copied to RUNS/n, and a process writes the map into RUNS/n/project until its n-th changing call, which ends as
HOW says. The last n is the first that is more than the calls there are. Prints how each ended.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from iguazioig.errors import ProjectError
from iguazioig.folder.write import write

DONE, DONE_ALL_THE_SAME, REFUSED, INTERRUPTED, KILLED = 0, 1, 2, 3, -signal.SIGKILL

CHANGING = {"os.mkdir", "os.rename", "os.rmdir", "os.remove", "os.chmod", "os.truncate", "os.link"}


def kill() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def interrupt() -> NoReturn:
    raise KeyboardInterrupt


def fill_the_disk() -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def break_the_disk() -> NoReturn:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


HOWS: Mapping[str, Callable[[], NoReturn]] = {
    "kill": kill,
    "interrupt": interrupt,
    "full": fill_the_disk,
    "broken": break_the_disk,
    "stuck": break_the_disk,
}


@dataclass
class Trap:
    """Counts down the calls that change something. A broken disk stays so, a stuck one renames nothing more."""

    how: str
    calls: int
    armed: bool = False
    sprung: bool = False

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.armed or not changes_something(event, arguments):
            return
        self.calls -= 1
        if self.calls == 0 or (self.calls < 0 and self.stays(event)):
            self.sprung = True
            HOWS[self.how]()

    def stays(self, event: str) -> bool:
        return self.how == "broken" or (self.how == "stuck" and event == "os.rename")


def changes_something(event: str, arguments: tuple[object, ...]) -> bool:
    if event == "open":
        flags = arguments[2]
        return isinstance(flags, int) and bool(flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR))
    return event in CHANGING


def run(files: Mapping[str, bytes], folder: Path, trap: Trap) -> int:
    """Write in a process of its own, and say how it ended."""
    child = os.fork()
    if child == 0:
        os._exit(run_here(files, folder, trap))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run_here(files: Mapping[str, bytes], folder: Path, trap: Trap) -> int:
    trap.armed = True
    try:
        write(files, folder)
    except ProjectError:
        return REFUSED
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        trap.armed = False
    return DONE_ALL_THE_SAME if trap.sprung else DONE


def main(how: str, before: Path, runs: Path) -> None:
    files = {path: text.encode() for path, text in json.load(sys.stdin).items()}
    trap = Trap(how, 0)
    sys.addaudithook(trap)
    ends: list[int] = []
    while DONE not in ends:
        trap.calls = len(ends) + 1
        place = runs / str(trap.calls)
        shutil.copytree(before, place)
        ends.append(run(files, place / "project", trap))
    print(json.dumps(ends))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
