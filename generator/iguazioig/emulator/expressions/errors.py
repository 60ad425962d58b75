"""What can be wrong with an expression, and where."""

from __future__ import annotations

from typing import Self


class ExpressionError(ValueError):
    """What was given is no expression, or cannot be computed; the text names the character, counted from 1."""

    def __init__(self, wrong: str, position: int | None = None) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.position = position

    def at(self, position: int) -> Self:
        """The same error, at this position (from 0) if it has none yet."""
        if self.position is None:
            self.position = position
        return self

    def __str__(self) -> str:
        return (
            self.wrong if self.position is None else f"character {self.position + 1}: {self.wrong}"
        )


class UnfitError(ExpressionError):
    """An attribute is missing or of another type: this makes a comparison false, and an update fail."""
