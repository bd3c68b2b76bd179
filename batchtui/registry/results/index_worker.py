"""`begin_index`: build the index of results that are still arriving, in a process of its own where there are many.

One core then reads what another receives. Both sides of the pipe are here. The parent writes the two paths, the number
of bytes of each block that it has appended to the file, and at the end the index of the requests (or null); the worker
answers with one line, the summary or what the disk refused. The worker ends when its parent does: what it leaves then
is an index without its final name, as the parent itself would leave it.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

from batchtui.registry.results.index import BLOCK, IndexBuilder, index_file
from batchtui.registry.results.summary import ResultSummary
from batchtui.runtime.worker_process import WorkerLost, WorkerProcess

if TYPE_CHECKING:
    from batchtui.domain.batches.batch import Batch
    from batchtui.registry.results.download import ResultPaths
    from batchtui.registry.results.index import Indexing

log = logging.getLogger(__name__)
WORTH_IT = 20_000
"""Results from which a process of its own is worth its start, a tenth of a second of a processor."""


def begin_index(batch: Batch, paths: ResultPaths) -> Indexing:
    """Begin the index of a batch's results as they come: here, or in a process of its own where there are many.

    Raises:
        OSError, sqlite3.Error: where the disk refuses.
    """
    if batch.counts.total >= WORTH_IT and sys.executable:
        try:
            return IndexWorker(paths.part, paths.new_index)
        except OSError as error:
            log.warning("no process could be had to index the results: %s", error)
    return IndexBuilder(paths.new_index, paths.part)


class IndexWorker:
    """Has the index of one file built by another process, which reads the file itself; only lengths are told.

    Where that process is lost, the index is built here, at the end.
    """

    def __init__(self, raw: Path, target: Path) -> None:
        """`raw`: what the results are written to as they come; `target`: where the index is to be."""
        self._raw, self._target = raw, target
        self._child = WorkerProcess("batchtui.registry.results.index_worker")
        self._child.send(json.dumps([str(raw.absolute()), str(target.absolute())]).encode() + b"\n")

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._child.pid

    def feed(self, block: bytes) -> None:
        """Tell that these bytes are in the file, after those that were there before. Never blocks for long."""
        self._child.send(b"%d\n" % len(block))

    def finish(self, requests: tuple[Path, int] | None = None) -> ResultSummary:
        """See `IndexBuilder`; waits for the other process.

        Raises:
            OSError, sqlite3.Error: where the disk refuses.
        """
        index, part = (str(requests[0].absolute()), requests[1]) if requests else (None, 1)
        self._child.send(json.dumps([index, part]).encode() + b"\n")
        try:
            word, said = json.loads(self._child.hear())
        except WorkerLost:
            # Most likely killed for the memory of the machine: indexing here is slower, and comes to the same.
            log.warning("the process that indexed the results was lost; they are indexed without one")
            self._child.end()
            return index_file(self._raw, self._target, requests)
        self._child.end()
        if word == "refused":
            raise OSError(said)
        return ResultSummary.from_json(said)

    def discard(self) -> None:
        """Throw the index away."""
        self._child.end()
        self._target.unlink(missing_ok=True)


def serve() -> None:
    """Build the index that the first line names."""
    lines = sys.stdin.buffer
    if not (first := lines.readline()):
        return
    raw, target = map(Path, json.loads(first))
    try:
        summary = _index(raw, target, lines)
        answer = ("built", summary.to_json()) if summary else None
    except (OSError, sqlite3.Error) as error:
        answer = ("refused", str(error))
    # A parent that has gone reads no answer, and a write to its pipe would raise.
    if answer:
        os.write(1, json.dumps(answer).encode() + b"\n")


def _index(raw: Path, target: Path, lines: IO[bytes]) -> ResultSummary | None:
    """Read what is told to be there, until the word that it is all; None where the parent has gone before that."""
    builder = IndexBuilder(target, raw)
    with raw.open("rb", buffering=0) as file:
        for line in lines:
            told = json.loads(line)
            if isinstance(told, list):
                index, part = told
                return builder.finish((Path(index), part) if index else None)
            # Only what was told to be there: the end of the file may be a line that is half written.
            while told:
                block = file.read(min(told, BLOCK))
                if not block:
                    raise OSError("the results were changed while they were indexed")
                told -= len(block)
                builder.feed(block)
    return None
