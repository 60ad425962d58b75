"""What is asked at a terminal."""

from __future__ import annotations

from collections.abc import Callable

import click


def ask(what: str, check: Callable[[str], None], *, default: str | None = None) -> str:
    """An answer that `check` has nothing against; it raises ValueError, and is asked again."""

    def checked(text: str) -> str:
        try:
            check(text)
        except ValueError as error:
            raise click.UsageError(str(error)) from error
        return text

    answer: str = click.prompt(what, default=default, value_proc=checked)
    return answer
