"""The wish to end a run, by Ctrl-C or a signal."""

from __future__ import annotations

import signal
from multiprocessing import Pipe
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Notes the first signal until it is closed: `requested` is then true, and `news` can be received. The next raises KeyboardInterrupt.

    An exception alone would not do: v3io's client tries again whatever it was that interrupted it.
    """

    def __init__(self) -> None:
        self.requested = False
        self.news, self._announce = Pipe(duplex=False)
        self._before = {each: signal.signal(each, self._note) for each in SIGNALS}

    def close(self) -> None:
        """Give the signals back."""
        for each, handler in self._before.items():
            signal.signal(each, handler)
        self.news.close()
        self._announce.close()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True
        self._announce.send(None)
