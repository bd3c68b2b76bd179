"""A place on loopback that webhooks can be posted to."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Inbox:
    """What has arrived, and how the next posts are answered: 200 where nothing else is said."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    documents: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    location: str = ""
    """Where a redirect points to."""


@contextmanager
def inbox() -> Iterator[Inbox]:
    """Listen while the block lasts."""
    box = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            box.headers.append({name.lower(): value for name, value in self.headers.items()})
            box.documents.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(box.answers.pop(0) if box.answers else 200)
            if box.location:
                self.send_header("location", box.location)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the library's name)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=lambda: server.serve_forever(0.01), daemon=True)
    thread.start()
    box.url = f"http://127.0.0.1:{server.server_port}/hook?token=secret"
    try:
        yield box
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
