"""A run in plain lines, for logs and pipes."""

from __future__ import annotations

import os

import click

from ..local.results import Snapshot, StepState
from ..terminal import count, plain_lines


class PlainView:
    """A line for what happens, on standard error, and one every few seconds for how far it is."""

    EVERY = 5.0

    def __init__(self) -> None:
        self.next = self.EVERY

    def close(self) -> None:
        """Nothing is in the way of what comes next."""

    def say(self, text: str) -> None:
        """What somebody says, line by line."""
        click.echo(plain_lines(text), err=True)

    def show(self, snapshot: Snapshot) -> None:
        """A line now and then."""
        if snapshot.seconds >= self.next:
            self.next = snapshot.seconds + self.EVERY
            self.say(progress_line(snapshot))

    def leave(self, text: str) -> None:
        """The last words, from within a signal handler."""
        os.write(2, f"{plain_lines(text)}\n".encode(errors="backslashreplace"))


def progress_line(snapshot: Snapshot) -> str:
    """How far every step is, in one line."""
    return f"{snapshot.seconds:.0f} s: {'; '.join(map(_described, snapshot.steps))}"


def _described(step: StepState) -> str:
    text = f"{step.name} {step.delivered:,} in, lag {step.lag:,}"
    text += f", {count(step.dead_letters, 'dead letter')}" if step.dead_letters else ""
    return text + (f", {step.failed:,} failed" if step.failed else "")
