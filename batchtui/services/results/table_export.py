"""Write saved results as CSV or TSV, in two processes where there are many: `write_table`.

This process finds where each result and its request lie, and hands the rows out in chunks. The other makes rows as fast
as it can, this one makes those that the other has no time for, and writes all of them in order.
"""

from __future__ import annotations

import logging
import os
import sys
from collections import deque
from dataclasses import dataclass
from itertools import chain
from typing import IO, TYPE_CHECKING

from batchtui.domain.errors import StorageError
from batchtui.exporters.delimited import RowEncoder
from batchtui.exporters.row_worker import NO_FILE, RowFiles, RowLocation, RowWorker
from batchtui.results.line_parser import parse_line
from batchtui.runtime.worker_process import WorkerLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from batchtui.exporters.columns import ExportColumn
    from batchtui.registry.results.merge import Found, MergedResults

log = logging.getLogger(__name__)
WORTH_IT = 20_000
"""Rows from which a process of its own is worth its start, a tenth of a second of a processor."""
CHUNK_BYTES = 512 << 10
"""Of results and requests that make a chunk: some milliseconds of work, many times what handing it out costs."""
CHUNK_ROWS = 200
"""Rows of a chunk at most: the lines of two chunks have to fit into a pipe."""
UNDER_WAY = 2
"""Chunks that the other process has: one that it works on, and one to go on with."""
MOST_WAITING = 12
"""Chunks that are held here at most, while an earlier one is not there yet: memory does not grow beyond that."""


@dataclass(slots=True)
class _Chunk:
    rows: list[RowLocation]
    made: Sequence[bytes] | None = None
    """Its rows as bytes; None while the other process makes them."""


@dataclass(frozen=True, slots=True)
class ResultTable:
    """What a table of results looks like."""

    columns: Sequence[ExportColumn]
    delimiter: str
    """Between two cells."""
    guard: bool
    """Whether formulas get an apostrophe."""
    bom: bool
    """Whether a byte order mark comes first."""
    with_requests: bool
    """Whether cells are read from the requests."""
    rows: int
    """About how many there will be."""


def write_table(
    out: IO[bytes],
    merged: MergedResults,
    places: Iterator[Found],
    options: ResultTable,
    told: Callable[[Iterable[int]], object],
) -> None:
    """Write a header and one row a result, in the order of `places`.

    Args:
        out: a binary stream.
        merged: the results.
        places: which of them, in their order.
        options: what the table looks like.
        told: is called with the codes of the outcomes of rows that were written.

    Raises:
        StorageError: the disk refuses.
    """
    encoder = RowEncoder(options.columns, delimiter=options.delimiter, guard=options.guard)
    files = RowFiles()
    worker: RowWorker | None = None
    try:
        out.write(encoder.header(bom=options.bom))
        if options.rows >= WORTH_IT and sys.executable and (os.cpu_count() or 1) > 1:
            worker = _start(files, options)
        chunks = _chunks(merged, places, files, with_requests=options.with_requests)
        for chunk in _made(chunks, files, encoder, worker):
            out.writelines(chunk.made or ())
            told(row.outcome for row in chunk.rows)
    finally:
        if worker:
            worker.end()
        files.close()


def _start(files: RowFiles, options: ResultTable) -> RowWorker | None:
    try:
        return RowWorker(files, options.columns, delimiter=options.delimiter, guard=options.guard)
    except OSError as error:
        log.warning("no process could be had to make rows: %s", error)
        return None


def _chunks(
    merged: MergedResults, places: Iterator[Found], files: RowFiles, *, with_requests: bool
) -> Iterator[_Chunk]:
    """Yield where the rows lie, in chunks."""
    readers = merged.readers
    outcomes = [reader.outcomes for reader in readers]
    numbers = [_opened(files, str(reader.path)) for reader in readers]
    rows: list[RowLocation] = []
    size = 0
    for place in places:
        source, seq = place.source, place.seq
        offset, length = readers[source].span(seq)
        body, start, asked = NO_FILE, 0, 0
        if with_requests:
            # In the order of the input the place of the request is known, and its id need not be parsed.
            custom_id = "" if place.request else parse_line(merged.line(place)).custom_id
            if where := merged.request_location(place, custom_id):
                path, start, asked = where
                body = _opened(files, path)
        rows.append(RowLocation(numbers[source], offset, length, outcomes[source][seq], body, start, asked))
        size += length + asked
        if size >= CHUNK_BYTES or len(rows) >= CHUNK_ROWS:
            yield _Chunk(rows)
            rows, size = [], 0
    if rows:
        yield _Chunk(rows)


def _opened(files: RowFiles, path: str) -> int:
    try:
        return files.number(path)
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error}.") from error


def _made(chunks: Iterator[_Chunk], files: RowFiles, encoder: RowEncoder, worker: RowWorker | None) -> Iterator[_Chunk]:
    """Yield all chunks in order with their rows, made by the worker as long as it lives, and here."""
    waiting: deque[_Chunk] = deque()
    try:
        if worker:
            yield from _shared(chunks, waiting, files, encoder, worker)
    except WorkerLost:
        log.warning("the process that made rows was lost; the rest is made without one")
    for chunk in chain(waiting, chunks):
        if chunk.made is None:
            chunk.made = list(encoder.blocks(files.records(chunk.rows)))
        yield chunk


def _shared(
    chunks: Iterator[_Chunk], waiting: deque[_Chunk], files: RowFiles, encoder: RowEncoder, worker: RowWorker
) -> Iterator[_Chunk]:
    """Yield chunks in order; `waiting` holds those that were read and not yielded yet.

    Raises:
        WorkerLost: the other process has ended.
    """
    under_way = 0
    for chunk in chunks:
        waiting.append(chunk)
        if under_way < UNDER_WAY:
            worker.give(chunk.rows)
            under_way += 1
        else:
            chunk.made = list(encoder.blocks(files.records(chunk.rows)))
        while waiting:
            first = waiting[0]
            if first.made is None:
                if len(waiting) < MOST_WAITING and not worker.is_ready:
                    break
                first.made = [worker.take()]
                under_way -= 1
            yield waiting.popleft()
    while waiting:
        if waiting[0].made is None:
            waiting[0].made = [worker.take()]
        yield waiting.popleft()
