"""Values and calls as Python source, laid out as black lays them out.

Formatting a file with black costs 60 ms, so only what varies is formatted, here, and the tests hold that black finds
nothing to change. What does not fit on a line is opened up, one part to a line with a comma at the end, which black
leaves as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..graph import JsonValue
from .escapes import escape

WIDTH = 88

_FIRST_WIDE = "\u1100"


@dataclass(frozen=True, slots=True)
class Bracket:
    """`head(`, parts, `)`: a call, a list or a dictionary. A part is source text, or such a thing itself."""

    head: str
    parts: tuple[str | Bracket, ...]
    tail: str


Source = str | Bracket


def call(function: str, arguments: Iterable[Source]) -> Bracket:
    """A call of `function` with arguments that are source already."""
    return Bracket(f"{function}(", tuple(arguments), ")")


def keyword(name: str, value: JsonValue | Source) -> Source:
    """`name=value`; a Bracket goes in as it is, everything else as a literal."""
    return _prefix(f"{name}=", value if isinstance(value, Bracket) else literal(value))


def literal(value: JsonValue) -> Source:
    """The literal of a value that JSON can hold."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, Mapping):
        return Bracket(
            "{",
            tuple(_prefix(f"{quote(key)}: ", literal(item)) for key, item in value.items()),
            "}",
        )
    if isinstance(value, Sequence):
        return Bracket("[", tuple(literal(item) for item in value), "]")
    return repr(value).replace("e+", "e")


def quote(text: str) -> str:
    """A string literal with the quotes that black prefers: double ones, unless single ones need fewer backslashes."""
    body = escape(text)
    if body.count('"') > body.count("'"):
        return "'" + body.replace("'", "\\'") + "'"
    return '"' + body.replace('"', '\\"') + '"'


def lay_out(source: Source, *, indent: int = 0, before: str = "", after: str = "") -> str:
    """The source at a depth of `indent` spaces; `before` and `after` share its first and its last line.

    The first line is not indented: it goes where the template says.
    """
    line = before + flat(source) + after
    if isinstance(source, str) or not source.parts or indent + width(line) <= WIDTH:
        return line
    inner = indent + 4
    parts = [" " * inner + lay_out(part, indent=inner, after=",") for part in source.parts]
    return "\n".join([before + source.head, *parts, " " * indent + source.tail + after])


def assign(target: str, source: Bracket, *, indent: int) -> str:
    """`target = source`; in parentheses where the source's first line has no room beside the target."""
    before, inner = f"{target} = ", indent + 4
    head = source.head if source.parts else flat(source)
    fits = indent + width(before + head) <= WIDTH
    if fits or (source.parts and inner + width(head) > WIDTH):
        return lay_out(source, indent=indent, before=before)
    return f"{before}(\n{' ' * inner}{lay_out(source, indent=inner)}\n{' ' * indent})"


def flat(source: Source) -> str:
    """The source in one line."""
    if isinstance(source, str):
        return source
    return source.head + ", ".join(map(flat, source.parts)) + source.tail


def width(line: str) -> int:
    """The most columns that a line can take: from Hangul on, where the wide characters begin, all count as such.

    No table of Python's is asked, because its versions differ and the output must not; and what is opened up too early
    is fine with black.
    """
    return len(line) if line.isascii() else sum(2 if char >= _FIRST_WIDE else 1 for char in line)


def _prefix(text: str, source: Source) -> Source:
    return (
        text + source
        if isinstance(source, str)
        else Bracket(text + source.head, source.parts, source.tail)
    )
