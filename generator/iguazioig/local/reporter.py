"""What a replica tells its supervisor: how far it is while there is news of that, and what does not work now and then."""

from __future__ import annotations

import time
import traceback
from multiprocessing.connection import Connection

from .reports import Failed, Place, Progress, Ready, Trouble

REPORT_INTERVAL = 0.2  # seconds between two reports
TROUBLE_INTERVAL = 10.0  # seconds between two lines about what does not work


class Reporter:
    """Speaks for the replica that is called `name`, as in `converge/1`; its standard output is the step's log."""

    def __init__(self, channel: Connection, name: str) -> None:
        self.progress = Progress()
        self._channel, self._name = channel, name
        self._has_news, self._next_report, self._next_trouble = False, 0.0, 0.0

    def began(self, place: Place, number: int) -> None:
        """The records of a shard are passed over up to this one."""
        if self.progress.begun.get(place) != number:
            self.progress.begun[place] = number
            self._has_news = True

    def gave(self, place: Place, number: int, *, again: bool) -> None:
        """A worker has a record, which an earlier process was perhaps given already."""
        self.progress.delivered += 1
        self.progress.redelivered += again
        self.progress.given[place] = number
        self._has_news = True

    def handled(self, place: Place, number: int, seconds: float, error: str | None) -> None:
        """A handler has returned, or raised."""
        self.progress.handled += 1
        self.progress.add_duration(seconds)
        if error is not None:
            self.progress.failed += 1
            trigger, shard = place
            self.progress.last_error = f"{trigger}, shard {shard}, record {number}: {error}"
        self._has_news = True

    def counted(self, handled: int) -> None:
        """The processor has handled so many records."""
        self._has_news |= handled != self.progress.handled
        self.progress.delivered = self.progress.handled = handled

    def committed(self) -> None:
        """The lag is another one now."""
        self._has_news = True

    @property
    def next_moment(self) -> float:
        """When there is something to report (monotonic, in seconds)."""
        return self._next_report if self._has_news else float("inf")

    def report(self) -> None:
        """Report how far the replica is."""
        self._has_news = False
        self._next_report = time.monotonic() + REPORT_INTERVAL
        self._channel.send(self.progress)

    def ready(self, url: str | None) -> None:
        """The workers run, and the replica has its shards."""
        self._channel.send(Ready(url))

    def failed(self, why: str) -> None:
        """The replica cannot start, or go on."""
        self._channel.send(Failed(why))

    def say(self, text: str) -> None:
        """One line, at once."""
        self._channel.send(Trouble(f"{self._name}, {text}"))

    def complain(self, what: str, error: Exception, *expected: type[Exception]) -> None:
        """What did not work: all of it on the log, with where unless that is `expected`, and now and then to the supervisor."""
        print(f"{self._name}, {what}: {error}", flush=True)
        if not isinstance(error, (OSError, *expected)):
            traceback.print_exc()
        if time.monotonic() >= self._next_trouble:
            self._next_trouble = time.monotonic() + TROUBLE_INTERVAL
            self.say(f"{what}: {error}")
