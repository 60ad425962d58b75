"""The wish to end a run, by Ctrl-C or a signal."""

from __future__ import annotations

import signal
from multiprocessing import Pipe
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Notes the first signal within its block: `requested` is then true, and `news` can be received. The next raises KeyboardInterrupt.

    An exception alone would not do: v3io's client tries again whatever it was that interrupted it.
    """

    def __init__(self) -> None:
        self.requested = False
        self.news, self._announce = Pipe(duplex=False)
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupts:
        self._before = {each: signal.signal(each, self._note) for each in SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        self._announce.send(None)
