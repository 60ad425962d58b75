"""Requests as bytes on a connection, for what no client would send."""

from __future__ import annotations

import base64
import http.client
import json
import socket
from dataclasses import dataclass
from typing import Any, Protocol


class Server(Protocol):
    """What is asked: a server in this process or another."""

    @property
    def port(self) -> int: ...


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, int, str]:
        """Status, code and message of the platform's error body, which has nothing else in it."""
        assert sorted(self.json) == ["ErrorCode", "ErrorMessage"]
        assert self.headers["Content-Type"] == "application/json"
        return self.status, self.json["ErrorCode"], self.json["ErrorMessage"]


def connect(v3io: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", v3io.port, timeout=60)


def ask(
    v3io: Server,
    method: str,
    target: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """One request on a connection of its own."""
    connection = connect(v3io)
    try:
        connection.putrequest(method, target)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def call(v3io: Server, function: str, target: str, **fields: Any) -> Answer:
    """A function with the fields of its body; without fields it has none."""
    body = json.dumps(fields).encode() if fields else None
    return ask(v3io, "PUT", target, body, {"X-v3io-function": function})


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def put(v3io: Server, target: str, *records: bytes, **fields: Any) -> Answer:
    """PutRecords of these data, each with the other fields."""
    wanted = [{"Data": encoded(data), **fields} for data in records]
    return call(v3io, "PutRecords", target, Records=wanted)


def say(v3io: Server, data: bytes) -> bytes:
    """Send bytes and nothing more; all that comes until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", v3io.port), timeout=60) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while more := connection.recv(65536):
            received += more
        return received
