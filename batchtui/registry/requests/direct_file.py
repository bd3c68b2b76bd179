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

CHUNK = 1 << 21
"""Bytes that come at once; a multiple of every disk's block."""
BLOCK = 1 << 12
"""Disks take whole blocks only; where one has larger ones, what it refuses goes through the page cache."""


def page_memory(size: int) -> mmap.mmap:
    """Memory that begins at a page: what disks ask for."""
    return mmap.mmap(-1, size)


class DirectFile:
    """One open file, written or read from its beginning to its end. Never shared between threads."""

    def __init__(self, path: Path, flags: int) -> None:
        self._fd = os.open(path, flags, 0o600)
        self._is_straight = self._set_direct(True)
        self._chunk: mmap.mmap | None = None
        """What reading reads into."""

    @classmethod
    def create(cls, path: Path) -> Self:
        """Create a file to be written, for the user's eyes only. Raises FileExistsError where there is one."""
        return cls(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)

    @classmethod
    def read_from(cls, path: Path) -> Self:
        """Open a file to be read."""
        return cls(path, os.O_RDONLY)

    def write(self, data: memoryview) -> None:
        """Put `page_memory` at the end. What is not of whole blocks (4096 bytes) ends the file, or nearly so."""
        rest = len(data) % BLOCK
        whole = len(data) - rest
        self._write(data[:whole])
        if rest:
            self._use_page_cache()
            self._write(data[whole:])

    def read(self) -> bytes:
        """The next chunk; empty at the end."""
        if self._chunk is None:
            self._chunk = page_memory(CHUNK)
        try:
            count = os.readv(self._fd, [self._chunk])
        except OSError as error:
            self._mind(error)
            count = os.readv(self._fd, [self._chunk])
        return self._chunk[:count]

    def sync(self) -> None:
        """Bring all that was written to the disk, to the last byte."""
        os.fsync(self._fd)

    def close(self) -> None:
        """Let go of the file; what was not synced may be lost."""
        if self._chunk is not None:
            self._chunk.close()
        os.close(self._fd)

    def _write(self, data: memoryview) -> None:
        while data:
            try:
                data = data[os.write(self._fd, data) :]
            except OSError as error:
                self._mind(error)

    def _mind(self, error: OSError) -> None:
        """Go through the page cache from here on, where the file system has taken the flag and then minds it."""
        if not self._is_straight or error.errno != errno.EINVAL:
            raise error
        self._use_page_cache()

    def _use_page_cache(self) -> None:
        """Go through the page cache from here on."""
        self._set_direct(False)
        self._is_straight = False

    def _set_direct(self, wanted: bool) -> bool:
        """Have the page cache passed by, or not. Returns whether that could be had."""
        if not hasattr(os, "O_DIRECT"):
            return False
        flags = fcntl.fcntl(self._fd, fcntl.F_GETFL)
        try:
            fcntl.fcntl(self._fd, fcntl.F_SETFL, flags | os.O_DIRECT if wanted else flags & ~os.O_DIRECT)
        except OSError:
            return False
        return True
