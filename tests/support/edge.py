"""A proxy between a client and the simulator, on loopback: it holds, cuts and changes what passes, as edges do."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import TracebackType

_HOPS = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding"})
"""Headers that are about one connection only."""


@dataclass(frozen=True)
class Request:
    """What a client asks."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        """create, list, results, cancel, delete or retrieve, as far as the Batches API is concerned."""
        path = self.path.partition("?")[0].rstrip("/")
        if path.endswith("/batches"):
            return "create" if self.method == "POST" else "list"
        last = path.rsplit("/", 1)[-1]
        return last if last in ("results", "cancel") else "delete" if self.method == "DELETE" else "retrieve"


@dataclass(frozen=True)
class Response:
    """What it is answered."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def with_headers(self, **headers: str) -> Response:
        """The same with other headers; `_` stands for `-`."""
        changed = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **changed})


Forward = Callable[[], Response]
Rule = Callable[[Request, Forward], "Response | None"]
"""Answers a request, with what the simulator answers or without asking it; None cuts the connection."""


class Edge:
    """Passes requests on to a simulator. Rules by operation change that; each holds until it is replaced."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream
        self.rules: dict[str, Rule] = {}
        self.passed: list[Request] = []
        """What was asked, oldest first."""
        edge = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                edge._answer(self)

            do_POST = do_DELETE = do_GET  # noqa: N815 - as http.server names them

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """Where clients reach it."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def forward(self, request: Request, upstream: str | None = None) -> Response:
        """Ask the simulator."""
        connection = http.client.HTTPConnection(urlsplit(upstream or self._upstream).netloc, timeout=30)
        try:
            kept = {name: value for name, value in request.headers.items() if name.lower() not in _HOPS}
            connection.request(request.method, request.path, request.body or None, kept)
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders() if name.lower() not in _HOPS}
            return Response(answer.status, answer.read(), headers)
        finally:
            connection.close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        request = Request(handler.command, handler.path, dict(handler.headers.items()), body)
        self.passed.append(request)
        rule = self.rules.get(request.operation)
        response = rule(request, lambda: self.forward(request)) if rule else self.forward(request)
        # A client that was killed meanwhile hears nothing.
        with suppress(OSError):
            if response is None:
                handler.close_connection = True
                return
            handler.send_response_only(response.status)
            for name, value in {**response.headers, "content-length": str(len(response.body))}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(response.body)
