"""What is asked of a run, and who is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..graph import Graph
from .results import Snapshot
from .supervisor import RunOptions


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    """What is asked of a run.

    `api` and `access_key` name a v3io that runs already; without them one is started, on `port` or a free one. `made_of` is the
    graph's file where the project is made of it for this run only. `sends` are messages by the name of the stream that gets
    them, `expects` those that have to be in a stream at the end. Without `until_idle` and `seconds` it goes on until
    somebody ends it.
    """

    options: RunOptions
    graph: Graph | None = None
    made_of: Path | None = None
    api: str | None = None
    access_key: str = ""
    port: int = 0
    sends: Sequence[tuple[str, bytes]] = ()
    expects: Sequence[tuple[str, bytes]] = ()
    until_idle: bool = False
    seconds: float | None = None


class View(Protocol):
    """Who is told what happens."""

    def say(self, text: str) -> None:
        """Something that a person should know."""

    def show(self, snapshot: Snapshot) -> None:
        """How far everything is."""

    def leave(self, text: str) -> None:
        """The last words of a process that ends there and then, whatever it was doing."""
