"""Search a large file of results with two processes, one for each half: `lines_with_help`.

Both sides of the pipe are here. The parent writes the text, the path and where the worker begins; the worker answers
with lines of JSON: a number for how far it has come, now and then, and at the end the list of what it has found. These
fit into the pipe while the parent is busy with its own half, and the worker waits only with a list that does not.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from batchtui.registry.results.search import lines_with
from batchtui.runtime.worker_process import WorkerLost, WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

log = logging.getLogger(__name__)
WORTH_IT = 250_000_000
"""Bytes from which a process of its own is worth its start: a quarter of a second of searching, a tenth for it."""
OWN_SHARE = 0.53
"""Of the file: the worker begins a tenth of a second later."""
STRIDE = 16_000_000
"""Bytes between two words of how far the worker has come: of 40 GB they would not fill the pipe, which holds 64 KiB."""


def lines_with_help(text: str, path: Path) -> Generator[tuple[list[int], int], None, None]:
    """Yield what `lines_with` does, in the same order; where the file is large, another process searches its end.

    Raises:
        OSError: the file cannot be read.
    """
    if path.stat().st_size < WORTH_IT or not sys.executable or _cores() < 2:
        yield from lines_with(text, path)
        return
    middle = _line_at(path, int(path.stat().st_size * OWN_SHARE))
    worker = _begin(text, path, middle)
    try:
        yield from lines_with(text, path, end=middle)
        yield from lines_with(text, path, middle) if worker is None else _heard(worker, text, path, middle)
    finally:
        if worker is not None:
            worker.end()


def _cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _line_at(path: Path, place: int) -> int:
    """Return where the first line begins behind a place."""
    with path.open("rb") as file:
        file.seek(place)
        file.readline()
        return file.tell()


def _begin(text: str, path: Path, middle: int) -> WorkerProcess | None:
    try:
        worker = WorkerProcess("batchtui.registry.results.search_worker")
    except OSError as error:
        log.warning("no process could be had to search the results: %s", error)
        return None
    worker.send(json.dumps([text, str(path.absolute()), middle]).encode() + b"\n")
    return worker


def _heard(worker: WorkerProcess, text: str, path: Path, middle: int) -> Iterator[tuple[list[int], int]]:
    """Yield what the worker says; where it is lost, search its part here."""
    done = middle
    while True:
        try:
            told = json.loads(worker.hear())
        except WorkerLost:
            log.warning("the process that searched the results was lost; its part is searched without one")
            yield from lines_with(text, path, middle)
            return
        if isinstance(told, list):
            yield told, path.stat().st_size
            return
        done = int(told)
        yield [], done


def serve() -> None:
    """Search what the first line names."""
    if not (first := sys.stdin.buffer.readline()):
        return
    text, path, begin = json.loads(first)
    found: list[int] = []
    told = begin
    # Where the file cannot be read, this ends without an answer, and the parent meets the same error.
    for starts, done in lines_with(text, Path(path), begin):
        found += starts
        if done - told >= STRIDE:
            told = done
            os.write(1, b"%d\n" % done)
    _write_all(json.dumps(found).encode() + b"\n")


def _write_all(answer: bytes) -> None:
    view = memoryview(answer)
    while view:
        view = view[os.write(1, view) :]
