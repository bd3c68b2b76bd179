"""Make rows of CSV and TSV in a process of its own: `RowWorker`, and `RowFiles`, by which both sides read.

A row takes some thirty microseconds, nearly all of it parsing and quoting, which two processors do in half the time.
Both sides of the pipe are here. The parent writes a line with the columns, and then a line a chunk: paths that are new,
and for each row where its result and its request lie. The worker answers a chunk with a line that says how many bytes
follow, and the bytes. The parent reads them in the order of the chunks, so that a file is the same with and without it.
"""

from __future__ import annotations

import json
import os
import select
import sys
from typing import TYPE_CHECKING, NamedTuple

from batchtui.domain.results.result import Outcome
from batchtui.exporters.columns import columns_by_name
from batchtui.exporters.delimited import RowEncoder
from batchtui.exporters.record import ExportRecord
from batchtui.runtime.worker_process import WorkerLost, WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from batchtui.exporters.columns import ExportColumn

_OUTCOMES = tuple(Outcome)
NO_FILE = -1
"""In the place of the file of requests: the row has none."""


class RowLocation(NamedTuple):
    """Where a row's result and its request lie: numbers alone, so that many of them are one short line."""

    result_file: int
    """Its number among `RowFiles`."""
    result_offset: int
    result_length: int
    outcome: int
    """By the index: the place of the outcome in the enumeration."""
    request_file: int = NO_FILE
    request_offset: int = 0
    request_length: int = 0


class RowFiles:
    """The files that rows are read from, each with a number. They stay open: what is pruned meanwhile is still read."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self._numbers: dict[str, int] = {}
        self._descriptors: list[int] = []

    def number(self, path: str) -> int:
        """Return the number of a file, which is opened where it is new.

        Raises:
            OSError: it cannot be opened.
        """
        found = self._numbers.get(path)
        if found is None:
            self._descriptors.append(os.open(path, os.O_RDONLY))
            self.paths.append(path)
            found = self._numbers[path] = len(self.paths) - 1
        return found

    def records(self, rows: Iterable[Sequence[int]]) -> Iterator[ExportRecord]:
        """Yield the results of rows, each with its request where it has one.

        Raises:
            OSError: a file cannot be read.
        """
        files = self._descriptors
        for file, offset, length, outcome, body, start, size in rows:
            request = None if body == NO_FILE else os.pread(files[body], size, start)
            record = ExportRecord(os.pread(files[file], length, offset), request)
            record.read_as = _OUTCOMES[outcome]
            yield record

    def close(self) -> None:
        """Close all of them."""
        while self._descriptors:
            os.close(self._descriptors.pop())


class RowWorker:
    """Has rows made by another process. Chunks are given, and taken in the same order; two of them may be under way.

    More must not be given: their lines have to fit into the pipe while the worker waits to be read.
    """

    def __init__(self, files: RowFiles, columns: Iterable[ExportColumn], *, delimiter: str, guard: bool) -> None:
        """Start it.

        Raises:
            OSError: no process can be started.
        """
        self._files = files
        self._told = 0
        self._child = WorkerProcess("batchtui.exporters.row_worker")
        self._child.send(_line([[column.name for column in columns], delimiter, guard]))

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._child.pid

    def give(self, rows: Sequence[RowLocation]) -> None:
        """Have the rows of a chunk made."""
        new = self._files.paths[self._told :]
        self._told += len(new)
        self._child.send(_line([new, rows]))

    @property
    def is_ready(self) -> bool:
        """Whether the next chunk begins to be there."""
        return bool(select.select([self._child.answers], [], [], 0)[0])

    def take(self) -> bytes:
        """Return the rows of the next chunk, and wait for them.

        Raises:
            WorkerLost: the process has ended.
        """
        size = int(self._child.hear())
        made = self._child.answers.read(size)
        if len(made) != size:
            raise WorkerLost
        return made

    def end(self) -> None:
        """End the process."""
        self._child.end()


def serve() -> None:
    """Make the rows that are asked for, until the parent ends or has gone."""
    lines, out = sys.stdin.buffer, sys.stdout.buffer
    if not (first := lines.readline()):
        return
    names, delimiter, guard = json.loads(first)
    encoder = RowEncoder(columns_by_name(names), delimiter=delimiter, guard=guard)
    files = RowFiles()
    for line in lines:
        new, rows = json.loads(line)
        for path in new:
            files.number(path)
        made = list(encoder.blocks(files.records(rows)))
        out.write(b"%d\n" % sum(map(len, made)))
        out.writelines(made)
        out.flush()


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
