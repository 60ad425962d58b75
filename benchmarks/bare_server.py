"""A server that only answers: it takes every HTTP request for a put of one record. No server in Python can be faster."""

from __future__ import annotations

import asyncio
import re
import sys

BODY = b'{"FailedRecordCount":0,"Records":[{"SequenceNumber":1,"ShardId":0}]}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Bare(asyncio.Protocol):
    """Answers when a request is complete."""

    def __init__(self) -> None:
        self.received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer once head and body are here."""
        self.received += data
        head = self.received.find(b"\r\n\r\n")
        length = LENGTH.search(self.received, 0, max(head, 0))
        if head >= 0 and len(self.received) >= head + 4 + (int(length[1]) if length else 0):
            self.received.clear()
            self.transport.write(ANSWER)


async def main(port: int) -> None:
    """Serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
