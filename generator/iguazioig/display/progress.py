"""A deployment while it runs: in a notebook a list whose marks change, elsewhere nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..clients.dry_run import list_commands
from ..commands import Command
from ..displayed import Displayed
from ..errors import printable
from ..plan import Plan
from .page import Html, code, escape, heading, listed
from .pieces import Piece, counted

_MARKS = {"waiting": "·", "running": "▶", "done": "✓", "failed": "✗"}


class Progress(Displayed):
    """The commands of a plan, and how far they are; `seconds` has how long each that ended took."""

    def __init__(self, title: str, commands: Sequence[Command]) -> None:
        self._title = title
        self._commands = list(commands)
        self._at = -1
        self._state = "running"
        self._since = 0.0
        self._seconds: dict[int, float] = {}

    def begin(self, command: Command) -> None:
        """Note that `command` begins, and so that the one before it is done."""
        self._end()
        self._at += 1
        if self._commands[self._at : self._at + 1] != [command]:
            self._commands.insert(self._at, command)

    def finish(self, *, failed: bool = False) -> None:
        """Note that nothing more begins."""
        self._end()
        self._state = "failed" if failed else "done"

    def piece(self) -> Piece:
        """The list as it is now."""
        states = [self._state_of(index) for index in range(len(self._commands))]
        title = f"{self._title}: {states.count('done')} of {counted(len(states), 'command')} done"
        rows = list(zip(states, self._commands, map(self._time, range(len(states))), strict=True))
        text = [f"  {_MARKS[state]} {printable(str(each))}{took}" for state, each, took in rows]
        items = [
            Html(f"{_MARKS[state]} {code(str(each))}{escape(took)}") for state, each, took in rows
        ]
        return Piece("\n".join([printable(title), *text]), heading(title) + listed(items))

    def _end(self) -> None:
        now = time.monotonic()
        if self._at >= 0:
            self._seconds[self._at] = now - self._since
        self._since = now

    def _state_of(self, index: int) -> str:
        if index > self._at:
            return "waiting"
        return "done" if index < self._at else self._state

    def _time(self, index: int) -> str:
        return f" ({self._seconds[index]:.1f} s)" if index in self._seconds else ""


@contextmanager
def watched(plan: Plan) -> Iterator[Callable[[Command], None]]:
    """What is to be told of each command before it runs; in a notebook it shows how far the plan is."""
    display = _notebook_display()
    if display is None:
        yield lambda command: None
        return
    progress = Progress(plan.graph.slug, list_commands(plan))
    handle = display(progress, display_id=True)

    def begin(command: Command) -> None:
        progress.begin(command)
        handle.update(progress)

    try:
        yield begin
    except BaseException:
        progress.finish(failed=True)
        handle.update(progress)
        raise
    progress.finish()
    handle.update(progress)


def _notebook_display() -> Callable[..., Any] | None:
    """IPython's `display` where a notebook is at its other end; who has not imported IPython is in none."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from importlib import import_module

    display: Callable[..., Any] = import_module("IPython.display").display
    return display
