"""The dead letters of a run, counted as they come."""

from __future__ import annotations

import json
import re
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

from .results import Cause, DeadLetter, DeadLetters
from .streams import Reader, StreamPlace, StreamRecord

MOST_EXAMPLES = 1000
"""How many dead letters, and how many different causes, are kept; all are counted."""

LATEST = 3

_Reason = tuple[str, str]  # a step and its cause


class LetterBox:
    """What comes into error streams from now on; `places` are those of the steps that have one."""

    def __init__(self, client: Any, places: Mapping[str, StreamPlace]) -> None:
        streams = {place.full: place for place in places.values()}
        self.places = frozenset(streams)
        self._readers = [Reader(client, place, start="latest") for place in streams.values()]
        self._counts: Counter[str] = Counter(dict.fromkeys(places, 0))
        self._causes: Counter[_Reason] = Counter()
        self._first: dict[_Reason, DeadLetter] = {}
        self._examples: list[DeadLetter] = []
        self._latest: deque[DeadLetter] = deque(maxlen=LATEST)

    def read(self) -> None:
        """Take what has come. Raises RunError."""
        for reader in self._readers:
            for record in reader.read():
                self.take(record)

    def take(self, record: StreamRecord) -> None:
        """Count a record, if it is a dead letter of one of the steps."""
        letter = letter_of(record)
        if letter is None or letter.step not in self._counts:
            return
        self._counts[letter.step] += 1
        self._latest.append(letter)
        if len(self._examples) < MOST_EXAMPLES:
            self._examples.append(letter)
        reason = letter.step, letter.cause
        if reason in self._first or len(self._first) < MOST_EXAMPLES:
            self._first.setdefault(reason, letter)
            self._causes[reason] += 1

    def count_of(self, step: str) -> int | None:
        """How many are a step's; None where nobody knows to which stream it writes them."""
        return self._counts.get(step)

    @property
    def latest(self) -> tuple[DeadLetter, ...]:
        """The last few."""
        return tuple(self._latest)

    @property
    def tally(self) -> DeadLetters:
        """All of them."""
        causes = tuple(
            Cause(*reason, count, self._first[reason])
            for reason, count in self._causes.most_common()
        )
        total = self._counts.total() if self._counts else None
        return DeadLetters(total, causes, tuple(self._examples))


def _line(traceback: str) -> str:
    """Where in the user's code an error came from; nothing where that is `delivery` itself."""
    file, line = (re.findall(r'File "([^"\n]+)", line (\d+)', traceback) or [("", "")])[-1]
    name = file.rpartition("/")[2]
    return f" ({name}:{line})" if name not in ("", "delivery.py") else ""


def letter_of(record: StreamRecord) -> DeadLetter | None:
    """The dead letter that `delivery` wrote; None for any other record."""
    try:
        letter: Mapping[str, Any] = json.loads(record.data)
        output, cause = letter.get("output"), letter["cause"]
        return DeadLetter(
            str(letter["step"]),
            str(letter["stream"]),
            int(letter["shard"]),
            int(letter["sequence_number"]),
            None if output is None else str(output),
            f"{cause['type']}: {cause['message']}{_line(str(cause.get('traceback')))}",
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
