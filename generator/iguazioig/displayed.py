"""What shows itself in a notebook, by IPython's protocol and without IPython."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any


class Displayed:
    """Is shown as HTML where a notebook can show that, and in a few words elsewhere; `display` knows how."""

    __slots__ = ()

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        """By their types, the forms that this can be shown in; Jupyter takes what it wants."""
        from .display import bundle

        return bundle(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The few words: IPython has a way of its own with lists and exceptions, and asks for this first."""
        from .display import bundle

        printer.text(bundle(self)["text/plain"])
