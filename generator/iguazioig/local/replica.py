"""A replica: a process that reads its share of a step's streams and has its workers handle them, as Nuclio's processor does.

Run as `python -m iguazioig.local.replica CHANNEL`; the channel brings an Assignment and takes reports. One record of a shard at
a time, in order; done with when its handler has returned or raised; read again by the next process where this one dies.
When the channel ends, so does the process, and with it its workers.
"""

from __future__ import annotations

import itertools
import os
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from typing import Any

from .claims import Claim
from .consumer_group import EvictedError, Member, NoFreeShardsError, Record
from .events import KIND, event_of
from .http_trigger import HttpServer
from .reports import Assignment, Failed, Progress, Ready, Trouble
from .streams import connect
from .watcher import Watcher
from .workers import Worker

REPORT_INTERVAL = 0.2  # seconds between two reports, when there is something to report
TERMINATION_TIMEOUT = 10.0  # seconds that a record in hand is given at the end: nuclio-facts 3.5
TROUBLE_INTERVAL = 10.0  # seconds between two lines about what does not work
RETRY = 1.0  # seconds until something is tried again that the platform did not do
LONGEST_REST = 3600.0


def main() -> None:
    """Run until the channel says so, or ends."""
    channel = Connection(int(sys.argv[1]))
    assignment: Assignment = channel.recv()
    # What the replica has to say goes where its step's log is.
    with open(assignment.log, "ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    replica = Replica(assignment, channel)
    try:
        replica.run()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the supervisor is gone
    finally:
        replica.kill()


class WorkerEndedError(Exception):
    """A worker's process is gone: the processor ends too, and is started again (nuclio-facts 3.5)."""


class Replica:
    """The replica of an assignment."""

    def __init__(self, assignment: Assignment, channel: Connection) -> None:
        self.assignment, self.channel, self.step = assignment, channel, assignment.step
        self.client = connect(assignment.api, assignment.access_key)
        self.pools: dict[str, list[Worker]] = {}
        self.http: HttpServer | None = None
        self.selector = selectors.DefaultSelector()
        self.to_join = list(self.step.streams)
        self.members: list[Member] = []
        self.claims: list[Claim] = []
        self.is_ready = False
        streams = [trigger.stream for trigger in self.step.streams]
        self.watcher = Watcher(assignment.api, assignment.access_key, streams)
        self.progress, self.has_news = Progress(), False
        self.due = dict.fromkeys(["join", "heartbeat", "commit", "report", "trouble"], 0.0)

    def run(self) -> None:
        """Start, then serve until told to stop."""
        failure = self.start_workers()
        if failure:
            self.channel.send(Failed(failure))
            return
        if not self.assignment.faithful:
            self.watcher.start()
        self.watch()
        try:
            self.serve()
            self.end()
        except (WorkerEndedError, EvictedError) as error:
            self.report()
            self.channel.send(Failed(str(error)))

    def start_workers(self) -> str | None:
        """Start the workers of every trigger, all at once; return why one does not start."""
        for trigger in self.step.streams:
            self.pools[trigger.name] = self.make_workers(trigger.name, KIND, trigger.workers)
        http = (
            self.make_workers(self.step.http.name, "http", self.step.http.workers)
            if self.step.http
            else []
        )
        failures = [worker.start() for worker in [*self.workers(), *http]]
        if http:
            self.http = HttpServer(http)
        return next(filter(None, failures), None)

    def watch(self) -> None:
        """Watch everything that can bring something."""
        for source in (self.channel, self.watcher.news, *([self.http.ended] if self.http else [])):
            self.selector.register(source, selectors.EVENT_READ)
        for worker in self.workers():
            self.selector.register(worker.channel, selectors.EVENT_READ, worker)

    def make_workers(self, trigger: str, kind: str, count: int) -> list[Worker]:
        """The processes of one trigger, about to start."""
        return [Worker(self.assignment, trigger, kind, number) for number in range(count)]

    def workers(self) -> Iterator[Worker]:
        """Those that handle records."""
        return itertools.chain.from_iterable(self.pools.values())

    def serve(self) -> None:
        """Read, hand out, take back and keep the group informed, until told to stop."""
        while True:
            self.join()
            self.read()
            self.hand_out()
            self.keep_up()
            for key, _ in self.selector.select(self.rest()):
                if key.fileobj is self.channel:
                    if self.channel.recv() is None:
                        return
                elif key.fileobj is self.watcher.news:
                    self.watcher.news.recv()
                elif self.http and key.fileobj is self.http.ended:
                    raise WorkerEndedError("a worker ended while it handled a request")
                else:
                    self.take(key.data)

    def join(self) -> None:
        """Become a member of the group of each trigger, as soon as a share of its shards is free."""
        while self.to_join and self.is_due("join"):
            trigger = self.to_join[0]
            given = self.assignment
            member = Member(self.client, trigger, given.member, given.replicas, given.dead)
            try:
                shards = member.join()
            except Exception as error:  # whatever the client raises: the platform may come back
                self.complain(f"{trigger.name}: not in the group yet", error, NoFreeShardsError)
                self.put_off("join", RETRY)
                return
            self.claims += [Claim(member, shard) for shard in shards]
            self.members.append(member)
            self.to_join.pop(0)
            self.put_off("heartbeat", trigger.heartbeat_interval)

    def read(self) -> None:
        """Read those shards of which there is nothing left to hand out."""
        for claim in self.claims:
            if claim.records or time.monotonic() < claim.next_read or not self.has_more(claim):
                continue
            end = self.end_of(claim)
            try:
                found = claim.read()
            except Exception as error:  # whatever the client raises
                self.complain(f"{claim.place}: not read", error)
                claim.next_read = time.monotonic() + RETRY
                continue
            if not self.watcher.works:
                claim.rest(found=found, faithful=self.assignment.faithful)
            elif not found:
                claim.read_to = max(claim.read_to, end)
        if not (self.is_ready or self.to_join or any(claim.is_new for claim in self.claims)):
            self.is_ready = True
            self.channel.send(Ready(self.http.url if self.http else None))

    def has_more(self, claim: Claim) -> bool:
        """Whether reading a shard can bring anything, as far as known."""
        return claim.is_new or not self.watcher.works or self.end_of(claim) > claim.read_to

    def end_of(self, claim: Claim) -> int:
        """The last record that is known to be in a shard."""
        return self.watcher.end_of(claim.member.trigger.stream, claim.shard)

    def hand_out(self) -> None:
        """Give every shard's next record to a worker that is free."""
        for claim in self.claims:
            if claim.has_work and (worker := self.free_worker(claim)):
                self.give(worker, claim, claim.records.popleft())

    def free_worker(self, claim: Claim) -> Worker | None:
        """Any free worker of the trigger; with allocation `static` the one that the shard always has."""
        trigger = claim.member.trigger
        pool = self.pools[trigger.name]
        if trigger.static:
            pool = [pool[claim.shard % len(pool)]]
        return next((worker for worker in pool if worker.busy_with is None), None)

    def give(self, worker: Worker, claim: Claim, record: Record) -> None:
        """Hand out one record, as the event that Nuclio makes of it (nuclio-facts 3.4)."""
        claim.in_flight = True
        event = event_of(
            claim.member.trigger, record.shard, record.sequence_number, record.data, record.arrived
        )
        worker.give(event, (claim, record))
        self.progress.delivered += 1
        if record.sequence_number <= self.assignment.seen.get(claim.place, 0):
            self.progress.redelivered += 1
        self.progress.given[claim.place] = record.sequence_number
        self.has_news = True

    def take(self, worker: Worker) -> None:
        """Note what became of a record: whatever it is, it is done with (nuclio-facts 3.5)."""
        held = worker.busy_with
        try:
            answer = worker.take()
        except (EOFError, ConnectionResetError) as error:
            code = worker.process.wait()
            what = f" while it handled {held[0].place}, {held[1].sequence_number}" if held else ""
            raise WorkerEndedError(f"a worker ended with exit code {code}{what}") from error
        claim, record = held
        claim.in_flight, claim.done = False, record.sequence_number
        self.progress.add_duration(answer["seconds"])
        if answer["error"]:
            self.progress.failed += 1
            self.progress.last_error = f"{claim.place}, {record.sequence_number}: {answer['error']}"
        if self.progress.durations.total() == self.assignment.crash_at:
            self.crash()

    def crash(self) -> None:
        """End as by a lack of memory, unless another replica of the step was first."""
        try:
            os.close(os.open(self.assignment.crash_token, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return
        self.report()
        for worker in self.workers():
            worker.process.kill()
        os.kill(os.getpid(), signal.SIGKILL)

    def keep_up(self) -> None:
        """Heartbeats, commits and reports, each when it is due."""
        if self.members and self.is_due("heartbeat"):
            for member in self.members:
                self.put_off("heartbeat", member.trigger.heartbeat_interval)
                try:
                    member.heartbeat()
                except EvictedError:
                    raise
                except Exception as error:  # whatever the client raises
                    self.complain(f"{member.trigger.name}: no heartbeat", error)
        if any(claim.done > claim.committed for claim in self.claims) and self.is_due("commit"):
            self.commit()
        if self.has_news and self.is_due("report"):
            self.report()

    def commit(self) -> None:
        """Commit what is done with."""
        for claim in self.claims:
            self.put_off("commit", claim.member.trigger.commit_interval)
            try:
                claim.commit()
            except Exception as error:  # whatever the client raises: the next interval comes
                self.complain(f"{claim.place}: not committed", error)
        self.has_news = True

    def report(self) -> None:
        """Tell the supervisor what was done so far."""
        self.has_news = False
        self.put_off("report", REPORT_INTERVAL)
        self.channel.send(self.progress)

    def rest(self) -> float:
        """Seconds until something is due; what comes by itself wakes the replica."""
        moments = [self.due["join"]] if self.to_join else []
        moments += [self.due["heartbeat"]] if self.members else []
        if any(claim.done > claim.committed for claim in self.claims):
            moments.append(self.due["commit"])
        if self.has_news:
            moments.append(self.due["report"])
        moments += [
            each.next_read for each in self.claims if not each.records and self.has_more(each)
        ]
        return max(0.0, min(moments, default=LONGEST_REST + time.monotonic()) - time.monotonic())

    def is_due(self, what: str) -> bool:
        """Whether it is time for something."""
        return time.monotonic() >= self.due[what]

    def put_off(self, what: str, pause: float) -> None:
        """Set when it is time for something again."""
        self.due[what] = time.monotonic() + pause

    def end(self) -> None:
        """Let what is in hand be finished, commit it, and give the shards back."""
        deadline = time.monotonic() + TERMINATION_TIMEOUT
        busy: dict[Any, Worker]
        while busy := {worker.channel: worker for worker in self.workers() if worker.busy_with}:
            ready: list[Any] = wait(list(busy), max(0.0, deadline - time.monotonic()))
            if not ready:
                break
            for channel in ready:
                self.take(busy[channel])
        self.commit()
        self.report()
        if not self.assignment.faithful:
            for member in self.members:
                member.leave()
        for worker in self.workers():
            worker.end(max(0.0, deadline - time.monotonic()))

    def kill(self) -> None:
        """End the workers at once, whatever they do."""
        if self.http:
            self.http.close()
        for worker in self.workers():
            worker.kill()

    def complain(self, what: str, error: Exception, *expected: type[Exception]) -> None:
        """Say what did not work: all of it on the log, and now and then one line to the supervisor."""
        text = f"{self.step.name}/{self.assignment.replica}, {what}: {error}"
        print(text, flush=True)
        if not isinstance(error, (OSError, *expected)):
            traceback.print_exc()
        if self.is_due("trouble"):
            self.put_off("trouble", TROUBLE_INTERVAL)
            self.channel.send(Trouble(text))


if __name__ == "__main__":
    main()
