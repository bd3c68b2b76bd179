"""A server that takes a body and answers at once, so that only the client is measured."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from itertools import count

NOW = datetime.now(UTC)
NUMBERS = count(1)


def answer(total: int) -> bytes:
    """A batch of that many requests, just created."""
    body = json.dumps({
        "id": f"msgbatch_01{next(NUMBERS):022}", "type": "message_batch", "processing_status": "in_progress",
        "request_counts": {"processing": total, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
        "created_at": NOW.isoformat(), "expires_at": (NOW + timedelta(days=1)).isoformat(), "ended_at": None,
    }).encode()  # fmt: skip
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Sink(asyncio.Protocol):
    """Reads a request to its end without keeping it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._head = b""
        self._left = -1

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._head += data
            head, end, rest = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            lines = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
            self._left = int(lines.get(b"content-length", b"0"))
            data = rest
        self._left -= len(data)
        if self._left <= 0:
            self._head, self._left = b"", -1
            self._transport.write(answer(100_000))


async def main() -> None:
    """Serve until terminated."""
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
