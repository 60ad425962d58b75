"""The wish to end a run, by Ctrl-C or a signal."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from multiprocessing import Pipe
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Notes the first signal, until it is closed: `requested` is then true, and `news` can be received.

    The second one ends the process there and then, behind what `at_once` holds: whatever the process is doing, it may never come
    back to it. An exception would not do: v3io's client tries again whatever it was that interrupted it.
    """

    def __init__(self) -> None:
        self.requested = False
        self.at_once = ExitStack()
        self.news, self._announce = Pipe(duplex=False)
        self._before = {each: signal.signal(each, self._note) for each in SIGNALS}

    def close(self) -> None:
        """Give the signals back."""
        for each, handler in self._before.items():
            signal.signal(each, handler)
        self.at_once.pop_all()
        self.news.close()
        self._announce.close()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            try:
                self.at_once.close()
            finally:
                os._exit(128 + number)
        self.requested = True
        self._announce.send(None)
