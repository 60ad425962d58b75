"""Records whose messages go out together: when they do, and when each is acknowledged."""

# ruff: noqa: F401, F811 - the fixtures of test_delivery
from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import nuclio_sdk
import pytest
from iguazioig.emulator import V3io
from test_delivery import (
    REJECTED,
    SCORES,
    Exited,
    Run,
    clock,
    delivery,
    delivery_batches,
    delivery_duplicates,
    no_exit,
    proxy,
    run,
    scores,
    v3io,
    written,
)
from v3io_proxy import Proxy

TOPIC = "/fraud/streams/transactions"
Start = Callable[..., "Gathering"]


class Gathering:
    """A step that gathers, in the loop of its worker, and what it has acknowledged."""

    def __init__(self, run: Callable[..., Run], size: int, linger: float, **options: Any) -> None:
        self.acknowledged: list[tuple[int, int]] = []
        self.run = run(scores(), batch=delivery_batches.Batch(size, linger), **options)
        self.batch = self.run.step.batch
        self.run.context.platform._control_callback = self.hear

    async def hear(self, message: dict[str, Any]) -> None:
        said = message["attributes"]
        assert (message["kind"], said["topic"]) == ("streamMessageAck", TOPIC)
        self.acknowledged.append((said["partition"], said["offset"]))

    def take(self, number: int, key: str = "", shard: int = 3, body: bytes | None = None) -> None:
        """The next record of a shard."""
        message = json.dumps({"account": key or f"a{number}", "n": number}).encode()
        self.run.deliver(body or message, offset=number, shard_id=shard)

    async def settle(self) -> None:
        """Let what is acknowledged be told."""
        while self.batch.acknowledging:
            await asyncio.gather(*self.batch.acknowledging)


@pytest.fixture
def start(run: Callable[..., Run]) -> Start:
    def begin(size: int = 100, linger: float = 3600, **options: Any) -> Gathering:
        return Gathering(run, size, linger, **options)

    return begin


@pytest.fixture
def loop() -> Iterator[Callable[[Awaitable[None]], None]]:
    with asyncio.Runner() as runner:
        yield lambda work: runner.run(awaited(work))


async def awaited(work: Awaitable[None]) -> None:
    await work


Loop = Callable[[Awaitable[None]], None]


def sent(proxy: Proxy) -> list[int]:
    """The records of each request."""
    return [len(request.body["Records"]) for request in proxy.requests]


def test_a_batch_is_one_request_and_acknowledges_the_last_record_of_each_shard(
    v3io: V3io,
    proxy: Proxy,
    start: Start,
    loop: Loop,
) -> None:
    async def work() -> None:
        step = start(4)
        for number in (1, 2, 3):
            step.take(number)
        assert (sent(proxy), step.acknowledged) == ([], [])
        step.take(9, shard=0)
        await step.settle()
        assert (sent(proxy), sorted(step.acknowledged)) == ([4], [(0, 9), (3, 3)])
        assert step.run.step.counts.records == step.run.step.counts.messages == 4

    loop(work())
    assert sorted(each["n"] for each in written(v3io)) == [1, 2, 3, 9]
    origins = {each.json["n"]: each.json["_origin"] for each in v3io.records(*SCORES)}
    assert {number: each["sequence_number"] for number, each in origins.items()} == {
        number: number for number in (1, 2, 3, 9)
    }


def test_what_is_there_goes_when_its_time_is_over(v3io: V3io, start: Start, loop: Loop) -> None:
    async def work() -> None:
        step = start(linger=0.001)
        step.take(1)
        step.take(2)
        while not step.acknowledged:
            await asyncio.sleep(0.001)
        assert step.acknowledged == [(3, 2)]
        step.take(3)
        while len(step.acknowledged) < 2:
            await asyncio.sleep(0.001)

    loop(work())
    assert len(written(v3io)) == 3


def test_nothing_is_acknowledged_before_all_of_it_is_done(
    v3io: V3io,
    start: Start,
    loop: Loop,
    clock: Any,
) -> None:
    async def work() -> None:
        step = start(3)
        v3io.faults.add(kind="records", positions=[1], path="*/scores", next=5)
        v3io.faults.add(kind="status", status=503, path="*/rejected", next=7)
        clock.during = lambda sleeps: acknowledged.append(list(step.acknowledged))
        step.take(1)
        step.take(2)
        step.take(3, body=b"no JSON")
        await step.settle()
        assert step.acknowledged == [(3, 3)]

    acknowledged: list[list[tuple[int, int]]] = []
    loop(work())
    assert len(acknowledged) >= 8
    assert not any(acknowledged)
    assert sorted(each["n"] for each in written(v3io)) == [1, 2]
    (letter,) = (each.json for each in v3io.records(*REJECTED))
    assert (letter["sequence_number"], letter["trace"]) == (3, "fraud/streams/transactions/3/3")


def test_the_order_of_a_key_is_kept_across_the_records_of_a_batch(
    v3io: V3io,
    start: Start,
    loop: Loop,
) -> None:
    async def work() -> None:
        step = start(12)
        v3io.faults.add(kind="records", of_records=0.5, path="*/scores", next=6)
        for number in range(12):
            step.take(number, key="ab"[number % 2])

    loop(work())
    for key in "ab":
        numbers = [each["n"] for each in written(v3io) if each["account"] == key]
        assert numbers == sorted(numbers)
    assert len(written(v3io)) == 12


def test_each_line_has_the_trace_of_its_own_record(v3io: V3io, start: Start, loop: Loop) -> None:
    async def work() -> None:
        step = start(3)
        for number in (1, 2, 3):
            step.take(number, body=b"?")
        lines.extend(step.run.log)

    lines: list[Any] = []
    loop(work())
    numbers = [(each["with"]["sequence_number"], each["with"]["trace"][-1]) for each in lines]
    assert numbers == [(1, "1"), (2, "2"), (3, "3")]


@pytest.mark.parametrize("kind", ["drain", "termination"])
def test_a_worker_that_has_to_give_up_its_shards_sends_what_it_has(
    v3io: V3io,
    start: Start,
    loop: Loop,
    kind: str,
) -> None:
    async def work() -> None:
        step = start()
        step.take(1)
        step.run.context.platform._on_signal(callback_type=kind)
        await step.settle()
        assert step.acknowledged == [(3, 1)]
        step.run.context.platform._on_signal(callback_type=kind)

    loop(work())
    assert len(written(v3io)) == 1


def test_where_the_machinery_fails_nothing_is_acknowledged_and_the_process_ends(
    v3io: V3io,
    start: Start,
    loop: Loop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def work() -> None:
        step = start()
        step.take(1)
        monkeypatch.setattr(step.run.step.outputs[0], "batch", None)
        with pytest.raises(Exited):
            step.batch.finish()
        assert step.acknowledged == []

    loop(work())


def test_what_is_in_hand_is_known_too(v3io: V3io, start: Start, loop: Loop) -> None:
    async def work() -> None:
        step = start(4, seen=delivery_duplicates.Seen())
        for number in (1, 2, 1, 3):
            step.take(number)
        await step.settle()
        assert step.acknowledged == [(3, 3)]
        assert step.run.step.counts.duplicates == 1

    loop(work())
    assert [each["n"] for each in written(v3io) if each["n"] == 1] == [1]
    assert len(written(v3io)) == 3


def test_a_handler_as_nuclio_calls_it_acknowledges(
    v3io: V3io,
    loop: Loop,
) -> None:
    """With the wrapper's own way to acknowledge: a coroutine that has to be awaited."""

    async def hear(message: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        said.append(message["attributes"]["offset"])

    async def work() -> None:
        platform = nuclio_sdk.Platform("local", on_control_callback=hear)
        context = nuclio_sdk.Context(nuclio_sdk.Logger(100, "test-batch"), platform)
        batch = delivery_batches.Batch(1, 0.02)
        step = delivery.Step(project="p", name="s", batch=batch)
        step.open(context)
        event = nuclio_sdk.Event(body=b"{}", shard_id=0, offset=7, topic="/in")
        step.deliver(context, event, lambda context, message: message)
        await asyncio.gather(*batch.acknowledging)

    said: list[int] = []
    loop(work())
    assert said == [7]


def test_a_worker_that_cannot_tell_nuclio_ends(v3io: V3io, start: Start, loop: Loop) -> None:
    async def gone(message: dict[str, Any]) -> None:
        raise BrokenPipeError

    async def work() -> None:
        step = start(1)
        step.run.context.platform._control_callback = gone
        step.take(1)
        (task,) = step.batch.acknowledging
        asyncio.get_running_loop().set_exception_handler(lambda loop, what: seen.append(what))
        await asyncio.wait([task])
        await asyncio.sleep(0)

    seen: list[Any] = []
    loop(work())
    assert [type(each["exception"]) for each in seen] == [Exited]
