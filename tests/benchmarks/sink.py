"""A server that takes a body and answers at once, and gives a file of results, so that only the client is measured.

`python -m tests.benchmarks.sink [RESULTS COUNT ERRORED]`: with a file of results, every batch has ended with those.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

NOW = datetime.now(UTC)
NUMBERS = count(1)
NO_MODELS = b'{"data":[],"has_more":false}'


def document(origin: str, batch: str, requests: int, errored: int | None) -> bytes:
    """A batch of that many requests: just created, or ended with so many errors."""
    is_ended = errored is not None
    counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
    counts |= {"succeeded": requests - errored, "errored": errored} if errored is not None else {"processing": requests}
    return json.dumps({
        "id": batch, "type": "message_batch", "processing_status": "ended" if is_ended else "in_progress",
        "request_counts": counts, "created_at": NOW.isoformat(), "expires_at": (NOW + timedelta(days=1)).isoformat(),
        "ended_at": NOW.isoformat() if is_ended else None,
        "results_url": f"{origin}/v1/messages/batches/{batch}/results" if is_ended else None,
    }).encode()  # fmt: skip


def head(kind: str, length: int) -> bytes:
    """The head of an answer."""
    return f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n".encode()


class Sink(asyncio.BufferedProtocol):
    """Reads a request to its end into the same memory again and again: it takes as little of the machine as can be."""

    def __init__(self, results: Path | None, requests: int, errored: int | None) -> None:
        self._results, self._requests, self._errored = results, requests, errored

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._head = b""
        self._left = -1
        self._buffer = bytearray(1 << 20)

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._left < 0:
            self._head += self._buffer[:nbytes]
            top, end, rest = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            lines = dict(line.lower().split(b":", 1) for line in top.split(b"\r\n")[1:])
            self._left = int(lines.get(b"content-length", b"0"))
            nbytes = len(rest)
        self._left -= nbytes
        if self._left <= 0:
            method, path, _ = self._head.split(b" ", 2)
            self._head, self._left = b"", -1
            self._answer(method.decode(), path.decode().rstrip("/").split("/")[4:])

    def _answer(self, method: str, path: list[str]) -> None:
        if path[1:] == ["results"]:
            self._sending = asyncio.ensure_future(self._give())
            return
        if method == "GET" and not path:  # the list of models
            self._transport.write(head("application/json", len(NO_MODELS)) + NO_MODELS)
            return
        batch = path[0] if method == "GET" else f"msgbatch_01{next(NUMBERS):022}"
        origin = f"http://127.0.0.1:{self._transport.get_extra_info('sockname')[1]}"
        body = document(origin, batch, self._requests, self._errored if method == "GET" else None)
        self._transport.write(head("application/json", len(body)) + body)

    async def _give(self) -> None:
        assert self._results is not None
        self._transport.write(head("application/x-jsonl", self._results.stat().st_size))
        with self._results.open("rb") as file:
            await asyncio.get_running_loop().sendfile(self._transport, file)


async def main(results: Path | None, requests: int, errored: int | None) -> None:
    """Serve until terminated."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Sink(results, requests, errored), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    match sys.argv[1:]:
        case [file, total, failed]:
            asyncio.run(main(Path(file), int(total), int(failed)))
        case _:
            asyncio.run(main(None, 100_000, None))
