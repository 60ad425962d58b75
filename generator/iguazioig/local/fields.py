"""The values of a YAML file, each read as what it has to be; what is something else is noted with its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from ..document import Mapping, Scalar, Sequence, Value, kind, shorten
from ..errors import Location, Problem, closest, hint
from ..quantities import seconds

LONGEST = 86_400.0
"""Seconds: no interval of a trigger is longer than a day."""

LONGEST_NAME = 1024
MOST_NOTES = 100


@dataclass(slots=True)
class Notes:
    """What is wrong with a file."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, place: Location, wrong: str, expected: str, *, warning: bool = False) -> None:
        """One more thing, unless there are more than anybody reads."""
        if len(self.problems) >= MOST_NOTES:
            return
        severity = "warning" if warning else "error"
        self.problems.append(Problem(place, wrong, expected, "function-yaml", severity))  # type: ignore[arg-type]


class Fields:
    """A mapping, called `name` in messages; anything else is noted, and is as one without keys. So is null, which is none.

    Its keys are found whatever their case, as Nuclio finds them (nuclio-facts 1.1), unless it is `exact`.
    """

    def __init__(
        self, value: Value | None, place: Location, name: str, notes: Notes, *, exact: bool = False
    ) -> None:
        self.place, self.name, self._notes = place, name, notes
        self._fold = str if exact else str.lower
        self._entries: dict[str, tuple[Scalar, Value]] = {}
        if isinstance(value, Mapping):
            self.place = value.location
            self._entries = {self._fold(key): each for key, each in value.entries.items()}
        elif value is not None and not _is_nothing(value):
            self.wrong(value, name, "a mapping")

    def __iter__(self) -> Iterator[str]:
        return (key.text for key, _ in self._entries.values())

    def get(self, key: str) -> Value | None:
        """The value of a key; None where there is none, or nothing."""
        entry = self._entries.get(self._fold(key))
        return None if entry is None or _is_nothing(entry[1]) else entry[1]

    def place_of(self, key: str) -> Location:
        """Where a value stands, or the mapping where there is none."""
        value = self.get(key)
        return self.place if value is None else value.location

    def wrong(self, value: Value, what: str, expected: str) -> None:
        """Note that a value is not what is expected."""
        if not (isinstance(value, Scalar) and value.is_broken):  # that one is known already
            self._notes.add(value.location, f"{what} is {kind(value)}", f"expected {expected}")

    def fields(self, key: str, *, exact: bool = False) -> Fields:
        """The mapping of a key."""
        name = f"`{shorten(key)}`"
        return Fields(self.get(key), self.place_of(key), name, self._notes, exact=exact)

    def items(self, key: str) -> list[Fields]:
        """The mappings in the list of a key."""
        value = self.get(key)
        if value is None:
            return []
        if not isinstance(value, Sequence):
            self.wrong(value, f"`{key}`", "a list")
            return []
        name = f"an entry of `{key}`"
        return [Fields(each, each.location, name, self._notes) for each in value.items]

    def text(self, key: str, default: str = "") -> str:
        """The text of a key."""
        value = self.get(key)
        if value is None:
            return default
        if not isinstance(value, Scalar) or not _is_text(value):
            self.wrong(value, f"`{key}`", "a text: quote it if it is one")
            return default
        if "\0" in value.text:
            self.wrong(value, f"`{key}`", "a text without the character NUL")
            return default
        return value.text

    def word(self, key: str) -> str:
        """The text of a key that has to be there, and has to be a name of something."""
        value = self.get(key)
        if value is None:
            self._notes.add(self.place, f"{self.name} lacks `{key}`", "expected a name")
            return ""
        text = self.text(key)
        if text and not (text.isprintable() and len(text) <= LONGEST_NAME):
            self.wrong(value, f"`{key}`", "a name in one line of printable characters")
        elif not text and isinstance(value, Scalar) and not value.text:
            self.wrong(value, f"`{key}`", "a name")
        return text

    def number(self, key: str, least: int, most: int, default: int = 0) -> int:
        """The whole number of a key."""
        value = self.get(key)
        if value is None:
            return default
        if isinstance(value, Scalar) and value.tag == "int":
            number = _whole(value)
            if number is not None and least <= number <= most:
                return number
        self.wrong(value, f"`{key}`", f"a whole number from {least} to {most:,}")
        return default

    def seconds(self, key: str, default: float) -> float:
        """The seconds of a duration; nothing, or an empty text, is the default."""
        text = self.text(key, "")
        if not text:
            return default
        try:
            found = seconds(text)
        except ValueError:
            found = 0.0
        if not 0 < found <= LONGEST:
            expected = "a duration such as `10s` or `250ms`, of more than nothing and at most a day"
            self._refuse(key, expected)
            return default
        return found

    def choice(self, key: str, known: Collection[str], default: str) -> str:
        """One of some words."""
        text = self.text(key, default) or default
        if text in known:
            return text
        words = " or ".join(f"`{each}`" for each in known)
        self._refuse(key, f"{words}{hint(closest(text, known))}")
        return default

    def flag(self, key: str) -> bool:
        """Whether something is asked for."""
        value = self.get(key)
        if value is None:
            return False
        if not isinstance(value, Scalar) or value.tag != "bool":
            self.wrong(value, f"`{key}`", "`true` or `false`")
            return False
        return bool(value.value())

    def _refuse(self, key: str, expected: str) -> None:
        value = self.get(key)
        if value is not None:
            self.wrong(value, f"`{key}`", expected)

    def warn_of_strangers(self, known: Collection[str]) -> None:
        """Note keys that are almost one of the `known`: Nuclio passes over what it does not know."""
        folded = {self._fold(each) for each in known}
        for name, (key, _) in self._entries.items():
            meant = closest(key.text, known) if name not in folded else None
            if meant is not None:
                wrong = f"`{shorten(key.text)}` is not known, and passed over{hint(meant)}"
                self._notes.add(key.location, wrong, "", warning=True)


def _is_text(value: Scalar) -> bool:
    """As Nuclio's decoder has it: dates, and numbers such as `12:30`, are none of their own to it."""
    return value.tag in ("str", "timestamp") or (
        value.tag in ("int", "float") and ":" in value.text
    )


def _is_nothing(value: Value) -> bool:
    return isinstance(value, Scalar) and value.is_null


def _whole(value: Scalar) -> int | None:
    try:
        number = value.value()
    except ValueError:
        return None
    return number if isinstance(number, int) else None
