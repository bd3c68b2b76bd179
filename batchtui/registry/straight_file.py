"""Large files that go straight to the disk and come straight from it: they take no memory that others use better.

Written through the page cache, a body of 250 MB costs more processor time than its checks, and pushes out what the
machine had cached. Where the file system does not offer this (`O_DIRECT`), files are written and read as usual.
"""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path

CHUNK = 1 << 20
"""Bytes that go or come at once; a multiple of every disk's block."""


class StraightFile:
    """One open file with a buffer that disks can reach. Never shared between threads."""

    def __init__(self, path: Path, flags: int) -> None:
        self._fd = os.open(path, flags, 0o600)
        # Anonymous memory begins at a page: what disks ask for.
        self._buffer = mmap.mmap(-1, CHUNK)
        self._filled = 0
        self._is_straight = self._go_straight(True)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Create a file to be written, for the user's eyes only. Raises FileExistsError where there is one."""
        return cls(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)

    @classmethod
    def read_from(cls, path: Path) -> Self:
        """Open a file to be read."""
        return cls(path, os.O_RDONLY)

    def write(self, data: bytes) -> None:
        """Put bytes at the end; they leave for the disk a chunk at a time."""
        left = memoryview(data)
        while left:
            take = min(CHUNK - self._filled, len(left))
            self._buffer[self._filled : self._filled + take] = left[:take]
            self._filled += take
            left = left[take:]
            if self._filled == CHUNK:
                self._flush()

    def read(self) -> bytes:
        """The next chunk; empty at the end."""
        try:
            count = os.readv(self._fd, [self._buffer])
        except OSError as error:
            self._go_round(error)
            count = os.readv(self._fd, [self._buffer])
        return self._buffer[:count]

    def sync(self) -> None:
        """Bring all that was written to the disk, to the last byte. Nothing is written after that."""
        # Disks take whole blocks only, and the end of a file is seldom one.
        self._go_straight(False)
        self._is_straight = False
        self._flush()
        os.fsync(self._fd)

    def close(self) -> None:
        """Let go of the file; what was not synced may be lost."""
        self._buffer.close()
        os.close(self._fd)

    def _flush(self) -> None:
        """Write what has been gathered; a whole chunk, but for the end of the file."""
        done = 0
        with memoryview(self._buffer) as view:
            while done < self._filled:
                try:
                    done += os.write(self._fd, view[done : self._filled])
                except OSError as error:
                    self._go_round(error)
        self._filled = 0

    def _go_round(self, error: OSError) -> None:
        """Go through the page cache from here on, where the file system has taken the flag and then minds it."""
        if not self._is_straight or error.errno != errno.EINVAL:
            raise error
        self._go_straight(False)
        self._is_straight = False

    def _go_straight(self, wanted: bool) -> bool:
        """Have the page cache passed by, or not. Returns whether that could be had."""
        if not hasattr(os, "O_DIRECT"):
            return False
        flags = fcntl.fcntl(self._fd, fcntl.F_GETFL)
        try:
            fcntl.fcntl(self._fd, fcntl.F_SETFL, flags | os.O_DIRECT if wanted else flags & ~os.O_DIRECT)
        except OSError:
            return False
        return True
