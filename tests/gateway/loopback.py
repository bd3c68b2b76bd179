"""A tiny HTTP server that says exactly what a test scripts: also what no decent server would say."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

BATCH: dict[str, Any] = {
    "id": "msgbatch_01AHxNhUeZwskhx38tGz1QVj",
    "type": "message_batch",
    "processing_status": "in_progress",
    "request_counts": {"processing": 3, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
    "created_at": "2026-11-20T20:14:06.154311+00:00",
    "expires_at": "2026-11-21T20:14:06.154311+00:00",
    "ended_at": None,
    "archived_at": None,
    "cancel_initiated_at": None,
    "results_url": None,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; `cut` breaks the connection after so many bytes of the body, `stall` leaves it hanging there."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    stall: bool = False
    silent: bool = False
    """Close the connection without a word."""
    early: bool = False
    """Answer and break off before the request's body was read."""

    @classmethod
    def json(cls, value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
        return cls(status, json.dumps(value).encode(), {"content-type": "application/json", **(headers or {})})

    @classmethod
    def error(
        cls, status: int, kind: str, message: str, code: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        details = {"details": {"error_code": code}} if code else {}
        return cls.json({"type": "error", "error": {"type": kind, "message": message, **details}}, status, headers)


@dataclass(frozen=True, slots=True)
class Heard:
    """One request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Loopback:
    """Serves on 127.0.0.1 inside the test's own loop: the scripted replies in turn, the last one for ever."""

    def __init__(self, *replies: Reply, keeps_bodies: bool = True, greeting: bytes = b"") -> None:
        """`greeting` is said at once, before the client has spoken."""
        self.replies = list(replies)
        self._greeting = greeting
        self._keeps_bodies = keeps_bodies
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}
        self.heard: list[Heard] = []
        self.arrived = asyncio.Event()
        """Set once a request has been read whole."""
        self.hung_up = asyncio.Event()
        """Set once a client has closed a connection that was left hanging."""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        served = [task for task in self._open.values() if task]
        for writer in self._open:
            writer.transport.abort()
        await asyncio.gather(*served)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open[writer] = asyncio.current_task()
        writer.write(self._greeting)
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()
            with suppress(ConnectionError):
                await writer.wait_closed()
            del self._open[writer]

    async def _body(self, reader: asyncio.StreamReader, length: int) -> bytes:
        if self._keeps_bodies:
            return await reader.readexactly(length)
        while length:
            length -= len(await reader.readexactly(min(length, 65536)))
        return b""

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        body = b"" if reply.early else await self._body(reader, int(headers.get("content-length", "0")))
        self.heard.append(Heard(method, target, headers, body))
        self.arrived.set()
        if reply.silent:
            return False
        length = {} if reply.headers.get("content-length") else {"content-length": str(len(reply.body))}
        lines = [f"HTTP/1.1 {reply.status} Scripted", *(f"{n}: {v}" for n, v in {**reply.headers, **length}.items())]
        writer.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + reply.body[: reply.cut])
        await writer.drain()
        if reply.stall:
            await reader.read()
            self.hung_up.set()
        return not (reply.stall or reply.early or reply.cut is not None)
