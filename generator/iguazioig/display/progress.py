"""A deployment while it runs: in a notebook a list whose marks change, elsewhere nothing."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from ..commands import Command
from ..displayed import Displayed
from ..errors import printable
from ..plan import Plan
from .page import Html, code, escape, heading, listed
from .pieces import Piece

LINES = 12
"""How many of the last lines are shown of what a command says."""

_OFTEN = 0.2
"""Seconds between two pictures of what a command says: nuctl has much to say."""

_MARKS = {"running": "▶", "done": "✓", "failed": "✗"}


class Watcher(NamedTuple):
    """Who is told of each command before it runs, and of each line that it prints; without `tell` it prints for itself."""

    announce: Callable[[Command], None]
    tell: Callable[[str], None] | None = None


class Progress(Displayed):
    """The commands that have begun, and how far they are."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._commands: list[Command] = []
        self._seconds: list[float] = []
        self._state = "running"
        self._since = 0.0
        self._said: deque[str] = deque(maxlen=LINES)

    def begin(self, command: Command) -> None:
        """Note that `command` begins, and so that the one before it is done."""
        self._end()
        self._commands.append(command)
        self._said.clear()

    def say(self, line: str) -> None:
        """Note what the command that runs has printed."""
        self._said.append(printable(line.rstrip()))

    def finish(self, *, failed: bool = False) -> None:
        """Note that nothing more begins."""
        self._end()
        self._state = "failed" if failed else "done"

    def piece(self) -> Piece:
        """The list as it is now."""
        title = f"{self._title}: {'deploying' if self._state == 'running' else self._ending}"
        rows = [
            (self._mark(number), each, self._time(number))
            for number, each in enumerate(self._commands)
        ]
        text = [f"  {mark} {printable(str(each))}{took}" for mark, each, took in rows]
        text += [f"    {line}" for line in self._said]
        items = [Html(f"{mark} {code(str(each))}{escape(took)}") for mark, each, took in rows]
        said = "<br>".join(map(code, self._said))
        return Piece(
            "\n".join([printable(title), *text]),
            f"{heading(title)}{listed(items)}<p><small>{said}</small></p>",
        )

    @property
    def _ending(self) -> str:
        return "failed; what was done before stays done" if self._state == "failed" else "deployed"

    def _end(self) -> None:
        now = time.monotonic()
        if len(self._seconds) < len(self._commands):
            self._seconds.append(now - self._since)
        self._since = now

    def _mark(self, number: int) -> str:
        is_last = number == len(self._commands) - 1
        return _MARKS[self._state if is_last else "done"]

    def _time(self, number: int) -> str:
        return f" ({self._seconds[number]:.1f} s)" if number < len(self._seconds) else ""


class _Shown:
    """A progress in the output of a cell."""

    def __init__(self, progress: Progress, display: Callable[..., Any]) -> None:
        self._progress = progress
        self._handle = display(progress, display_id=True)
        self._since = time.monotonic()

    def announce(self, command: Command) -> None:
        self._progress.begin(command)
        self.update()

    def tell(self, line: str) -> None:
        self._progress.say(line)
        if time.monotonic() - self._since > _OFTEN:
            self.update()

    def finish(self, *, failed: bool) -> None:
        self._progress.finish(failed=failed)
        self.update()

    def update(self) -> None:
        self._handle.update(self._progress)
        self._since = time.monotonic()


@contextmanager
def watched(plan: Plan) -> Iterator[Watcher]:
    """Who is to be told how far a deployment is; in a notebook its cell shows it."""
    display = _notebook_display()
    if display is None:
        yield Watcher(lambda command: None)
        return
    shown = _Shown(Progress(plan.graph.slug), display)
    try:
        yield Watcher(shown.announce, shown.tell)
    except BaseException:
        shown.finish(failed=True)
        raise
    shown.finish(failed=False)


def _notebook_display() -> Callable[..., Any] | None:
    """IPython's `display` where a notebook is at its other end; who has not imported IPython is in none."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from importlib import import_module

    display: Callable[..., Any] = import_module("IPython.display").display
    return display
