"""Where each request stood: from its number back to file and line, in a few bytes however many there are."""

from __future__ import annotations

from array import array
from bisect import bisect_right


class Places:
    """Remembers runs of requests on consecutive lines; a plain file of a million lines is one run."""

    def __init__(self) -> None:
        self._seqs = array("Q")
        self._lines = array("Q")
        self._files = array("L")
        self._names: list[str] = []
        self._gap: int | None = None

    def open(self, file: str) -> None:
        """Say that what is noted from now on stands in this file."""
        self._names.append(file)
        self._gap = None

    def note(self, seq: int, line: int) -> None:
        """Note one request; both numbers grow."""
        if line - seq != self._gap:
            self._gap = line - seq
            self._seqs.append(seq)
            self._lines.append(line)
            self._files.append(len(self._names) - 1)

    def find(self, seq: int) -> tuple[str, int]:
        """Return file and line of a request that was noted."""
        run = bisect_right(self._seqs, seq) - 1
        return self._names[self._files[run]], self._lines[run] + seq - self._seqs[run]
