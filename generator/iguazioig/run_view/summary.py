"""The summary of a run."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence

import click

from ..errors import printable
from ..local.expectations import Comparison
from ..local.files import shown
from ..local.results import Cause, DeadLetters, End, Result, StepState
from ..terminal import count
from .tables import Table, letter_place, step_table, stream_table

SHOWN = 10
"""How many causes of dead letters, missing and unexpected messages are shown; the rest is counted."""

LONGEST = 500
"""How many characters of a text that others wrote are shown."""

GOOD = {
    End.IDLE: "every message is done with",
    End.TIME: "the time is over, as it was asked for",
    End.INTERRUPTED: "ended by an interrupt",
}
BAD = {
    End.TIME: "the time was over before everything was done",
    End.INTERRUPTED: "interrupted before everything was done",
    End.FAILED: "it could not go on",
}


def show_result(result: Result) -> None:
    """Print how a run ended."""
    for table in (step_table(result.snapshot.steps), stream_table(result.snapshot.streams)):
        click.echo("\n".join(_fitting(table)))
        click.echo()
    _show_letters(result.letters)
    for step in result.snapshot.steps:
        _show_trouble(step)
    for comparison in result.comparisons:
        _show_comparison(comparison)
    for point, happened in result.crashes.items():
        if not happened:
            _show_missed(point)
    click.secho(_end(result), fg=None if result.ended_well else "red")
    click.echo(f"the steps' logs are in {printable(shown(result.logs))}")


def _fitting(table: Table) -> list[str]:
    """The lines of a table; on a terminal as wide as that is."""
    if sys.stdout is not None and sys.stdout.isatty():
        table = table.narrowed(shutil.get_terminal_size().columns)
    return table.lines()


def _end(result: Result) -> str:
    return (GOOD if result.ended_well else BAD)[result.ended]


def _show_missed(point: str) -> None:
    step, _, number = point.rpartition("@")
    wanted = f"no process of {step} came behind its {_nth(int(number))} record"
    click.secho(f"{printable(f'--crash {point} did not happen: {wanted}')}\n", fg="red")


def _nth(number: int) -> str:
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{number:,}{'th' if number % 100 in (11, 12, 13) else ends.get(number % 10, 'th')}"


def _show_letters(letters: DeadLetters) -> None:
    if not letters.total:
        return
    click.echo(count(letters.total, "dead letter"))
    first = letters.causes[:SHOWN]
    for cause in first:
        click.echo(f"  {_described(cause)}")
    others = letters.total - sum(cause.count for cause in first)
    if others:
        click.echo(f"  … and {others:,} more, of other causes")
    click.echo()


def _described(cause: Cause) -> str:
    """A cause in one line, with how often, and one of its records."""
    one = "for one " if cause.count > 1 else ""
    place = printable(letter_place(cause.example), LONGEST)
    return f"{cause.count:,} × {printable(cause.step)}: {printable(cause.cause, LONGEST)} ({one}{place})"


def _show_trouble(step: StepState) -> None:
    """Whether a step was started again, and what it lost."""
    name = printable(step.name)
    if step.restarts:
        known = step.redelivered is not None
        again = f"; {count(step.redelivered or 0, 'record')} came again" if known else ""
        click.echo(f"{name} was started again {count(step.restarts, 'time')}{again}\n")
    if step.failed:
        why = printable(step.last_error, LONGEST)
        lost = count(step.failed, "record")
        click.secho(f"{name}: {lost} lost, its handler raised: {why}\n", fg="red")


def _show_comparison(comparison: Comparison) -> None:
    numbers = f"{comparison.expected:,} expected, {comparison.arrived:,} arrived"
    again = f", {comparison.duplicates:,} of them again" if comparison.duplicates else ""
    verdict = "as expected" if comparison.holds else "not as expected"
    click.secho(
        f"{printable(comparison.stream)}: {numbers}{again}; {verdict}",
        fg="green" if comparison.holds else "red",
    )
    for line in (
        *_some("missing", comparison.missing),
        *_some("unexpected", comparison.unexpected),
    ):
        click.echo(f"  {line}")
    click.echo()


def _some(title: str, messages: Sequence[str]) -> Iterator[str]:
    yield from (f"{title}  {printable(message, LONGEST)}" for message in messages[:SHOWN])
    if len(messages) > SHOWN:
        yield f"… and {len(messages) - SHOWN:,} more"
