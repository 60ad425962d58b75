"""Values that JSON can hold, out of a YAML 1.1 file: what would surprise its author is said."""

from __future__ import annotations

import math
import re
from typing import Any

from ..document import Mapping, Scalar, Sequence, Value, shorten
from .kinds import IDENTIFIER, INVALID, Kind, Schema
from .reader import Reader


class Json(Kind):
    """Whatever JSON can hold. What else YAML makes of a plain word is refused: it would surprise the class."""

    expected = "what JSON can hold: text, numbers, true, false, null, lists, mappings"

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """The Python value, with every mapping a dictionary with text keys."""
        if isinstance(value, Sequence):
            items = [self.read(item, reader, name) for item in value.items]
            return INVALID if INVALID in items else items
        if isinstance(value, Mapping):
            return self._mapping(value, reader, name)
        return _scalar(value, reader, name)

    def _mapping(self, value: Mapping, reader: Reader, name: str) -> Any:
        read = {}
        for text, (key, entry) in value.entries.items():
            if key.tag != "str":
                wrong = f"the key `{shorten(text)}` in `{name}` is {_TAGS[key.tag]} for YAML"
                expected = f'the keys of JSON are text: quote it, `"{shorten(text)}"`'
                reader.error(key.location, wrong, expected, "not-json")
            read[text] = self.read(entry, reader, name)
        return INVALID if INVALID in read.values() else read

    def schema(self) -> Schema:
        """Anything."""
        return {}


class JsonMapping(Json):
    """A mapping of what JSON can hold, with Python identifiers as keys."""

    expected = "a mapping of argument names to values"

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """The arguments; None stands for a value that could not be read, so that the argument is there all the same."""
        if not isinstance(value, Mapping):
            return self.refuse(value, reader, name)
        read = {}
        for text, (key, entry) in value.entries.items():
            result = _ANYTHING.read(entry, reader, f"{name}.{shorten(text)}")
            if IDENTIFIER.check(key, reader, f"a key of `{name}`"):
                read[text] = None if result is INVALID else result
        return read

    def schema(self) -> Schema:
        """An object."""
        return {"type": "object"}


_ANYTHING = Json()

_TAGS = {
    "int": "a number",
    "float": "a number",
    "bool": "a truth value",
    "null": "null",
    "timestamp": "a date",
    "binary": "binary data",
    "merge": "a merge key",
}
_NEARLY_A_NUMBER = re.compile(
    r"[-+]?(0o[0-7]+|([0-9]+|[0-9]*\.[0-9]+)[eE][0-9]+|[0-9]+[eE][-+]?[0-9]+)"
)
_OCTAL = re.compile(r"[-+]?0[0-7_]+")


def _scalar(value: Scalar, reader: Reader, name: str) -> Any:
    try:
        result = value.value()
    except ValueError:
        return _refuse(value, reader, name, f"{_TAGS[value.tag]} for YAML, and not a valid one")
    if not (result is None or isinstance(result, int | float | str)):
        return _refuse(value, reader, name, f"{_TAGS[value.tag]} for YAML, which JSON cannot hold")
    if isinstance(result, float) and not math.isfinite(result):
        what = "infinity or not-a-number for YAML, which JSON cannot hold"
        return _refuse(value, reader, name, what)
    if value.plain:
        _warn_of_surprise(value, result, reader, name)
    return result


def _refuse(value: Scalar, reader: Reader, name: str, what: str) -> Any:
    shown = shorten(value.text)
    wrong = f"`{shown}` in `{name}` is {what}"
    reader.error(value.location, wrong, f'quote it to make it text, `"{shown}"`', "not-json")
    return INVALID


def _warn_of_surprise(value: Scalar, result: Any, reader: Reader, name: str) -> None:
    """Say what YAML 1.1 makes of a word that looks like something else."""
    shown = shorten(value.text)
    if value.tag == "str" and _NEARLY_A_NUMBER.fullmatch(value.text):
        meant = f"or write the number as `{_as_number(value.text)}`"
        _warn(value, reader, f"`{shown}` in `{name}` is text for YAML 1.1", meant)
    elif value.tag in ("int", "float") and (":" in value.text or _OCTAL.fullmatch(value.text)):
        wrong = f"`{shown}` in `{name}` is the number {result} for YAML 1.1"
        _warn(value, reader, wrong, f"or write `{result}`")
    elif value.tag == "bool" and value.text.lower() not in ("true", "false"):
        word = str(result).lower()
        wrong = f"`{shown}` in `{name}` is the truth value {word} for YAML 1.1"
        _warn(value, reader, wrong, f"or write `{word}`")


def _warn(value: Scalar, reader: Reader, wrong: str, otherwise: str) -> None:
    expected = f'quote it if it is text, `"{shorten(value.text)}"`, {otherwise}'
    reader.warn(value.location, wrong, expected, "yaml-1.1")


def _as_number(text: str) -> str:
    sign = "-" if text.startswith("-") else ""
    digits = text.lstrip("+-")
    if digits.startswith("0o"):
        return f"{sign}{int(digits[2:], 8)}"
    number = float(digits)
    return sign + (str(int(number)) if number.is_integer() and number < 1e15 else repr(number))
