"""Write and read large files past the page cache (`O_DIRECT`, see open(2)): `DirectFile`.

A body of 250 MB is written and read once. Through the page cache it would push out what the machine had cached.
Buffered writes with `posix_fadvise(POSIX_FADV_DONTNEED)` would be simpler; measured side by side, a whole submission
took a quarter longer with them, since pages must be on the disk before they can be dropped. Where the file system does
not offer `O_DIRECT`, files are written and read through the cache.
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
"""Bytes that are read at once; a multiple of the block size of every disk."""
BLOCK = 1 << 12
"""Direct writes must be whole blocks. A disk with larger ones refuses them; they then go through the page cache."""


def page_memory(size: int) -> mmap.mmap:
    """Return memory that begins at a page, as direct reads and writes require."""
    return mmap.mmap(-1, size)


class DirectFile:
    """One open file, written or read from beginning to end, by one thread at a time."""

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
        """Append `page_memory`. After a write that is not of whole blocks (4096 bytes) the page cache is used."""
        rest = len(data) % BLOCK
        whole = len(data) - rest
        self._write(data[:whole])
        # The last write of a file is rarely a multiple of the block size, which O_DIRECT requires.
        if rest:
            self._use_page_cache()
            self._write(data[whole:])

    def read(self) -> bytes:
        """Return the next chunk; empty at the end."""
        if self._chunk is None:
            self._chunk = page_memory(CHUNK)
        try:
            count = os.readv(self._fd, [self._chunk])
        except OSError as error:
            self._fall_back(error)
            count = os.readv(self._fd, [self._chunk])
        return self._chunk[:count]

    def sync(self) -> None:
        """Flush everything that was written to the disk."""
        os.fsync(self._fd)

    def close(self) -> None:
        """Close the file; what was not synced may be lost."""
        if self._chunk is not None:
            self._chunk.close()
        os.close(self._fd)

    def _write(self, data: memoryview) -> None:
        while data:
            try:
                data = data[os.write(self._fd, data) :]
            except OSError as error:
                self._fall_back(error)

    def _fall_back(self, error: OSError) -> None:
        """Turn to the page cache where the file system accepted the flag but refuses the write; else raise."""
        if not self._is_straight or error.errno != errno.EINVAL:
            raise error
        self._use_page_cache()

    def _use_page_cache(self) -> None:
        """Use the page cache from now on."""
        self._set_direct(False)
        self._is_straight = False

    def _set_direct(self, wanted: bool) -> bool:
        """Set or clear O_DIRECT. Returns whether the system accepts it."""
        if not hasattr(os, "O_DIRECT"):
            return False
        flags = fcntl.fcntl(self._fd, fcntl.F_GETFL)
        try:
            fcntl.fcntl(self._fd, fcntl.F_SETFL, flags | os.O_DIRECT if wanted else flags & ~os.O_DIRECT)
        except OSError:
            return False
        return True
