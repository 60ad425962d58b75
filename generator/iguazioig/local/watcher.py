"""News of records: what lets a replica rest until there is one, in place of asking again and again."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
from collections.abc import Iterable
from multiprocessing import Pipe
from urllib.parse import urlencode, urlsplit

PATIENCE = 30.0  # seconds for which the embedded v3io holds a question to which there is no news
AGAIN = 1.0  # seconds until a v3io that did not answer is asked again


class Watcher:
    """Asks the embedded v3io for the ends of streams, again whenever one has grown; `news` can be waited for.

    A real platform has no such question, and one that is down no answer: `works` is then false, and shards have to be read
    to see what is in them.
    """

    def __init__(self, api: str, access_key: str, streams: Iterable[str]) -> None:
        self.works = False
        self.ends: dict[str, dict[int, int]] = {}
        self.news, self._announce = Pipe(duplex=False)
        # The embedded v3io speaks plain http: no other one is told the access key in the clear.
        self._host = urlsplit(api).netloc if urlsplit(api).scheme == "http" else None
        self._headers = {"X-v3io-session-key": access_key}
        self._streams = [("stream", stream) for stream in streams]
        self._count = -1

    def start(self) -> None:
        """Look once, then go on looking beside everything else, unless this is another v3io."""
        if self._host and self._streams and self._look(0):
            threading.Thread(target=self._go_on, daemon=True).start()

    def end_of(self, stream: str, shard: int) -> int:
        """The last sequence number of a shard, as far as known."""
        return self.ends.get(stream, {}).get(shard, 0)

    def _go_on(self) -> None:
        pause = threading.Event()
        while True:
            if not self._look(PATIENCE):
                pause.wait(AGAIN)
            self._announce.send(None)

    def _look(self, timeout: float) -> bool:
        query = urlencode([("after", self._count), ("timeout", timeout), *self._streams])
        assert self._host is not None
        connection = http.client.HTTPConnection(self._host, timeout=PATIENCE + 10)
        try:
            with contextlib.closing(connection):
                connection.request("GET", f"/.iguazioig/wait?{query}", headers=self._headers)
                found = json.loads(connection.getresponse().read())
            self._count = found["records"]
            self.ends = {
                stream: {int(shard): last for shard, last in ends.items()}
                for stream, ends in found["ends"].items()
            }
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            self.works = False
        else:
            self.works = True
        return self.works
