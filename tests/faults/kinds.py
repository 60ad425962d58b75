"""The faults: what happens to a run, each by name; what they do depends on the seed, and on how far the run is."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from iguazioig.local import lifelines

if TYPE_CHECKING:
    from trials import Trial

Strike = Callable[["Trial", Random], None]


def kill_a_process(trial: Trial, random: Random) -> None:
    """Of a replica: the replica itself, or one of its workers."""
    leader = random.choice(trial.replicas())
    victim = random.choice([leader, *lifelines.members(leader)])
    with contextlib.suppress(ProcessLookupError):
        os.kill(victim, signal.SIGKILL)


def exchange_shards(trial: Trial, random: Random) -> None:
    """One replica gives its shards back while another dies: who of their successors comes first takes those of the first."""
    first, second = trial.pair(random.choice(trial.shared_steps))
    first.channel.send(None)
    if second.process is not None:
        lifelines.end_session(second.process.pid)


def restart_v3io(trial: Trial, random: Random) -> None:
    trial.server.kill()
    trial.go_on(random.choice([0, 0.2, 1.0]))
    trial.server.start()


def lose_answers(trial: Trial, random: Random) -> None:
    """The write takes effect, and nobody is told."""
    kind = random.choice(["drop-after", "broken"])
    more = {"body": random.choice(["cut", "text"])} if kind == "broken" else {}
    trial.server.fault(
        seed=random.randrange(1000),
        kind=kind,
        function="PutRecords",
        next=random.randint(2, 8),
        **more,
    )


def storm(trial: Trial, random: Random) -> None:
    """Outputs are refused for a while."""
    status = random.choice([503, 500, 429, 502])
    trial.server.fault(
        seed=random.randrange(1000),
        kind="status",
        status=status,
        function="PutRecords",
        next=random.randint(5, 25),
    )


def storm_everywhere(trial: Trial, random: Random) -> None:
    """Whatever is asked for is refused for a while."""
    trial.server.fault(
        seed=random.randrange(1000), kind="status", status=503, next=random.randint(5, 25)
    )


def answer_too_late(trial: Trial, random: Random) -> None:
    """Longer than the time-out, which trials set to half a second."""
    trial.server.fault(
        seed=random.randrange(1000),
        kind="delay",
        seconds=1.2,
        function="PutRecords",
        next=random.randint(1, 3),
    )


def fail_in_part(trial: Trial, random: Random) -> None:
    """Some records of a request fail."""
    trial.server.fault(
        seed=random.randrange(1000),
        kind="records",
        of_records=0.5,
        function="PutRecords",
        next=random.randint(5, 25),
    )


def fill_the_disk(trial: Trial, random: Random) -> None:
    """Nothing can be written any more, until somebody makes room."""
    trial.server.fill()
    trial.until_refused()
    trial.server.empty()


def nothing(trial: Trial, random: Random) -> None:
    """The messages are bad enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of fault: whether delivery allows messages to come twice for it, and the share of messages that are poison.

    `by_requests` is what the server itself counts; `early` is what strikes before any step runs for the first time, so that it is met
    however fast the steps are.
    """

    strike: Strike
    again: bool
    by_requests: bool = True
    early: bool = False
    poison: float = 0.1


KINDS = {
    "kill -9": Kind(strike=kill_a_process, again=True, by_requests=False),
    "shards exchanged": Kind(strike=exchange_shards, again=True, by_requests=False),
    "v3io restarted": Kind(strike=restart_v3io, again=True, by_requests=False),
    "disk full": Kind(strike=fill_the_disk, again=True, by_requests=False),
    "answers lost": Kind(strike=lose_answers, again=True, early=True),
    "answers too late": Kind(strike=answer_too_late, again=True, early=True),
    "503 everywhere": Kind(strike=storm_everywhere, again=True),
    "503 for outputs": Kind(strike=storm, again=False, early=True),
    "partial failures": Kind(strike=fail_in_part, again=False, early=True),
    "poison messages": Kind(strike=nothing, again=False, by_requests=False, poison=0.5),
}
