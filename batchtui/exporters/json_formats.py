"""Write JSON Lines and JSON: the API's own objects byte for byte, or objects of chosen fields."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

from pydantic_core import from_json

from batchtui.results.json_text import encode_json, join_text

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
    and before it `"original_id"` where the data calls the row otherwise, `"reused_from"` where the answer was reused,
    and `"annotations"` where there are any.
    """
    write_pieces(out, (document + b"\n" for document in _documents(entries, columns, with_requests=with_requests)))


def write_json(
    out: IO[bytes], entries: Iterable[ExportRecord], columns: Sequence[ExportColumn] | None, *, with_requests: bool
) -> None:
    """Write one JSON array with an object a line, which has `"reused_from"` where the answer was reused."""
    write_pieces(out, _array(_documents(entries, columns, with_requests=with_requests, strictly=True)))


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
    """Yield one document an entry; `strictly` makes JSON of a line that is none: its value, or else a JSON string."""
    for entry in entries:
        if columns is not None:
            yield _encoded({column.name: column.read(entry) for column in columns})
            continue
        line = entry.line.strip()
        # One line that is no JSON would make the whole array unreadable; in JSONL it harms only itself.
        if strictly and not _is_json(line):
            line = _encoded(entry.answer.line or line.decode("utf-8", "replace"))
        if line.endswith(b"}") and (added := _added(entry, with_requests=with_requests, with_origin=strictly)):
            # Added to the bytes: a line that is parsed and written again would not be what the API sent.
            head = line[:-1].rstrip()
            line = head + added[head == b"{" :] + b"}"
        yield line


def _added(entry: ExportRecord, *, with_requests: bool, with_origin: bool) -> bytes:
    """Return what is put at the end of a line's object, each with a comma before it."""
    added = b"" if entry.note is None else b',"note":' + _encoded(entry.note)
    # Lines without requests are those of the API, byte for byte; an array is a format of ours.
    if entry.reused_from is not None and (with_requests or with_origin):
        added += b',"reused_from":' + _encoded(entry.reused_from)
    if with_requests:
        if entry.original is not None:
            added += b',"original_id":' + _encoded(entry.original)
        if entry.annotations:
            added += b',"annotations":' + _encoded(entry.annotations)
        added += b',"request":' + _request(entry)
    return added


def _is_json(line: bytes) -> bool:
    """Whether every program reads the line: NaN and bytes that are no UTF-8 are no JSON, long numbers are."""
    try:
        from_json(line, allow_inf_nan=False, cache_strings="none")
    except ValueError:
        try:
            text = line.decode()
            json.loads(text, parse_constant=_refuse, parse_int=str)
        except (ValueError, RecursionError):
            return False
    return True


def _refuse(word: str) -> None:
    raise ValueError(word)


def _request(entry: ExportRecord) -> bytes:
    return _encoded(entry.params) if entry.request is not None else b"null"


def _encoded(value: object) -> bytes:
    return join_text(encode_json(value)).encode()


def write_pieces(out: IO[bytes], pieces: Iterable[bytes]) -> None:
    """Write pieces of bytes, a megabyte at a time."""
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
