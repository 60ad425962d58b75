"""What PyYAML says of a text that is not YAML, in the words and at the place that help its author."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from .errors import Location, Problem

_BREAK = re.compile(r"\r\n|\r|\n")
_BREAKS_OF_YAML_ALONE = re.compile("[\x85\u2028\u2029]")
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Places:
    """Where the marks of PyYAML are in the file, as every editor counts.

    YAML 1.1 begins a new line after U+0085, U+2028 and U+2029 too; editors, git and grep do not.
    """

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._text = text
        self._starts = _line_starts(text) if _BREAKS_OF_YAML_ALONE.search(text) else None

    def of(self, mark: Any) -> Location:
        """The place of a mark."""
        if self._starts is not None:
            return self.at(mark.index)
        return Location(self._path, mark.line + 1, mark.column + 1)

    def at(self, index: int) -> Location:
        """The place of the character with this index."""
        if self._starts is None:
            self._starts = _line_starts(self._text)
        line = bisect_right(self._starts, index)
        return Location(self._path, line, index - self._starts[line - 1] + 1)


def _line_starts(text: str) -> array[int]:
    return array("L", _each_line_start(text))


def _each_line_start(text: str) -> Iterator[int]:
    yield 0
    for found in _BREAK.finditer(text):
        yield found.end()


def explain_character(error: yaml.reader.ReaderError, text: str, places: Places) -> Problem:
    """The problem of a character that YAML does not allow anywhere."""
    found = _NOT_YAML.search(text)
    if found is None:
        return _not_yaml(places.at(0), str(error.reason), "write plain text")
    code = ord(found[0])
    escape = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    wrong = f"the character U+{code:04X} may not stand in YAML"
    expected = f'write it as an escape in double quotes, "{escape}"'
    return Problem(places.at(found.start()), wrong, expected, "yaml")


def explain_syntax(error: yaml.MarkedYAMLError, text: str, places: Places) -> Problem:
    """The problem of a text whose characters are fine and whose structure is not."""
    said = error.problem or error.context or "it cannot be read"
    problem = error.problem_mark or error.context_mark
    if problem is None:
        return _not_yaml(places.at(0), said, "check quotes and brackets")
    here = _Here(text, problem.index, (error.context_mark or problem).index, places)
    for pattern, cause in _CAUSES:
        if re.search(pattern, said):
            return cause(here)
    expected = "check indentation, colons, quotes and brackets here and just above"
    return _not_yaml(places.at(here.problem), said, expected)


def _not_yaml(place: Location, what: str, expected: str) -> Problem:
    return Problem(place, f"not valid YAML: {what}", expected, "yaml")


@dataclass(frozen=True, slots=True)
class _Here:
    """Where PyYAML gave up (`problem`), and where what it was reading began (`context`)."""

    text: str
    problem: int
    context: int
    places: Places

    def char(self, index: int) -> str:
        return self.text[index : index + 1]

    def at_problem(self, what: str, expected: str) -> Problem:
        return _not_yaml(self.places.at(self.problem), what, expected)

    def at_context(self, what: str, expected: str) -> Problem:
        return _not_yaml(self.places.at(self.context), what, expected)


def _unclosed_quote(here: _Here) -> Problem:
    return here.at_context("the quote that begins here is never closed", "close it")


def _tab(here: _Here) -> Problem:
    return here.at_problem("a tab stands where only spaces may", "indent with spaces")


def _bad_beginning(here: _Here) -> Problem:
    char = here.char(here.problem)
    if char == "\t":
        return _tab(here)
    return here.at_problem(f"`{char}` cannot begin a value", "put the value in quotes")


def _bad_colon(here: _Here) -> Problem:
    expected = "quote the value if `: ` is part of it; else check the indentation here and above"
    return here.at_problem("this `:` is out of place", expected)


def _no_colon(here: _Here) -> Problem:
    return here.at_context("no `:` follows this", "write `key: value`")


def _no_space(here: _Here) -> Problem:
    return here.at_problem("this `:` has no space after it", "write `key: value`")


def _bad_escape(here: _Here) -> Problem:
    expected = "write `\\\\` for a backslash, or use single quotes"
    return here.at_problem("YAML does not know this escape", expected)


def _bad_code(here: _Here) -> Problem:
    return here.at_problem("this escape is half a character", "write the character itself")


def _unclosed_bracket(here: _Here) -> Problem:
    opening = here.char(here.context)
    line = here.places.at(here.context).line
    closing = {"{": "}", "[": "]"}.get(opening, "a closing bracket")
    what = f"the `{opening}` of line {line} is not closed before this"
    return here.at_problem(what, f"expected `,` or `{closing}`")


def _no_value(here: _Here) -> Problem:
    char = here.char(here.problem)
    if char:
        return here.at_problem(f"`{char}` is out of place", "expected a value")
    return here.at_problem("the file ends within brackets", "close what is open")


def _misfit(here: _Here) -> Problem:
    line = here.places.at(here.context).line
    what = f"this is no part of the list or mapping that begins in line {line}"
    return here.at_problem(what, "check the indentation here, and the quotes just before")


def _bad_list(here: _Here) -> Problem:
    return here.at_problem("a list cannot begin here", "begin it on a line of its own")


def _no_name(here: _Here) -> Problem:
    char = here.char(here.context)
    return here.at_context(f"`{char}` has no name after it", "quote the value if it is text")


_CAUSES = (
    ("unexpected end of stream", _unclosed_quote),
    ("tab character", _tab),
    ("cannot start any token", _bad_beginning),
    ("mapping values are not allowed", _bad_colon),
    ("could not find expected ':'", _no_colon),
    ("unexpected ':'", _no_space),
    ("unknown escape|hexdecimal|escape sequence", _bad_escape),
    ("Unicode character escape", _bad_code),
    ("expected ',' or", _unclosed_bracket),
    ("node content", _no_value),
    ("expected key|'-' indicator|<block end>", _misfit),
    ("sequence entries are not allowed", _bad_list),
    ("alphabetic or numeric", _no_name),
)
