"""The embedded v3io as Python sees it: arranging streams, and looking into them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .record import Record

if TYPE_CHECKING:
    from .faults import Faults
    from .paths import Target
    from .service import Service
    from .streams import Incoming
    from .threads import Thread

ACCESS_KEY = "00000000-0000-4000-8000-000000000000"
"""What clients are given where no key was set: they insist on having one, and Nuclio on a UUID (v3io-protocol 6.7)."""

_AT_ONCE = 1000


class V3io:
    """A running v3io. Its methods may be called from any thread; V3ioError says what cannot be done, as to a client.

    `url` and `access_key` are what a client is given.
    """

    def __init__(self, thread: Thread, access_key: str) -> None:
        self.url = thread.service.url
        self.access_key = access_key
        self._thread = thread

    @property
    def port(self) -> int:
        """The port on which it listens."""
        port = urlsplit(self.url).port
        assert port is not None
        return port

    @property
    def faults(self) -> Faults:
        """What goes wrong on demand: `v3io.faults.add(kind="status", status=503, next=2)`."""
        return self._thread.service.faults

    def create_container(self, name: str) -> None:
        """Make a container where there is none; on a cluster that is the control plane's."""
        from . import nodes

        def make(service: Service) -> None:
            with service.store.transaction():
                nodes.make_container(service.store, name)

        self._thread.do(make)

    def create_stream(
        self, container: str, path: str, *, shards: int = 1, retention_hours: int = 24
    ) -> None:
        """Make a stream, and the folders above it."""
        from . import paths, streams

        target = paths.of(container, path)
        fields = {"ShardCount": shards, "RetentionPeriodHours": retention_hours}
        self._thread.do(lambda service: streams.create(service.store, target, fields))

    def put(
        self, container: str, path: str, messages: Iterable[Any], *, key: str | None = None
    ) -> None:
        """Put messages into a stream: bytes as they are, anything else as JSON.

        `key` names the field of a message that is its partition key; without it they are spread over the shards.
        """
        from . import paths

        target = paths.of(container, path)
        records = [_record(message, key) for message in messages]
        for start in range(0, len(records), _AT_ONCE):
            self._put(target, records[start : start + _AT_ONCE])

    def _put(self, target: Target, records: list[Incoming]) -> None:
        self._thread.do(lambda service: service.put(target, records, self.access_key))

    def records(self, container: str, path: str) -> list[Record]:
        """All records of a stream in the order of their arrival."""
        from . import inspection, paths

        target = paths.of(container, path)
        return self._thread.do(lambda service: inspection.records(service.store, target))

    def committed(self, container: str, path: str, group: str) -> dict[int, int]:
        """By shard, the sequence number up to which a consumer group has handled it; without those it has not."""
        from . import inspection, paths

        target = paths.of(container, path)
        return self._thread.do(lambda service: inspection.committed(service.store, target, group))

    def ends(self, container: str, path: str) -> dict[int, int]:
        """By shard, the last sequence number written; without the shards that nothing was written to."""
        from . import inspection, paths

        target = paths.of(container, path)
        return self._thread.do(lambda service: inspection.ends(service.store, target))


def _record(message: Any, key: str | None) -> Incoming:
    from .streams import Incoming

    data = message if isinstance(message, bytes) else json.dumps(message).encode()
    if key is None:
        return Incoming(data)
    fields = message if isinstance(message, Mapping) else json.loads(data)
    return Incoming(data, str(fields[key]))
