"""What has been put since the server started, and who waits for more."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable


class Ledger:
    """Counts records by stream (`<container>/<path>`) and access key, and wakes those who wait for more of them."""

    def __init__(self) -> None:
        self.records: Counter[str] = Counter()
        self.puts: Counter[tuple[str, str]] = Counter()
        self._waiting: dict[asyncio.Future[None], tuple[frozenset[str], int]] = {}
        self._closed = False

    def add(self, stream: str, records: int, access_key: str) -> None:
        """Records have been put and committed."""
        self.records[stream] += records
        self.puts[access_key, stream] += records
        for waiter, (streams, after) in list(self._waiting.items()):
            if stream in streams and self.total(streams) > after and not waiter.done():
                waiter.set_result(None)

    def total(self, streams: Iterable[str]) -> int:
        """How many records have been put into these streams."""
        return sum(self.records[stream] for stream in streams if stream in self.records)

    async def wait(self, streams: frozenset[str], after: int, seconds: float) -> int:
        """Wait until the total of these streams is not `after` any more, at most so long; the total then.

        A smaller total is an answer, too: then the server is another one than the number is from.
        """
        if self.total(streams) == after and not self._closed:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting[waiter] = (streams, after)
            try:
                await asyncio.wait([waiter], timeout=seconds)
            finally:
                del self._waiting[waiter]
        return self.total(streams)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def close(self) -> None:
        """Let nobody wait any longer."""
        self._closed = True
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
