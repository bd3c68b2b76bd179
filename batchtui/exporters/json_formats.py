"""JSON Lines and JSON: the API's own objects byte for byte, or objects of chosen fields."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

from batchtui.results.json_line import join_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from batchtui.exporters.columns import ExportColumn
    from batchtui.exporters.record import ExportRecord

FLUSH = 1 << 20
"""Bytes gathered before they are written."""


def write_jsonl(
    out: IO[bytes], entries: Iterable[ExportRecord], columns: Sequence[ExportColumn] | None, *, with_requests: bool
) -> None:
    """Write one JSON object a line.

    Without columns these are the lines as the API sent them; `with_requests` adds `"request": params` at their end,
    and before it `"original_id"` where the data calls the row otherwise.
    """
    _write(out, (document + b"\n" for document in _documents(entries, columns, with_requests=with_requests)))


def write_json(
    out: IO[bytes], entries: Iterable[ExportRecord], columns: Sequence[ExportColumn] | None, *, with_requests: bool
) -> None:
    """Write one JSON array with an object a line."""
    _write(out, _array(_documents(entries, columns, with_requests=with_requests, strictly=True)))


def _array(documents: Iterator[bytes]) -> Iterator[bytes]:
    first = next(documents, None)
    if first is None:
        yield b"[]\n"
        return
    yield b"[\n" + first
    for document in documents:
        yield b",\n" + document
    yield b"\n]\n"


def _documents(
    entries: Iterable[ExportRecord],
    columns: Sequence[ExportColumn] | None,
    *,
    with_requests: bool,
    strictly: bool = False,
) -> Iterator[bytes]:
    """Yield one document an entry; `strictly` makes a line that is no JSON a JSON string."""
    for entry in entries:
        if columns is not None:
            yield _encoded({column.name: column.read(entry) for column in columns})
            continue
        line = entry.line.strip()
        if strictly and not entry.answer.line:
            line = _encoded(line.decode("utf-8", "replace"))
        if with_requests and line.endswith(b"}"):
            named = b"" if entry.original is None else b',"original_id":' + _encoded(entry.original)
            line = line[:-1] + named + b',"request":' + _request(entry) + b"}"
        yield line


def _request(entry: ExportRecord) -> bytes:
    return _encoded(entry.params) if entry.request is not None else b"null"


def _encoded(value: object) -> bytes:
    return join_text(json.dumps(value, ensure_ascii=False, separators=(",", ":"))).encode()


def _write(out: IO[bytes], pieces: Iterable[bytes]) -> None:
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= FLUSH:
            out.write(b"".join(waiting))
            waiting.clear()
            size = 0
    out.write(b"".join(waiting))
