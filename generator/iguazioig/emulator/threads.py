"""How a service runs: in a thread beside the caller's, or as the whole process until a signal."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Self, TypeVar

from .service import Options, Service, start

T = TypeVar("T")


class Thread:
    """A service in a thread with an event loop of its own, for as long as the block runs.

    with Thread(Options()) as thread:
        thread.do(lambda service: service.store.now())
    """

    service: Service

    def __init__(self, options: Options) -> None:
        self._options = options
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._started: Future[Service] = Future()
        self._thread = threading.Thread(target=self._run, name="v3io", daemon=True)

    def do(self, work: Callable[[Service], T]) -> T:
        """Run `work` on the service's thread; what it returns or raises."""
        done: Future[T] = Future()

        def call() -> None:
            try:
                done.set_result(work(self.service))
            except BaseException as error:
                done.set_exception(error)

        try:
            self._loop.call_soon_threadsafe(call)
        except RuntimeError:
            raise RuntimeError("the v3io has ended: look into it while it serves") from None
        return done.result()

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.service = self._started.result()
        except BaseException:
            self._thread.join()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        try:
            service = await start(self._options)
        except BaseException as error:
            self._started.set_exception(error)
            return
        self._started.set_result(service)
        try:
            await self._end.wait()
        finally:
            await service.stop()


def run_until_signal(options: Options, ready: Callable[[str], object]) -> None:
    """Serve in this thread until SIGINT or SIGTERM comes."""
    asyncio.run(_serve_until_signal(options, ready))


async def _serve_until_signal(options: Options, ready: Callable[[str], object]) -> None:
    end = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    service = await start(options)
    try:
        ready(service.url)
        await end.wait()
    finally:
        await service.stop()
