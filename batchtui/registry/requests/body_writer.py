"""Write the bodies of an attempt to the disk and hash them, on a thread of its own: `BodyWriter`."""

from __future__ import annotations

import hashlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from batchtui.registry.requests.direct_file import DirectFile, page_memory

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

HEAD, BETWEEN, TAIL = b'{"requests":[', b",", b"]}"
"""What is around and between the requests in a body."""
STEP = 1 << 20
"""Bytes that are written at once: with less, the two threads wait for the interpreter lock more often."""
STEPS_AHEAD = 2
"""How many steps may wait for the disk: memory stays flat, and checking and writing overlap."""


class BodyWriter:
    """Writes bodies one after the other, and hashes the requests in them.

    It belongs to one thread, which calls `open`, `add` and `close` for each body, then `finish` or `discard`. Requests
    are copied at once, while they are in the processor's cache, into memory that direct writes can use. All errors
    are OSError, raised by the call that met them or a later one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="body-stream")
        self._pending: deque[Future[None]] = deque()
        self._hash = hashlib.sha256()
        # One more than may wait, so that the first is always free. Behind each there is room for the end of a body.
        self._steps = deque(page_memory(STEP + len(TAIL)) for _ in range(STEPS_AHEAD + 1))
        self._begin = self._end = 0
        """Where in the first step the requests stand that the disk does not have yet."""
        self._file: DirectFile | None = None
        """The open body; touched by the thread of the disk only."""

    def open(self, name: str) -> None:
        """Begin a body."""
        # On the thread of the disk, where the body before it is still being written.
        self._later(lambda: self._open_file(name))
        self._steps[0][: len(HEAD)] = HEAD
        self._begin = self._end = len(HEAD)

    def add(self, text: bytes) -> None:
        """Append to the body."""
        left = memoryview(text)
        while left:
            taken = left[: STEP - self._end]
            end = self._end + len(taken)
            self._steps[0][self._end : end] = taken
            self._end, left = end, left[len(taken) :]
            if end == STEP:
                self._hand_over()

    def close(self) -> None:
        """End the body."""
        self._hand_over(TAIL)
        self._later(self._close_file)

    def finish(self) -> str:
        """Wait for the disk. Returns the SHA-256 (hex) over all requests in order, each with a comma before it."""
        # Each raises what its write has met, so none may be passed over.
        while self._pending:
            self._settle()
        self._disk.shutdown()
        return self._hash.hexdigest()

    def discard(self) -> None:
        """Stop, and leave the open body incomplete."""
        self._disk.shutdown(cancel_futures=True)
        if self._file is not None:
            self._file.close()
            self._file = None

    def _hand_over(self, tail: bytes = b"") -> None:
        """Pass the gathered bytes to the other thread; `tail`, which ends the body, is not part of the hash."""
        # Not copied: this memory is filled again only when its turn has come round.
        step, begin, end = memoryview(self._steps[0]), self._begin, self._end
        step[end : end + len(tail)] = tail
        self._later(lambda: self._write(step[: end + len(tail)], step[begin:end]))
        self._steps.rotate(-1)
        self._begin = self._end = 0

    def _later(self, task: Callable[[], None]) -> None:
        """Queue a task for the other thread, once there is room."""
        while len(self._pending) >= STEPS_AHEAD:
            self._settle()
        self._pending.append(self._disk.submit(task))

    def _settle(self) -> None:
        self._pending.popleft().result()

    def _open_file(self, name: str) -> None:
        self._file = DirectFile.create(self._folder / name)
        # The same for the same requests, however they are cut into parts.
        self._hash.update(BETWEEN)

    def _write(self, text: memoryview, requests: memoryview) -> None:
        assert self._file is not None
        self._hash.update(requests)
        self._file.write(text)

    def _close_file(self) -> None:
        assert self._file is not None
        self._file.sync()
        self._file.close()
        self._file = None
