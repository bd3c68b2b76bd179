"""The encoding of a text that does not say: found from its beginning, and read as a stream of lines."""

from __future__ import annotations

import codecs
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAID = {"utf-8-sig": "UTF-8 with a mark", "utf-8": "UTF-8", "cp1252": "Windows-1252", "utf-16": "UTF-16"}
FALLBACK = "cp1252"
"""What text is that nobody can tell: the usual encoding of spreadsheets in the West."""
_PLAUSIBLE = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874", "koi8_r", "cp932",
    "euc_jp", "gb18030", "big5", "euc_kr", "cp949",
]  # fmt: skip
"""What tables come in; those of DOS and of old Macs are so seldom that they are guessed wrongly more than rightly."""
_SAMPLE = 1 << 16
"""Bytes that a guess is made from."""


def detect_encoding(head: bytes) -> str:
    """Return the codec that the beginning of a text asks for."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    pairs = len(head) // 2
    for encoding, nulls in (("utf-16-le", head[1::2].count(0)), ("utf-16-be", head[0::2].count(0))):
        if pairs and nulls * 10 > pairs * 4:
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError as fault:
        return _guess(head, fault.start)
    return "utf-8"


def encoding_name(encoding: str) -> str:
    """Say an encoding as people know it."""
    return _SAID.get(encoding, encoding.upper().replace("_", "-"))


def is_encoding(name: str) -> bool:
    """Whether there is a text codec of this name."""
    try:
        "x".encode(name)
    except (LookupError, ValueError):
        return False
    return True


def text_stream(chunks: Iterable[bytes], encoding: str) -> io.TextIOWrapper:
    """Return a stream of text; bytes that are none become lone surrogates, which no request can hold."""
    raw = io.BufferedReader(_Chunks(iter(chunks)), 1 << 18)
    return io.TextIOWrapper(raw, encoding=encoding, errors="surrogateescape", newline="")


def _guess(head: bytes, first: int) -> str:
    """Guess from the part around the first byte that is no UTF-8.

    charset-normalizer tells scripts apart; between the Western encodings it takes the first by the alphabet, so where
    Windows-1252 fits as well, it is that.
    """
    from charset_normalizer import from_bytes

    start = max(0, first - _SAMPLE // 4)
    found = from_bytes(head[start : start + _SAMPLE], cp_isolation=_PLAUSIBLE)
    best = found.best()
    if best is None:
        return FALLBACK
    for match in found:
        as_good = match.chaos <= best.chaos + 0.01 and match.coherence >= best.coherence - 0.06
        if as_good and FALLBACK in (match.encoding, *match.could_be_from_charset):
            return FALLBACK
    return best.encoding


class _Chunks(io.RawIOBase):
    """Chunks of bytes as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = next(self._chunks, b"")
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
