"""What the `%nuclio` lines of one notebook add up to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ..errors import Location, Problem


class Text(NamedTuple):
    """A text, and where it is said."""

    text: str
    place: Location


@dataclass(frozen=True, slots=True)
class Said:
    """Settings as they are found; a later one of the same name wins, as in nuclio-jupyter.

    `resources` are by their kind and name, such as `limits` and `cpu`. `mounts` are pairs of what is mounted and where.
    """

    env: dict[str, Text] = field(default_factory=dict)
    packages: list[Text] = field(default_factory=list)
    commands: list[Text] = field(default_factory=list)
    images: list[Text] = field(default_factory=list)
    resources: dict[tuple[str, str], Text] = field(default_factory=dict)
    mounts: list[tuple[Text, Text]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def refuse(
        self, place: Location, wrong: str, expected: str, code: str = "notebook-setting"
    ) -> None:
        """Note an error."""
        self.problems.append(Problem(place, wrong, expected, code))

    def warn(self, place: Location, wrong: str, expected: str) -> None:
        """Note what its author should know."""
        self.problems.append(Problem(place, wrong, expected, "notebook-setting", "warning"))
