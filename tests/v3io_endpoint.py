"""A v3io web API on loopback, as far as steps and `setup_streams.py` need one; every answer is from v3io-protocol.md.

with serve() as v3io:
    v3io.create("projects", "fraud/streams/scores", shards=4)
    v3io.fail(next=2, status=503)
    …                                                  # a client at v3io.url with v3io.access_key
    v3io.records("projects", "fraud/streams/scores")   # what is in the stream
    v3io.requests                                      # what was asked, in order
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

ACCESS_KEY = "5b1f7a52-8b5e-4f57-9a3c-2f9f8b8c6d11"
SHARD_ID_OUT_OF_RANGE = (-201326594, "ShardIDOutOfRangeException")
INVALID_ARGUMENT = (-201326592, "InvalidArgumentException")
BUSY = (-117440512, "Failed to send a control message request")


@dataclass(frozen=True)
class Record:
    """A record of a stream, decoded."""

    data: bytes
    partition_key: str | None
    shard: int
    sequence_number: int

    @property
    def json(self) -> Any:
        return json.loads(self.data)


@dataclass(frozen=True)
class Request:
    """A request as it came; `function` is the HTTP verb where no v3io function was named."""

    function: str
    container: str
    path: str
    body: Any
    status: int | None  # None: no answer was sent


@dataclass
class Stream:
    shards: int
    hours: int
    next_shard: int = 0
    written: dict[int, list[Record]] = field(default_factory=dict)
    in_order: list[Record] = field(default_factory=list)


@dataclass
class Fault:
    """What happens to the next `left` requests for `function` (None: any)."""

    kind: Literal["answer", "drop before", "drop after", "hang", "records"]
    left: int
    function: str | None = None
    status: int = 0
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    positions: tuple[int, ...] = ()


class V3ioError(Exception):
    """An answer that is an error: v3io-protocol 1.6."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = _json({"ErrorCode": code, "ErrorMessage": message})


class Loopback(ThreadingHTTPServer):
    """A server on a free port of loopback that leaves no thread and no connection behind.

    Until `listen` is called, a connection to it is refused, as to a machine that is up while the service is not.
    """

    daemon_threads = False

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler, bind_and_activate=False)
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self.closing = threading.Event()
        self.server_bind()

    def listen(self) -> None:
        self.server_activate()
        self._thread.start()

    def stop(self) -> None:
        self.closing.set()
        if self._thread.ident:
            self.shutdown()
            self._thread.join()
        self.disconnect()
        self.server_close()

    def disconnect(self) -> None:
        """Close every connection that a client has kept."""
        for connection in tuple(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what these tests are about."""


class V3io:
    """The state of the web API, and what a test says to it.

    `before` is called with the function of each request before it is looked at: what somebody else does meanwhile.
    `refuses_full` is for a stream that cannot be deleted while it has shards, which v3io-protocol 2.7 leaves open.
    """

    def __init__(self) -> None:
        self.access_key = ACCESS_KEY
        self.containers = {"bigdata", "projects", "users"}
        self.streams: dict[tuple[str, str], Stream] = {}
        self.objects: set[tuple[str, str]] = set()
        self.requests: list[Request] = []
        self.page = 1000
        self.refuses_full = False
        self.before: Callable[[str], None] = lambda function: None
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"v3io": self})
        self.server = Loopback(handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    # What a test arranges and looks at.

    def create(self, container: str, path: str, *, shards: int = 1, hours: int = 24) -> None:
        self.streams[container, path.strip("/")] = Stream(shards, hours)

    def put(self, container: str, path: str) -> None:
        """An object, as the state file of a consumer group is one."""
        self.objects.add((container, path.strip("/")))

    def records(self, container: str, path: str) -> list[Record]:
        """All records of a stream in the order in which they were written."""
        return list(self.streams[container, path.strip("/")].in_order)

    def fail(
        self,
        *,
        next: int = 1,
        status: int = 503,
        code: int = -117440512,
        message: str = "Failed to send a control message request",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        function: str | None = None,
    ) -> None:
        """Answer the next requests with `status`, without doing what they ask."""
        body = V3ioError(status, code, message).body if body is None else body
        self._faults.append(Fault("answer", next, function, status, body, headers or {}))

    def fail_records(self, *positions: int, error: tuple[int, str] = BUSY, next: int = 1) -> None:
        """Let the records at `positions` of the next PutRecords fail, and write the others."""
        body = _json({"ErrorCode": error[0], "ErrorMessage": error[1]})
        self._faults.append(Fault("records", next, "PutRecords", body=body, positions=positions))

    def drop(
        self, when: Literal["before", "after"], *, next: int = 1, function: str | None = None
    ) -> None:
        """Close the connection instead of answering, before or after doing what was asked."""
        kind: Any = f"drop {when}"
        self._faults.append(Fault(kind, next, function))

    def hang(self, *, next: int = 1, function: str | None = None) -> None:
        """Say nothing for longer than a test waits, then close the connection."""
        self._faults.append(Fault("hang", next, function))

    # What a client gets.

    def fault(self, function: str) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.left and fault.function in (None, function):
                    fault.left -= 1
                    return fault
        return None

    def answer(
        self, function: str, container: str, path: str, body: Any, fault: Fault | None
    ) -> tuple[int, bytes]:
        """Do what is asked; status and body of the answer."""
        with self._lock:
            if container not in self.containers:
                raise V3ioError(404, -2, "Container not found")
            if function == "GET":
                return 200, self._list(container, body)
            if function == "DELETE":
                return self._delete(container, path)
            if function == "CreateStream":
                return self._create(container, path, body)
            if function in ("SeekShard", "GetRecords"):
                path, _, shard = path.rpartition("/")
                stream = self._stream(container, path)
                return 200, _json(getattr(self, f"_{function}")(stream, int(shard), body))
            stream = self._stream(container, path)
            if function == "DescribeStream":
                shape = {"ShardCount": stream.shards, "RetentionPeriodHours": stream.hours}
                return 200, _json(shape)
            if function == "UpdateStream":
                return self._update(stream, body)
            if function == "PutRecords":
                return self._put_records(stream, body["Records"], fault)
        raise V3ioError(400, *INVALID_ARGUMENT)

    def _stream(self, container: str, path: str) -> Stream:
        try:
            return self.streams[container, path]
        except KeyError:
            raise V3ioError(404, -201326593, "ResourceNotFoundException") from None

    def _create(self, container: str, path: str, body: Any) -> tuple[int, bytes]:
        if (container, path) in self.streams:
            raise V3ioError(409, -201326597, "ResourceInUseException")
        shards, hours = body.get("ShardCount", 1), body.get("RetentionPeriodHours", 24)
        if not 1 <= shards <= 4096 or hours < 1:
            raise V3ioError(400, *INVALID_ARGUMENT)
        self.streams[container, path] = Stream(shards, hours)
        return 204, b""

    def _update(self, stream: Stream, body: Any) -> tuple[int, bytes]:
        if body["ShardCount"] < stream.shards:
            raise V3ioError(400, -201326595, "InvalidShardCountException")
        stream.shards = body["ShardCount"]
        return 204, b""

    def _put_records(
        self, stream: Stream, records: list[Any], fault: Fault | None
    ) -> tuple[int, bytes]:
        if len(records) > 1000:
            raise V3ioError(400, *INVALID_ARGUMENT)
        positions = fault.positions if fault else ()
        results: list[Any] = []
        for position, record in enumerate(records):
            if position in positions and fault:
                results.append(json.loads(fault.body))
            else:
                results.append(_write(stream, record))
        failed = sum("ErrorCode" in result for result in results)
        return 200, _json({"FailedRecordCount": failed, "Records": results})

    def _SeekShard(self, stream: Stream, shard: int, body: Any) -> Any:  # noqa: N802
        written = len(_shard(stream, shard))
        start = {"EARLIEST": 0, "LATEST": written}.get(body["Type"])
        if start is None:
            start = body["StartingSequenceNumber"] - 1
        return {"Location": base64.b64encode(f"{start:016}".encode()).decode()}

    def _GetRecords(self, stream: Stream, shard: int, body: Any) -> Any:  # noqa: N802
        start = int(base64.b64decode(body["Location"]))
        written = _shard(stream, shard)
        found = written[start : start + body.get("Limit", 1000)]
        end = start + len(found)
        return {
            "NextLocation": base64.b64encode(f"{end:016}".encode()).decode(),
            "MSecBehindLatest": 0,
            "RecordsBehindLatest": len(written) - end,
            "Records": [_wire(record) for record in found],
        }

    def _list(self, container: str, query: dict[str, list[str]]) -> bytes:
        folder = query.get("prefix", [""])[0].strip("/")
        marker = query.get("marker", [""])[0]
        stream = self.streams.get((container, folder))
        keys = {path for where, path in self.objects if where == container}
        keys |= {f"{folder}/{shard}" for shard in stream.written} if stream else set()
        inside = sorted(key for key in keys if key.rpartition("/")[0] == folder)
        if not inside and not stream:
            raise V3ioError(404, -2, "No such file or directory")
        after = [key for key in inside if key > marker]
        return _listing(container, folder, after[: self.page], len(after) > self.page)

    def _delete(self, container: str, path: str) -> tuple[int, bytes]:
        if not path:
            raise V3ioError(403, -1, "Operation not permitted")
        folder, _, name = path.rpartition("/")
        holder = self.streams.get((container, folder))
        stream = self.streams.get((container, path))
        if (container, path) in self.objects:
            self.objects.remove((container, path))
        elif holder and name.isdigit() and int(name) in holder.written:
            del holder.written[int(name)]
        elif stream is None:
            raise V3ioError(404, -2, "No such file or directory")
        elif stream.written and self.refuses_full:
            raise V3ioError(409, -39, "Directory not empty")
        else:
            del self.streams[container, path]
        return 204, b""


class _Handler(BaseHTTPRequestHandler):
    """HTTP around `V3io.answer`."""

    v3io: V3io
    server: Loopback
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def serve(self) -> None:
        function = self.headers.get("X-v3io-function") or self.command
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        # Not `urlsplit`: it would take the container of `//bigdata/…` for a host.
        target, _, query = self.path.partition("?")
        container, *path = [part for part in unquote(target).split("/") if part] or [""]
        asked: Any = parse_qs(query) if self.command == "GET" else json.loads(body or b"null")
        self.v3io.before(function)
        fault = self.v3io.fault(function)
        answer = self.answer(function, container, "/".join(path), asked, fault)
        status = None if answer is None else answer[0]
        self.v3io.requests.append(Request(function, container, "/".join(path), asked, status))
        if answer is None:
            self.close_connection = True
        else:
            self.send(*answer)

    do_GET = do_PUT = do_POST = do_DELETE = serve  # noqa: N815

    def answer(
        self, function: str, container: str, path: str, asked: Any, fault: Fault | None
    ) -> tuple[int, bytes, dict[str, str]] | None:
        kind = fault.kind if fault else ""
        if fault and kind == "answer":
            return fault.status, fault.body, fault.headers
        if kind == "hang":
            self.server.closing.wait(timeout=5)
        if kind in ("hang", "drop before"):
            return None
        try:
            if self.headers.get("X-v3io-session-key") != self.v3io.access_key:
                raise V3ioError(403, -13, "Permission denied")
            status, body = self.v3io.answer(function, container, path, asked, fault)
        except V3ioError as error:
            status, body = error.status, error.body
        return None if kind == "drop after" else (status, body, {})

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _write(stream: Stream, record: Any) -> Any:
    """Write one record, or say why not: v3io-protocol 2.4 and 2.9."""
    key = record.get("PartitionKey")
    shard = record.get("ShardId")
    if shard is None and key is not None:
        shard = zlib.crc32(key.encode()) % stream.shards
    elif shard is None:
        shard = stream.next_shard % stream.shards
        stream.next_shard += 1
    if shard >= stream.shards:
        return dict(zip(("ErrorCode", "ErrorMessage"), SHARD_ID_OUT_OF_RANGE, strict=True))
    written = stream.written.setdefault(shard, [])
    data = base64.b64decode(record["Data"], validate=True)
    written.append(Record(data, key, shard, len(written) + 1))
    stream.in_order.append(written[-1])
    return {"SequenceNumber": len(written), "ShardId": shard}


def _shard(stream: Stream, shard: int) -> list[Record]:
    if shard >= stream.shards:
        raise V3ioError(400, *SHARD_ID_OUT_OF_RANGE)
    if shard not in stream.written:
        raise V3ioError(404, -201326593, "ResourceNotFoundException")
    return stream.written[shard]


def _wire(record: Record) -> Any:
    key = {} if record.partition_key is None else {"PartitionKey": record.partition_key}
    return {
        "ArrivalTimeSec": 1511260205,
        "ArrivalTimeNSec": 0,
        "SequenceNumber": record.sequence_number,
        "Data": base64.b64encode(record.data).decode(),
        **key,
    }


def _listing(container: str, folder: str, keys: list[str], truncated: bool) -> bytes:
    modified = "<LastModified>2019-06-02T14:30:39.18Z</LastModified>"
    contents = "".join(
        f"<Contents><Key>{escape(key)}</Key><Size>0</Size>{modified}</Contents>" for key in keys
    )
    return (
        f"<?xml version='1.0' encoding='UTF-8'?><ListBucketResult><Name>{container}</Name>"
        f"<Prefix>{escape(folder)}/</Prefix><Marker></Marker><Delimiter>/</Delimiter>"
        f"<NextMarker>{escape(keys[-1]) if keys else ''}</NextMarker><MaxKeys>1000</MaxKeys>"
        f"<IsTruncated>{str(truncated).lower()}</IsTruncated>{contents}</ListBucketResult>"
    ).encode()


@contextlib.contextmanager
def serve(*, listen: bool = True) -> Iterator[V3io]:
    """A web API for as long as the block runs; with `listen=False` it refuses connections until `.listen()`."""
    v3io = V3io()
    try:
        if listen:
            v3io.server.listen()
        yield v3io
    finally:
        v3io.server.stop()
