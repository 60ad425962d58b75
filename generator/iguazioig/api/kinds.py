"""What a value of a graph may be: text, numbers, words, lists and mappings of these."""

from __future__ import annotations

import keyword
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Final

from ..document import Mapping, Scalar, Sequence, Value, kind, shorten
from ..errors import Location
from ..graph import NOTEBOOK_ENDING
from .reader import Reader

INVALID: Final = object()

Schema = dict[str, Any]


class Kind(ABC):
    """What a value has to be. `expected` finishes the sentence "`x` is …; expected …"."""

    expected: str

    def read(self, value: Value, reader: Reader, name: str) -> Any:
        """The Python value, or INVALID after the reader, or the document, has been told why."""
        reader.spend(value)
        if isinstance(value, Scalar) and value.is_broken:
            reader.errors += 1
            return INVALID
        return self.accept(value, reader, name)

    @abstractmethod
    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """The Python value, or INVALID after the reader has been told why."""

    @abstractmethod
    def schema(self) -> Schema:
        """The JSON Schema of this kind."""

    def refuse(self, value: Value, reader: Reader, name: str) -> Any:
        """Note that `value` is not of this kind."""
        is_null = isinstance(value, Scalar) and value.is_null
        wrong = f"`{name}` has no value" if is_null else f"`{name}` is {kind(value)}"
        reader.error(value.location, wrong, f"expected {self.expected}")
        return INVALID


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """One line of text, taken as it was typed: `yes`, `1.10` and `080` stay what they are."""

    expected: str = "one line of text"
    pattern: re.Pattern[str] | None = None
    longest: int = 4096

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """The text as typed."""
        if not isinstance(value, Scalar) or value.is_null:
            return self.refuse(value, reader, name)
        return value.text if self.check(value, reader, f"`{name}`") else INVALID

    def check(self, value: Scalar, reader: Reader, subject: str) -> bool:
        """Whether the text of `value` is right; `subject` begins the problem that is noted if not."""
        if len(value.text) > self.longest:
            wrong = f"{subject} has {len(value.text):,} characters"
            reader.error(value.location, wrong, f"at most {self.longest:,} are allowed")
            return False
        if not self.fits(value.text):
            wrong = f"{subject} is {kind(value)}"
            reader.error(value.location, wrong, f"expected {self.expected}")
            return False
        return True

    def fits(self, text: str) -> bool:
        """Whether the text has the right form, whatever its length."""
        if self.pattern is None:
            return _one_line(text)
        return self.pattern.fullmatch(text) is not None

    def schema(self) -> Schema:
        """Text; YAML's numbers and booleans are taken as the text that they are."""
        schema: Schema = {"type": ["string", "number", "boolean"]}
        if self.pattern is not None:
            schema["pattern"] = f"^(?:{self.pattern.pattern})$"
        return schema


def _one_line(text: str) -> bool:
    return not any(char < " " or char in "\x7f\x85\u2028\u2029" for char in text)


@dataclass(frozen=True, slots=True)
class Integer(Kind):
    """A whole number within bounds."""

    minimum: int = 1
    maximum: int | None = None

    @property
    def expected(self) -> str:  # type: ignore[override]
        """The bounds in words."""
        upper = f" to {self.maximum}" if self.maximum is not None else " or more"
        return f"a whole number, {self.minimum}{upper}"

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """The number."""
        if not isinstance(value, Scalar) or value.tag != "int":
            return self._refuse_text(value, reader, name)
        try:
            number = value.value()
        except ValueError:
            return self.refuse(value, reader, name)
        below = number < self.minimum
        above = self.maximum is not None and number > self.maximum
        return self.refuse(value, reader, name) if below or above else number

    def _refuse_text(self, value: Value, reader: Reader, name: str) -> Any:
        if not (isinstance(value, Scalar) and not value.plain and value.text.isdecimal()):
            return self.refuse(value, reader, name)
        wrong = f"`{name}` is the text `{shorten(value.text)}`"
        reader.error(value.location, wrong, f"expected {self.expected}: write it without quotes")
        return INVALID

    def schema(self) -> Schema:
        """An integer with its bounds."""
        schema: Schema = {"type": "integer", "minimum": self.minimum}
        return schema if self.maximum is None else {**schema, "maximum": self.maximum}


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def expected(self) -> str:  # type: ignore[override]
        """The words."""
        shown = ", ".join(f"`{word}`" for word in self.words)
        return f"one of {shown}" if len(self.words) > 1 else shown

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """The word."""
        if not isinstance(value, Scalar) or value.is_null:
            return self.refuse(value, reader, name)
        if value.text in self.words:
            return value.text
        hint = reader.did_you_mean(value.text, self.words)
        wrong = f"`{name}` is {kind(value)}{hint}"
        reader.error(value.location, wrong, f"expected {self.expected}")
        return INVALID

    def schema(self) -> Schema:
        """An enumeration."""
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Nothing(Kind):
    """A key that old files have and that may only be null."""

    expected: str = "null (leave the key out)"

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """Nothing: a value is refused."""
        is_null = isinstance(value, Scalar) and value.is_null
        return None if is_null else self.refuse(value, reader, name)

    def schema(self) -> Schema:
        """Null."""
        return {"type": "null"}


class Items(list[Any]):
    """The items of a list that could be read, and the place of each; `is_whole` says whether these are all."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[Location] = []
        self.is_whole = True


@dataclass(frozen=True, slots=True)
class ListOf(Kind):
    """A list whose items are all of one kind; `what` says in words what they are."""

    item: Kind
    what: str
    shortest: int = 0
    longest: int = 10_000

    @property
    def expected(self) -> str:  # type: ignore[override]
        """The list in words."""
        return f"a list of {self.what}"

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """The Items that are right; INVALID only where there is no list."""
        if not isinstance(value, Sequence):
            return self.refuse(value, reader, name)
        if len(value.items) < self.shortest:
            reader.error(value.location, f"`{name}` is empty", f"expected {self.expected}")
            return INVALID
        if len(value.items) > self.longest:
            wrong = f"`{name}` has {len(value.items):,} items"
            reader.error(value.location, wrong, f"at most {self.longest:,} are allowed")
            return INVALID
        return self._items(value, reader, name)

    def _items(self, value: Sequence, reader: Reader, name: str) -> Items:
        items = Items()
        for index, item in enumerate(value.items):
            read = self.item.read(item, reader, f"{name}[{index}]")
            if read is INVALID:
                items.is_whole = False
            else:
                items.append(read)
                items.places.append(item.location)
        return items

    def schema(self) -> Schema:
        """An array."""
        schema: Schema = {"type": "array", "items": self.item.schema()}
        return {**schema, "minItems": self.shortest} if self.shortest else schema


@dataclass(frozen=True, slots=True)
class MapOf(Kind):
    """A mapping from names of one kind to values of one kind; `what` says it in words."""

    key: Text
    value: Kind
    what: str

    @property
    def expected(self) -> str:  # type: ignore[override]
        """What is mapped."""
        return self.what

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """The entries that are right; INVALID only where there is no mapping."""
        if not isinstance(value, Mapping):
            return self.refuse(value, reader, name)
        read = {}
        for text, (key, entry) in value.entries.items():
            result = self.value.read(entry, reader, f"{name}.{shorten(text)}")
            if self.key.check(key, reader, f"a key of `{name}`") and result is not INVALID:
                read[text] = result
        return read

    def schema(self) -> Schema:
        """An object with free keys."""
        schema: Schema = {"type": "object", "additionalProperties": self.value.schema()}
        if self.key.pattern is not None:
            schema["propertyNames"] = {"pattern": f"^(?:{self.key.pattern.pattern})$"}
        return schema


def words(pattern: str, expected: str, *, longest: int = 253) -> Text:
    """Text that matches a pattern as a whole."""
    return Text(expected, re.compile(pattern), longest)


def choices(*allowed: str) -> Choice:
    """One of these words."""
    return Choice(allowed)


class PythonName(Text):
    """A Python identifier, or several with dots between them; never a keyword, which could not be written down."""

    def check(self, value: Scalar, reader: Reader, subject: str) -> bool:
        """Whether it is a name, and none of Python's own words."""
        if not super().check(value, reader, subject):
            return False
        if any(part in _PYTHONS_OWN for part in value.text.split(".")):
            wrong = f"{subject} is `{value.text}`, a word of Python itself"
            reader.error(value.location, wrong, f"expected {self.expected}")
            return False
        return True


class ModuleName(PythonName):
    """A module by its name, or a notebook by its path."""

    def check(self, value: Scalar, reader: Reader, subject: str) -> bool:
        """Whether it is one or the other; a notebook may be called as it likes."""
        if value.text.endswith(NOTEBOOK_ENDING):
            return Text.check(self, value, reader, subject)
        return super().check(value, reader, subject)


_PYTHONS_OWN = frozenset(
    {*keyword.kwlist, "__debug__"}
)  # `__debug__` is no keyword, and cannot be assigned to
_NAME = "[A-Za-z_][A-Za-z0-9_]*"
IDENTIFIER = PythonName("a Python name: letters, digits and `_`", re.compile(_NAME), 79)
DOTTED = PythonName(
    "a module, such as `fraud_model` or `models.fraud`", re.compile(rf"{_NAME}(\.{_NAME})*"), 200
)
_PART = "[A-Za-z0-9_][A-Za-z0-9_ .-]*"
NOTEBOOK = rf"({_PART}/)*{_PART}\.ipynb"
MODULE = ModuleName(
    "a module, such as `fraud_model` or `models.fraud`, or a notebook, such as `fraud.ipynb`",
    re.compile(rf"{_NAME}(\.{_NAME})*|{NOTEBOOK}"),
    200,
)
FUNCTION = PythonName(
    "a function of a module, such as `audit.record`", re.compile(rf"{_NAME}(\.{_NAME})+"), 200
)


@dataclass(frozen=True, slots=True)
class Either(Kind):
    """A mapping of one kind, which has one of these keys at least, or else text of another."""

    text: Kind
    mapping: Kind
    expected: str
    keys: frozenset[str]

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """What the kind that fits the shape of the value makes of it."""
        if isinstance(value, Mapping) and self.keys & value.entries.keys():
            return self.mapping.read(value, reader, name)
        if isinstance(value, Scalar):
            return self.text.read(value, reader, name)
        return self.refuse(value, reader, name)

    def schema(self) -> Schema:
        """Either of the two."""
        return {"anyOf": [self.text.schema(), self.mapping.schema()]}


class Typed(Text):
    """Any text as it was typed, of any number of lines; nothing at all is the empty text."""

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """The text as typed."""
        if not isinstance(value, Scalar):
            return self.refuse(value, reader, name)
        return value.text if self.check(value, reader, f"`{name}`") else INVALID

    def fits(self, text: str) -> bool:
        """Whether an environment can hold the text: it ends at a NUL."""
        return "\0" not in text

    def schema(self) -> Schema:
        """Any scalar."""
        return {"type": ["string", "number", "boolean", "null"]}


class Holder(Kind):
    """A place for anchors: what is in it is read where it is used."""

    expected = "a mapping that holds anchors"

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """Nothing."""
        return None if isinstance(value, Mapping) else self.refuse(value, reader, name)

    def schema(self) -> Schema:
        """An object."""
        return {"type": "object"}
