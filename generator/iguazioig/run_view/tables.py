"""The tables of a run: what is in them, and how they fit where they have to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from ..errors import printable
from ..local.results import DeadLetter, StepState, StreamState

STEP_COLUMNS: dict[str, Callable[[StepState], str]] = {
    "step": lambda step: printable(step.name),
    "replicas": lambda step: str(step.replicas),
    "in": lambda step: number(step.delivered),
    "out": lambda step: number(step.out),
    "failed": lambda step: number(step.failed),
    "dead letters": lambda step: number(step.dead_letters),
    "redelivered": lambda step: number(step.redelivered),
    "lag": lambda step: number(step.lag),
    "records/s": lambda step: f"{step.rate:,.0f}",
    "median": lambda step: duration(step.median),
    "99 %": lambda step: duration(step.p99),
}

STREAM_COLUMNS: dict[str, Callable[[StreamState], str]] = {
    "stream": lambda stream: printable(stream.name),
    "records": lambda stream: number(stream.records),
    "waiting for": lambda stream: ", ".join(
        f"{printable(group)} {number(lag)}" for group, lag in stream.lags.items()
    ),
}

LEAVING = ("replicas", "redelivered", "99 %", "median", "failed", "out", "dead letters")
"""The columns that a narrow terminal does without, the first one first."""

Item = TypeVar("Item")

LEFT = frozenset({"step", "stream", "waiting for"})
GAP = "  "
SHORTEST_NAME = 8


@dataclass(frozen=True, slots=True)
class Table:
    """Texts in columns: numbers stand to the right, names to the left."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def widths(self) -> list[int]:
        """Of each column, in cells of a terminal."""
        columns = zip(self.titles, *self.rows, strict=True)
        return [max(map(_width, cells)) for cells in columns]

    @property
    def width(self) -> int:
        """Of a line, in cells of a terminal."""
        return sum(self.widths) + len(GAP) * (len(self.titles) - 1)

    def lines(self) -> list[str]:
        """The titles, then the rows."""
        widths = self.widths
        return [
            GAP.join(map(_padded, row, widths, self.titles)).rstrip()
            for row in (self.titles, *self.rows)
        ]

    def without(self, title: str) -> Table:
        """Without one of its columns."""
        place = self.titles.index(title)
        titles, *rows = [(*row[:place], *row[place + 1 :]) for row in (self.titles, *self.rows)]
        return Table(titles, tuple(rows))

    def narrowed(self, width: int) -> Table:
        """As wide as `width` cells, as far as possible: columns leave it, those that say nothing first; then names are cut."""
        table = self
        for title in sorted(LEAVING, key=self._says_something):
            if table.width > width and title in table.titles:
                table = table.without(title)
        longest = max(SHORTEST_NAME, width - table.width + table.widths[0])
        return Table(table.titles, tuple((cut(row[0], longest), *row[1:]) for row in table.rows))

    def _says_something(self, title: str) -> bool:
        if title not in self.titles:
            return False
        place = self.titles.index(title)
        return any(row[place] not in ("0", "-") for row in self.rows)


def step_table(steps: Iterable[StepState]) -> Table:
    """The table of some steps."""
    return Table(tuple(STEP_COLUMNS), tuple(_row(STEP_COLUMNS, each) for each in steps))


def stream_table(streams: Iterable[StreamState]) -> Table:
    """The table of some streams."""
    return Table(tuple(STREAM_COLUMNS), tuple(_row(STREAM_COLUMNS, each) for each in streams))


def _row(columns: dict[str, Callable[[Item], str]], item: Item) -> tuple[str, ...]:
    return tuple(cell(item) for cell in columns.values())


def letter_place(letter: DeadLetter) -> str:
    """Where the record of a dead letter is, and the output that did not take it."""
    output = f", output {letter.output}" if letter.output else ""
    return f"{letter.stream}, shard {letter.shard}, record {letter.sequence_number}{output}"


def number(value: int | None) -> str:
    """A number, or `-` where it is not known."""
    return "-" if value is None else f"{value:,}"


def duration(seconds: float | None) -> str:
    """A duration in ms, in as many digits as mean something."""
    if seconds is None:
        return "-"
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def cut(text: str, width: int) -> str:
    """A text in at most so many cells of a terminal."""
    from rich.cells import set_cell_size

    if _width(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + "…"


def _padded(cell: str, width: int, title: str) -> str:
    blanks = " " * (width - _width(cell))
    return cell + blanks if title in LEFT else blanks + cell


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
