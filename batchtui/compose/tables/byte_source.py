"""The bytes of one input: its beginning, to find out what it is, and then all of it."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from batchtui.domain.errors import InputError
from batchtui.intake.sources import ByteCounter, DamagedGzip, find_sources, read_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = 1 << 18
"""Bytes that decide what it is."""


class ByteSource:
    """One file or the standard input, unpacked where it is gzip. A file can be read again, a pipe cannot."""

    def __init__(self, name: str, stdin: BinaryIO | None = None) -> None:
        """Find it and read its beginning.

        Raises:
            InputError: it is not there, or cannot be read.
        """
        [self._source] = find_sources([name])
        self._stdin = stdin
        self.name = name
        self._counter = ByteCounter()
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

    def chunks(self) -> Iterator[bytes]:
        """Yield all of it.

        Raises:
            InputError: it cannot be read any more, or was a pipe that has run out.
        """
        rest, self._rest = self._rest, None
        if rest is not None:
            return chain([self.head], rest)
        if self._source.path is None:
            raise InputError("The standard input can be read only once.", hint="Write it to a file first.")
        self._counter = ByteCounter()
        return self._unpacked()

    def _unpacked(self) -> Iterator[bytes]:
        try:
            yield from read_chunks(self._source, self._stdin, self._counter)
        except DamagedGzip as fault:
            raise InputError(f"{self.name}: {fault}.", hint="Was it copied completely?") from None
