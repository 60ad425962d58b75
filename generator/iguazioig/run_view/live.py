"""A run as tables that change in place."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from ..errors import printable
from ..local.results import DeadLetter, Snapshot
from ..terminal import plain_lines
from .tables import Table, cut, letter_place, step_table, stream_table

if TYPE_CHECKING:
    from rich.text import Text

Item = TypeVar("Item")

FEWEST_ROWS = 2
LINES_FOR_LETTERS = 20
"""Of how many lines a terminal has to be so that dead letters have a place."""


class LiveView:
    """Tables on standard error, drawn again at every look and every second; what is said stands above them."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self.console = Console(stderr=True)
        self.snapshot: Snapshot | None = None
        self.shown_at = 0.0
        self.live = Live(
            console=self.console, get_renderable=self._screen, refresh_per_second=1, transient=True
        )
        self.live.start()

    def close(self) -> None:
        """Take the tables away."""
        self.live.stop()

    def say(self, text: str) -> None:
        """What somebody says, above the tables."""
        self.live.console.print(
            plain_lines(text), style="dim", markup=False, highlight=False, soft_wrap=True
        )

    def show(self, snapshot: Snapshot) -> None:
        """Show how far everything is."""
        self.shown_at, self.snapshot = time.monotonic(), snapshot
        self.live.refresh()

    def leave(self, text: str) -> None:
        """The last words, from within a signal handler; the cursor is visible again."""
        os.write(2, f"\x1b[?25h\r\n{plain_lines(text)}\r\n".encode(errors="backslashreplace"))

    def _screen(self) -> Text:
        from rich.text import Text

        if self.snapshot is None:
            return Text("")
        seconds = self.snapshot.seconds + time.monotonic() - self.shown_at
        width, height = self.console.size
        return Text("\n", no_wrap=True, overflow="ellipsis").join(
            Text(line, style) for line, style in screen(self.snapshot, seconds, width, height)
        )


def screen(
    snapshot: Snapshot, seconds: float, width: int, height: int
) -> Iterator[tuple[str, str]]:
    """The lines of a terminal of this size, with their styles: steps, streams, the last dead letters, and the clock."""
    letters = snapshot.letters if height >= LINES_FOR_LETTERS else ()
    around = 5 + (len(letters) + 1 if letters else 0)  # titles, empty lines, the clock
    room = height - 1 - around
    for_streams = max(FEWEST_ROWS, room // 3, room - len(snapshot.steps))
    waiting = [sum(each.lags.values()) for each in snapshot.streams]
    streams = busiest(snapshot.streams, waiting, for_streams)
    for_steps = max(FEWEST_ROWS, room - min(len(snapshot.streams), for_streams))
    loads = [max(each.lag, each.rate) for each in snapshot.steps]
    steps = busiest(snapshot.steps, loads, for_steps)
    yield from _table(step_table(steps), len(snapshot.steps) - len(steps), width)
    yield from _table(stream_table(streams), len(snapshot.streams) - len(streams), width)
    yield from _letters(letters, width)
    yield f"{seconds:.0f} s; Ctrl-C ends", "dim"


def busiest(items: Sequence[Item], load: Sequence[float], most: int) -> list[Item]:
    """As many as there is room for, if need be with a line that there are more: those with most to do, in their order."""
    if len(items) <= most:
        return list(items)
    by_load = sorted(range(len(items)), key=lambda place: -load[place])
    return [items[place] for place in sorted(by_load[: max(1, most - 1)])]


def _table(table: Table, others: int, width: int) -> Iterator[tuple[str, str]]:
    titles, *rows = [cut(line, width) for line in table.narrowed(width).lines()]
    yield titles, "bold"
    yield from ((row, "") for row in rows)
    if others:
        yield f"… and {others:,} more", "dim"
    yield "", ""


def _letters(letters: Sequence[DeadLetter], width: int) -> Iterator[tuple[str, str]]:
    for each in letters:
        text = printable(f"dead letter of {each.step}: {each.cause} ({letter_place(each)})")
        yield cut(text, width), "yellow"
    if letters:
        yield "", ""
