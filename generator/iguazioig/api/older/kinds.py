"""Kinds of values that only the older versions have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ...document import Scalar, Value
from ..kinds import IDENTIFIER, INVALID, NOTEBOOK, Kind, PythonName, Schema, Text
from ..reader import Reader
from ..texts import PATH


class Raw(Kind):
    """Anything: what it has to be depends on its neighbours."""

    expected = "anything"

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """The value as it is in the document."""
        return value

    def schema(self) -> Schema:
        """Anything."""
        return {}


@dataclass(frozen=True, slots=True)
class Unread(Kind):
    """A key that another version reads, and this one never did; null says nothing."""

    version: str
    expected: str = "null (leave the key out)"

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """Nothing; a value that had no effect is warned of."""
        if not (isinstance(value, Scalar) and value.is_null):
            wrong = f"`{name}` was never read by `{self.version}`"
            reader.warn(value.location, wrong, "leave it out", "never-read")

    def schema(self) -> Schema:
        """Anything."""
        return {}


class Switch(Kind):
    """A truth value; the old runtime took any text as true, `"False"` too."""

    expected = "true or false"

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """The truth value; null is false."""
        if not isinstance(value, Scalar) or value.tag not in ("bool", "null"):
            return self.refuse(value, reader, name)
        return bool(value.value())

    def schema(self) -> Schema:
        """A boolean."""
        return {"type": ["boolean", "null"]}


class Method(PythonName):
    """The method of a class; what stood before a dot was found by `eval`."""

    def check(self, value: Scalar, reader: Reader, subject: str) -> bool:
        """Whether it is the name of a method of the class itself."""
        if (
            value.text.isascii()
            and "." in value.text
            and IDENTIFIER_WITH_DOTS.fullmatch(value.text)
        ):
            wrong = f"{subject} is `{value.text}`, which only `eval` can find"
            expected = "expected a method of the class itself: give it one that calls the other"
            reader.error(value.location, wrong, expected)
            return False
        return IDENTIFIER.check(value, reader, subject)


class Remote(Text):
    """What a volume mounts; `~` was the home of whoever deployed."""

    def accept(self, value: Value, reader: Reader, name: str) -> Any:
        """The path."""
        if isinstance(value, Scalar) and value.tag == "str" and value.text.split("/")[0] == "~":
            wrong = f"`{name}` begins with `~`, the home of whoever deploys"
            expected = "say whose: `users/NAME`, and what stood behind the `~`"
            reader.error(value.location, wrong, expected)
            return INVALID
        return PATH.read(value, reader, name)


IDENTIFIER_WITH_DOTS = re.compile(r"[A-Za-z_]\w{0,60}(\.[A-Za-z_]\w{0,60}){1,3}")
GPU = Switch()
METHOD = Method(IDENTIFIER.expected, IDENTIFIER.pattern, IDENTIFIER.longest)
REMOTE = Remote(PATH.expected, PATH.pattern, PATH.longest)
CLASS = PythonName(
    "a class of a module, such as `scoring.Model`",
    re.compile(
        rf"([A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*|{NOTEBOOK})\.[A-Za-z_][A-Za-z0-9_]*"
    ),
    200,
)
