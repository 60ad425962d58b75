"""Texts in columns, wherever they are printed: nothing has to be installed for it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

GAP = "  "


def lines(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The titles, then the rows; every column as wide as its longest cell."""
    table = [titles, *rows]
    widths = [max(map(width, cells)) for cells in zip(*table, strict=True)]
    return [GAP.join(map(_padded, row, widths)).rstrip() for row in table]


def _padded(cell: str, wide: int) -> str:
    return cell + " " * (wide - width(cell))


def width(text: str) -> int:
    """Of a printable text, in cells of a terminal."""
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("F", "W") else 1
