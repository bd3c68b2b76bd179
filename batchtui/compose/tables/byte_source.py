"""Read the bytes of one input: its beginning, to detect the format, and then all of it: `ByteSource`."""

from __future__ import annotations

import weakref
from itertools import chain
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, BinaryIO

from batchtui.compose.tables.decompression import CHUNK, unpacked
from batchtui.domain.errors import InputError
from batchtui.intake.records.sources import ByteCounter, DamagedGzip, find_sources, read_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = 1 << 18
"""Bytes that decide what it is."""


class ByteSource:
    """One file or the standard input, unpacked where it is compressed.

    A file can be read again; a pipe only where `keep` was called before.
    """

    def __init__(self, name: str, stdin: BinaryIO | None = None) -> None:
        """Find it and read its beginning.

        Raises:
            InputError: it is not there, or cannot be read.
        """
        [self._source] = find_sources([name])
        self._stdin = stdin
        self.name = name
        self._counter = ByteCounter()
        self._kept: IO[bytes] | None = None
        self._kept_bytes = 0
        self._rest: Iterator[bytes] | None = self._unpacked()
        head = b""
        self.is_whole = True
        """Whether the beginning is all there is."""
        for chunk in self._rest:
            head += chunk
            if len(head) > HEAD:
                self.is_whole = False
                break
        self.head = head

    @property
    def progress(self) -> tuple[int, int | None]:
        """Bytes read so far, and in all where that is known."""
        return self._counter.bytes, self._source.size

    @property
    def is_pipe(self) -> bool:
        """Whether it is the standard input."""
        return self._source.path is None

    def keep(self) -> None:
        """Keep what a pipe brings in a temporary file, as far as it is read, so that it can be read again."""
        if self.is_pipe and self._kept is None and self._rest is not None:
            self._kept = TemporaryFile()  # noqa: SIM115 (closed with this object)
            # It lives as long as this object, which nobody closes.
            weakref.finalize(self, self._kept.close)
            self._kept_bytes = self._kept.write(self.head)

    def chunks(self) -> Iterator[bytes]:
        """Yield all of it.

        Raises:
            InputError: it cannot be read any more, or was a pipe that has run out.
        """
        if self._kept is not None:
            return self._replayed(self._kept)
        rest, self._rest = self._rest, None
        if rest is not None:
            return chain([self.head], rest)
        if self._source.path is None:
            raise InputError("Standard input can be read only once.", hint="Write it to a file first.")
        self._counter = ByteCounter()
        return self._unpacked()

    def _replayed(self, kept: IO[bytes]) -> Iterator[bytes]:
        """Yield what was kept, and then what the pipe goes on to bring; several readers have a place each."""
        place = 0
        while True:
            if place < self._kept_bytes:
                kept.seek(place)
                chunk = kept.read(CHUNK)
            else:
                # The pipe goes on only when a reader has come to the end of what was kept.
                chunk = next(self._rest or iter(()), b"")
                if not chunk:
                    return
                kept.seek(self._kept_bytes)
                self._kept_bytes += kept.write(chunk)
            place += len(chunk)
            yield chunk

    def _unpacked(self) -> Iterator[bytes]:
        raw = read_chunks(self._source, self._stdin, self._counter)
        try:
            yield from unpacked(raw, self.name, self._source.path)
        except DamagedGzip as fault:
            raise InputError(f"{self.name}: {fault}.", hint="Check that it was copied completely.") from None
