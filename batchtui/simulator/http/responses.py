"""Answers as they leave: JSON, error bodies, a stream of results, and connections that are really cut."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from batchtui.simulator.faults import Fault
from batchtui.simulator.wire_format import ApiError, edge_page

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def json_response(value: object, status: int = 200) -> Response:
    """A JSON answer in the service's compact form."""
    return Response(_encode(value).encode("utf-8", "surrogatepass"), status, media_type="application/json")


def error_response(error: ApiError, request_id: str) -> Response:
    """An error answer; 413 and 502 come from the edge, as HTML."""
    # These come from the edge in front of the service, and are not JSON.
    if error.status in (413, 502):
        response = Response(edge_page(error.status), error.status, media_type="text/html")
    else:
        response = json_response(error.body(request_id), error.status)
    response.headers.update(error.headers)
    return response


async def cut_connection(scope: Scope) -> None:
    """Close the TCP connection under the answer, without a goodbye."""
    scope["state"]["transport"].abort()
    # The protocol must learn of the loss before the task that serves it returns.
    await asyncio.sleep(0)
    await asyncio.sleep(0)


class CutConnection(Response):
    """No answer at all: the connection is cut where an answer would have begun."""

    def __init__(self) -> None:
        super().__init__(status_code=0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Cut instead of answering."""
        await cut_connection(scope)


class ResultStream(Response):
    """A results download, sent block by block and never held whole.

    A fault may cut it, stall it or slip a line in.
    """

    def __init__(self, blocks: Iterable[bytes], headers: Mapping[str, str], fault: Fault | None = None) -> None:
        super().__init__(headers=dict(headers), media_type="application/x-jsonl")
        # Unknown before the last line is made: the download goes out chunked, as the service's does.
        del self.headers["content-length"]
        self._blocks = blocks if fault is None else _split_at(blocks, fault.at_byte)
        self._fault = fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the blocks, giving way to other calls between them."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        fault, struck, sent = self._fault, False, 0
        for block in self._blocks:
            if fault is not None and not struck and sent >= fault.at_byte:
                struck = True
                if fault.kind == "results_cut":
                    break
                if fault.kind == "results_stalled":
                    await asyncio.sleep(fault.seconds)
                elif fault.kind == "wrong_line":
                    await _send_body(send, fault.body.encode("utf-8", "surrogatepass") + b"\n")
            await _send_body(send, block)
            sent += len(block)
            await asyncio.sleep(0)
        if struck and fault is not None and fault.kind == "results_cut" and not fault.clean:
            await cut_connection(scope)
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_body(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


def _split_at(blocks: Iterable[bytes], at_byte: int) -> Iterator[bytes]:
    """The same bytes, with a border between blocks at exactly that place."""
    passed = 0
    for block in blocks:
        border = at_byte - passed
        if 0 < border < len(block):
            yield block[:border]
            yield block[border:]
        else:
            yield block
        passed += len(block)
