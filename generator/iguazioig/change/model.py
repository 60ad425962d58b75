"""A change, and what it does to what runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from ..errors import Location

Kind = Literal["project", "volume", "stream", "step"]


class Consequence(IntEnum):
    """What a change does to the records of a running system, the mildest first."""

    SAFE = 0
    RESTARTS = 1
    REPLAYS = 2
    LOSES = 3
    IMPOSSIBLE = 4

    def __str__(self) -> str:
        return self.name.lower()

    @property
    def meaning(self) -> str:
        """The class in words, as far as it is the same for all its changes (nuclio-facts 3.5)."""
        return _MEANINGS[self]


_MEANINGS = {
    Consequence.SAFE: "nothing that runs is touched",
    Consequence.RESTARTS: (
        "the step is built and deployed anew; its streams wait for it,"
        " and records since its last commit come again"
    ),
    Consequence.REPLAYS: "records that were handled already are handled again",
    Consequence.LOSES: "records, or their order, are lost unless something is done about it first",
    Consequence.IMPOSSIBLE: "v3io cannot do it, and `setup_streams.py` refuses it before anything is changed",
}


CODES = (
    "project-added", "project-renamed", "partition-key", "v3io-api", "namespace", "registry", "secrets", "generated",
    "volume-added", "volume-removed", "volume-changed",
    "stream-added", "stream-removed", "stream-renamed", "stream-moved", "shards-grown", "shards-shrunk", "retention",
    "reader-lost", "writer-lost",
    "step-added", "step-removed", "step-renamed", "input-added", "input-removed", "configuration", "scale", "code", "edited",
    "error-stream-removed", "retries",
)  # fmt: skip
"""The code of every kind of change. They are stable, the texts are not."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that becomes different.

    `kind` and `name` say of what; `code` names the rule for machines, and is stable. `what`, `reason` and `cure` are texts in
    which every value of a graph stands between backticks, in one line and without backticks of its own (`words.code`).
    `details` has a line for each field or module. `steps` are those that are deployed anew for it, by slug. `location` is
    in the later graph, or in the earlier one for what is gone.
    """

    kind: Kind
    name: str
    code: str
    what: str
    consequence: Consequence
    reason: str
    cure: str = ""
    details: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    location: Location | None = None

    @property
    def is_explained(self) -> bool:
        """Whether the reason says more than the consequence does."""
        return self.reason != self.consequence.meaning
