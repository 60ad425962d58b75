"""One local run, from the missing package to the last dead letter."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from multiprocessing.connection import wait
from typing import Any, TypeVar

from ..errors import RunError
from . import expectations, limits, logs, sending, streams
from .expectations import Comparison
from .files import shown
from .interrupts import Interrupts
from .letter_box import LetterBox
from .lookout import Lookout, LostError
from .places import containers, error_streams, known_places, place_of
from .preparation import prepared_steps
from .request import RunRequest, View
from .results import End, Result, Snapshot, StreamState
from .steps import DeployedStep
from .streams import Reader, StreamPlace
from .supervisor import Supervisor, set_up_streams
from .web_api import WebApi, named_api, own_api

T = TypeVar("T")

INTERVAL = 0.25  # seconds between two looks at how far everything is, while anything happens
AGAIN = 1.0  # seconds until a look is repeated that v3io did not answer
MOST_FAILURES = 60  # looks in a row without an answer, before the run gives up
LAST_LOOKS = 5  # of which one has to be answered at the beginning, and at the end
SHORTEST_START = 60.0  # seconds that a start is given, however short the run is to be


def run(request: RunRequest, view: View, interrupts: Interrupts) -> Result:
    """Run a project, to the end that was asked for or until interrupted.

    Raises NotReadyError before anything has started, RunError where it cannot start, KeyboardInterrupt where it is interrupted
    before it began.
    """
    options = request.options
    steps = prepared_steps(request, view.say)
    sends, expects = _by_place(request, request.sends), _by_place(request, request.expects)
    limits.allow(steps, options.replicas)
    for place, messages in sends.items():
        sending.check(place, messages)
    where = f"the steps' logs are in {shown(options.logs)}"
    with logs.held(options.logs, [step.name for step in steps]), _web_api(request, steps) as api:
        interrupts.at_once.callback(view.leave, f"ended at once; {where}")
        view.say(str(api))
        deadline = _start_deadline(request)
        set_up_streams(options.project, api.address, api.access_key, interrupts, deadline)
        made = Supervisor(options, steps, api.address, api.key_of, interrupts, view.say)
        client = streams.connect(api.address, api.access_key)
        with contextlib.closing(client), contextlib.closing(made) as supervisor:
            session = Session(request, steps, supervisor, api, client, view)
            return session.run(sends, expects, deadline)


def _by_place(
    request: RunRequest, messages: Sequence[tuple[str, bytes]]
) -> dict[StreamPlace, list[bytes]]:
    """The messages of each stream that is named, in order."""
    found: dict[StreamPlace, list[bytes]] = {}
    for name, content in messages:
        found.setdefault(place_of(name, request.graph), []).extend(expectations.lines(content))
    return found


def _web_api(
    request: RunRequest, steps: Sequence[DeployedStep]
) -> contextlib.AbstractContextManager[WebApi]:
    if request.api is None:
        return own_api(request.port, containers(request.graph, steps))
    return contextlib.nullcontext(named_api(request.api, request.access_key))


def _start_deadline(request: RunRequest) -> float | None:
    if request.seconds is None:
        return None
    return time.monotonic() + max(request.seconds, SHORTEST_START)


class Session:
    """A run while it goes on."""

    def __init__(
        self,
        request: RunRequest,
        steps: Sequence[DeployedStep],
        supervisor: Supervisor,
        api: WebApi,
        client: Any,
        view: View,
    ) -> None:
        self.request, self.supervisor, self.view = request, supervisor, view
        self.client = client
        errors = error_streams(request.graph)
        here = {step.name: errors[step.name] for step in steps if step.name in errors}
        self.letters = self._insist(lambda: LetterBox(client, here))
        places = known_places(request.graph, steps)
        self.lookout = self._insist(
            lambda: Lookout(steps, places, api, client, supervisor, self.letters)
        )
        self.failures: list[str] = []
        self.unanswered = 0
        self.next_turn = 0.0

    def run(
        self,
        sends: dict[StreamPlace, list[bytes]],
        expects: dict[StreamPlace, list[bytes]],
        deadline: float | None,
    ) -> Result:
        """Start the steps by `deadline`, send, wait for the end, and compare. Raises RunError and KeyboardInterrupt."""
        readers = {
            place: self._insist(partial(Reader, self.client, place, start="latest"))
            for place in expects
        }
        self.supervisor.start(deadline)
        self.lookout.start()
        self.view.say(f"{len(self.supervisor.replicas)} replicas are ready")
        sent, ended, comparisons = 0, End.FAILED, []
        with self._noted():
            for place, messages in sends.items():
                for remark in sending.remarks(messages, place.key):
                    self.view.say(f"{place.name}: {remark}")
                sent += sending.put(self.client, place, messages, self._look_around)
            ended = self._wait()
            self.supervisor.stop()
        self.supervisor.close()
        with self._noted():
            for place, messages in expects.items():
                there = [each.data for each in self._insist(readers[place].read)]
                comparisons.append(expectations.compare(place.name, messages, there))
        return self._result(self._last_look(), ended, sent, comparisons)

    @contextlib.contextmanager
    def _noted(self) -> Iterator[None]:
        """What cannot go on in the block does not: there is a result to show all the same."""
        try:
            yield
        except RunError as error:
            self.failures.append(str(error))

    def _look_around(self) -> bool:
        """Between two requests: see to the replicas and the view now and then; return whether the run goes on."""
        now = time.monotonic()
        if now >= self.next_turn:
            self.next_turn = now + INTERVAL
            self.supervisor.turn(0)
            self._look()
        deadline = self._end_of_time()
        return not self.supervisor.interrupts.requested and (deadline is None or now < deadline)

    def _wait(self) -> End:
        """Look on until the run is over. Raises RunError."""
        deadline = self._end_of_time()
        has_news, due, idle = True, 0.0, None
        while not self.supervisor.interrupts.requested:
            now = time.monotonic()
            if has_news and now >= due:
                has_news, due = False, now + INTERVAL
                snapshot = self._look()
                before, idle = idle, _idle_streams(snapshot)
                if self.request.until_idle and idle is not None:
                    if before == idle:
                        return End.IDLE
                    has_news, due = True, now
                elif snapshot is None:  # unknown is not idle: whatever v3io has, look again
                    has_news, due = True, now + AGAIN
            if deadline is not None and now >= deadline:
                return End.TIME
            has_news |= self.supervisor.turn(_pause(deadline, due if has_news else None))
        self.view.say(
            "ending: records in hand are finished and committed; Ctrl-C again ends at once"
        )
        return End.INTERRUPTED

    def _end_of_time(self) -> float | None:
        seconds = self.request.seconds
        return None if seconds is None else self.lookout.begun + seconds

    def _look(self) -> Snapshot | None:
        """How far everything is; None where v3io does not answer. Raises RunError where it has not for too long."""
        try:
            snapshot = self.lookout.look()
        except LostError:
            raise
        except RunError as error:
            self.unanswered += 1
            if self.unanswered > MOST_FAILURES:
                raise
            self.view.say(f"looking again: {error}")
            return None
        self.unanswered = 0
        self.view.show(snapshot)
        return snapshot

    def _last_look(self) -> Snapshot:
        """How far everything is at the end, or was when v3io answered last. Raises RunError where it never has."""
        try:
            return self._insist(lambda: self.lookout.look(whole=True))
        except RunError as error:
            why = str(error)
        if self.lookout.last is None:
            raise RunError("; ".join([*self.failures, why]))
        then = f"what follows is how far it was after {self.lookout.last.seconds:.0f} s"
        self.view.say(f"v3io does not say any more how far everything is, {then}: {why}")
        return self.lookout.last

    def _insist(self, ask: Callable[[], T]) -> T:
        """What v3io answers to one of a few questions. Raises RunError."""
        for _ in range(LAST_LOOKS - 1):
            try:
                return ask()
            except LostError:
                raise
            except RunError:
                wait([self.supervisor.interrupts.news], AGAIN)
        return ask()

    def _result(
        self, snapshot: Snapshot, ended: End, sent: int, comparisons: Sequence[Comparison]
    ) -> Result:
        crashes = self.request.options.crashes
        return Result(
            snapshot=snapshot,
            ended=End.FAILED if self.failures else ended,
            until_idle=self.request.until_idle,
            sent=sent,
            letters=self.letters.tally,
            comparisons=tuple(comparisons),
            crashes={f"{step}@{n}": self.supervisor.crashed(step) for step, n in crashes.items()},
            logs=self.request.options.logs,
            failure="; ".join(self.failures),
        )


def _idle_streams(snapshot: Snapshot | None) -> tuple[StreamState, ...] | None:
    """What is in the streams, where everything is idle."""
    return snapshot.streams if snapshot is not None and snapshot.is_idle else None


def _pause(*moments: float | None) -> float | None:
    """Seconds until the first of some moments; None where there is none."""
    known = [moment for moment in moments if moment is not None]
    return max(0.0, min(known) - time.monotonic()) if known else None
