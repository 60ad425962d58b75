"""What `iguazioig run` shows: a live table on a terminal, plain lines elsewhere, and a summary at the end."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import click

from .local.expectations import Comparison
from .local.session import DeadLetter, Result, Snapshot, StepState
from .local.steps import shown
from .terminal import count

STEP_COLUMNS = (
    "step",
    "replicas",
    "in",
    "out",
    "failed",
    "dead letters",
    "redelivered",
    "lag",
    "records/s",
    "median",
    "99 %",
)
STREAM_COLUMNS = ("stream", "records", "waiting for")
SHOWN = 10
"""How many dead letters, missing and unexpected messages are shown; the rest is counted."""


class LiveView:
    """Tables that change in place."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self.console = Console(stderr=True)
        self.live = Live(console=self.console, auto_refresh=False, transient=True)
        self.live.start()

    def close(self) -> None:
        """Take the tables away."""
        self.live.stop()

    def say(self, text: str) -> None:
        """A line above the tables."""
        self.live.console.print(text, style="dim", markup=False, highlight=False)

    def show(self, snapshot: Snapshot) -> None:
        """Show how far everything is."""
        from rich.console import Group

        steps = _rich_table(STEP_COLUMNS, step_rows(snapshot))
        streams = _rich_table(STREAM_COLUMNS, stream_rows(snapshot))
        self.live.update(
            Group(steps, streams, f"{snapshot.seconds:.0f} s; Ctrl-C ends"), refresh=True
        )


def _rich_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(
            column, justify="left" if number == 0 or column == "waiting for" else "right"
        )
    for row in rows:
        table.add_row(*row)
    return table


class PlainView:
    """A line for what happens, on standard error, and one every few seconds for how far it is."""

    EVERY = 5.0

    def __init__(self) -> None:
        self.next = self.EVERY

    def close(self) -> None:
        """Nothing is in the way of what comes next."""

    def say(self, text: str) -> None:
        """A line."""
        click.echo(text, err=True)

    def show(self, snapshot: Snapshot) -> None:
        """A line now and then."""
        if snapshot.seconds >= self.next:
            self.next = snapshot.seconds + self.EVERY
            states = "; ".join(
                f"{each.name} {each.delivered:,} in, lag {each.lag:,}" for each in snapshot.steps
            )
            click.echo(f"{snapshot.seconds:.0f} s: {states}", err=True)


def choose_view() -> LiveView | PlainView:
    """The view for where standard error goes."""
    return LiveView() if sys.stderr.isatty() else PlainView()


def step_rows(snapshot: Snapshot) -> list[tuple[str, ...]]:
    """The cells of each step."""
    return [_step_row(each) for each in snapshot.steps]


def _step_row(step: StepState) -> tuple[str, ...]:
    numbers = (step.failed, step.dead_letters, step.redelivered, step.lag)
    return (
        step.name,
        str(step.replicas),
        f"{step.delivered:,}",
        "-" if step.out is None else f"{step.out:,}",
        *(f"{number:,}" for number in numbers),
        f"{step.rate:,.0f}",
        duration(step.median),
        duration(step.slowest),
    )


def stream_rows(snapshot: Snapshot) -> list[tuple[str, ...]]:
    """The cells of each stream."""
    return [
        (
            each.name,
            f"{each.records:,}",
            ", ".join(f"{group} {lag:,}" for group, lag in each.lags.items()),
        )
        for each in snapshot.streams
    ]


def duration(seconds: float | None) -> str:
    """A duration in ms, in as many digits as mean something."""
    if seconds is None:
        return "-"
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def text_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table in plain text: the first column to the left, the others to the right."""
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (columns, *rows)
    ]


def show_result(result: Result) -> None:
    """The summary of a run."""
    for line in text_table(STEP_COLUMNS, step_rows(result.snapshot)):
        click.echo(line)
    click.echo()
    for line in text_table(STREAM_COLUMNS, stream_rows(result.snapshot)):
        click.echo(line)
    _show_letters(result.letters)
    for step in result.snapshot.steps:
        if step.restarts:
            click.echo(
                f"\n{step.name} was started again {count(step.restarts, 'time')}; {count(step.redelivered, 'record')} came again"
            )
        if step.failed:
            click.secho(
                f"\n{step.name}: {count(step.failed, 'record')} lost, its handler raised: {step.last_error}",
                fg="red",
            )
    for comparison in result.comparisons:
        _show_comparison(comparison)
    if not result.reached:
        click.secho("\nthe time was over before everything was done", fg="red")
    click.echo(f"\nthe steps' logs are in {shown(result.logs)}")


def _show_letters(letters: Sequence[DeadLetter]) -> None:
    if letters:
        click.echo(f"\n{count(len(letters), 'dead letter')}")
    for letter in letters[:SHOWN]:
        output = f", output {letter.output}" if letter.output else ""
        click.echo(
            f"  {letter.step}: {letter.stream}, shard {letter.shard}, {letter.sequence_number}{output}: {letter.cause}"
        )
    _say_more(letters)


def _show_comparison(comparison: Comparison) -> None:
    twice = f", {comparison.duplicates:,} of them again" if comparison.duplicates else ""
    head = f"\n{comparison.stream}: {comparison.expected:,} expected, {comparison.arrived:,} arrived{twice}"
    click.secho(
        f"{head}; {'as expected' if comparison.holds else 'not as expected'}",
        fg="green" if comparison.holds else "red",
    )
    for title, messages in (("missing", comparison.missing), ("unexpected", comparison.unexpected)):
        for message in messages[:SHOWN]:
            click.echo(f"  {title}  {message}")
        _say_more(messages)


def _say_more(shown: Sequence[object]) -> None:
    if len(shown) > SHOWN:
        click.echo(f"  … and {len(shown) - SHOWN:,} more")


def result_as_json(result: Result) -> str:
    """A run's result for machines."""
    described = {
        "good": result.is_good,
        "reached": result.reached,
        "sent": result.sent,
        "seconds": round(result.snapshot.seconds, 3),
        "steps": [asdict(each) for each in result.snapshot.steps],
        "streams": [
            {"name": s.name, "records": s.records, "lags": dict(s.lags)}
            for s in result.snapshot.streams
        ],
        "dead_letters": [asdict(each) for each in result.letters],
        "expected": [{**asdict(each), "holds": each.holds} for each in result.comparisons],
        "logs": str(result.logs),
    }
    return json.dumps(described, indent=2)
