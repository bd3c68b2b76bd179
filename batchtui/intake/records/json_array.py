"""Split a JSON array that arrives in pieces, holding one element at a time: `JsonArraySplitter`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic_core import from_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Possessive (`*+`): no way back into a match, so no text makes a pattern take quadratic time.
_SPACE = re.compile(rb"[ \t\r\n]*+")
_STRUCTURE = re.compile(rb'["\[\]{}]')
_STRING_PART = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
"""As much of a string as there is; what follows is its closing quote, or the end of what was read."""
_SCALAR_PART = re.compile(rb"[^,\]\s]*+")
_FIRST_KEY = re.compile(rb'\{\s*+("[^"\\]{1,100}")')
_SEAM = re.compile(rb"\}\s*+,?\s*+\{\s*+\Z")
_LONGEST_SEAM = 256
_LEAST_WINDOW = 4096


class BrokenArray(ValueError):
    """The text is not an array: it ended early, or something stands where a comma or the end should be."""


class JsonArraySplitter:
    """Yields the elements of an array as they were written; never parses the array as a whole.

    Feed it the bytes after the opening bracket. Elements are taken on trust inside: an element that is no JSON
    comes out as it is, and is found out where it is parsed.

    Elements made by one program begin with the same key, so that between two requests there is `},{"custom_id"`. Such
    a seam is tried first: what is JSON up to there is the whole element, and both the search and the proof run in C.
    Only where that fails are brackets counted.
    """

    def __init__(self, chunks: Iterable[bytes], *, closed: bool = True) -> None:
        """`closed`: the elements stand in an array; otherwise they follow one another to the end of the text."""
        self._chunks = iter(chunks)
        self._closed = closed
        self._buffer = bytearray()
        self._at = 0
        self._window = _LEAST_WINDOW
        self._first_key: bytes | bytearray | None = None

    def __iter__(self) -> Iterator[bytes]:
        """Yield one element after the other, without surrounding space.

        Raises:
            BrokenArray: as soon as the text cannot be an array.
        """
        mark = self._mark()
        if self._closed and mark == b"]":
            self._at += 1
            return
        if mark == b",":
            raise BrokenArray("it begins with a comma")
        while self._mark():
            element = self._guess() or self._cut()
            self._at += len(element)
            # Elements of one program are about as long: a seam much further away belongs to a later element.
            self._window = max(_LEAST_WINDOW, 4 * len(element))
            yield element
            if not self._has_more():
                return
        if self._closed:
            raise BrokenArray("the array is not closed: the file ends in the middle")

    def rest(self) -> bytes:
        """Return the beginning of what stands after the array, without the space around it."""
        self._mark()
        return bytes(self._buffer[self._at : self._at + 200]).rstrip()

    def _has_more(self) -> bool:
        """Pass over what separates two elements; False where the array or the text ends."""
        mark = self._mark()
        if not self._closed:
            self._at += mark == b","
            return self._mark() != b""
        if mark == b"":
            raise BrokenArray("the array is not closed: the file ends in the middle")
        if mark not in b",]":
            raise BrokenArray("a comma is missing between two elements")
        self._at += 1
        if mark == b"," and self._mark() in (b"", b",", b"]"):
            raise BrokenArray("an element is missing after a comma")
        return mark == b","

    def _grow(self) -> bool:
        """Take in one more chunk; False at the end."""
        chunk = next(self._chunks, b"")
        if self._at:
            del self._buffer[: self._at]
            self._at = 0
        self._buffer += chunk
        return bool(chunk)

    def _mark(self) -> bytes:
        """Pass over space and return the next byte without consuming it, or nothing at the end."""
        while True:
            match = _SPACE.match(self._buffer, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._buffer):
                return bytes(self._buffer[self._at : self._at + 1])
            if not self._grow():
                return b""

    def _guess(self) -> bytes | None:
        """Return the element where it ends at the next likely seam."""
        if self._first_key is None:
            match = _FIRST_KEY.match(self._buffer, self._at)
            self._first_key = match[1] if match else b""
        if not self._first_key:
            return None
        here = self._buffer.find(self._first_key, self._at + 2 + len(self._first_key), self._at + self._window)
        seam = _SEAM.search(self._buffer, max(self._at, here - _LONGEST_SEAM), here) if here > 0 else None
        if seam is None:
            return None
        element = bytes(self._buffer[self._at : seam.start() + 1])
        try:
            # The proof: a seam may stand inside a string, and then this is no JSON.
            from_json(element)
        except ValueError:
            return None
        return element

    def _cut(self) -> bytes:
        """Return the element, however it is written."""
        opening = bytes(self._buffer[self._at : self._at + 1])
        if opening in b"{[":
            end = self._bracket_end()
        elif opening == b'"':
            end = self._run_end(_STRING_PART, 1) + 1
        else:
            end = self._run_end(_SCALAR_PART, 0)
        return bytes(self._buffer[self._at : self._at + end])

    def _bracket_end(self) -> int:
        """Return the length of the object or array that begins here, counting brackets outside strings."""
        depth, here = 0, 0  # relative to self._at, which moves when the buffer grows
        while True:
            match = _STRUCTURE.search(self._buffer, self._at + here)
            if match is None:
                here = len(self._buffer) - self._at
                if not self._grow():
                    raise BrokenArray("the last element is not closed: the file ends in the middle")
                continue
            here = match.end() - self._at
            found = match[0]
            if found == b'"':
                here = self._run_end(_STRING_PART, here) + 1
            else:
                depth += 1 if bytes(found) in b"{[" else -1
                if depth == 0:
                    return here

    def _run_end(self, pattern: re.Pattern[bytes], here: int) -> int:
        """Return where a run ends (relative to the element's beginning), taking in as many chunks as it needs."""
        while True:
            match = pattern.match(self._buffer, self._at + here)
            here = match.end() - self._at if match else here
            # A backslash at the end of what was read may belong to a quote that comes with the next chunk.
            left = len(self._buffer) - self._at - here
            if left > 1 or (left == 1 and self._buffer[-1] != ord("\\")):
                return here
            if not self._grow():
                if pattern is _STRING_PART:
                    raise BrokenArray("the last element is not closed: the file ends in the middle")
                return here + left
