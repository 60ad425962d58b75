"""HTML of a few forms. Nothing of a graph gets there but through `escape`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape as _escape

from ..errors import printable

LISTED = 200
"""How much of a long list is shown."""


class Html(str):
    """Text that is HTML already; every other text is escaped."""

    __slots__ = ()


def escape(text: str) -> Html:
    """Any text as HTML that shows it: in one line, with nothing hidden."""
    return text if isinstance(text, Html) else Html(_escape(printable(text)))


def code(text: str) -> Html:
    """Text as code."""
    return Html(f"<code>{escape(text)}</code>")


def codes(texts: Iterable[str]) -> Html:
    """Texts as code, with commas; a dash where there is none."""
    return Html(", ".join(map(code, texts)) or "–")


def heading(text: str) -> Html:
    """A line above what follows."""
    return Html(f"<p><strong>{escape(text)}</strong></p>")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Html:
    """A table, of many rows the first ones."""
    body = "".join(_row("td", row) for row in rows[:LISTED])
    more = f"<p>… and {len(rows) - LISTED:,} more</p>" if len(rows) > LISTED else ""
    return Html(f"<table><thead>{_row('th', head)}</thead><tbody>{body}</tbody></table>{more}")


def listed(items: Sequence[str], *, numbered: bool = False) -> Html:
    """A list, of many items the first ones."""
    kind = "ol" if numbered else "ul"
    shown = "".join(f"<li>{escape(item)}</li>" for item in items[:LISTED])
    more = f"<p>… and {len(items) - LISTED:,} more</p>" if len(items) > LISTED else ""
    return Html(f"<{kind}>{shown}</{kind}>{more}")


def _row(kind: str, cells: Iterable[str]) -> str:
    shown = (f'<{kind} style="text-align: left">{escape(cell)}</{kind}>' for cell in cells)
    return f"<tr>{''.join(shown)}</tr>"
