"""Detect the encoding of a text from its beginning, and read it as a stream of lines: `detect_encoding`."""

from __future__ import annotations

import codecs
import io
import re
from typing import TYPE_CHECKING
from unicodedata import category

from batchtui.compose.tables.decompression import ChunkStream

if TYPE_CHECKING:
    from collections.abc import Iterable

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # Before UTF-16: its mark is the beginning of this one.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAID = {"utf-8-sig": "UTF-8 with a mark", "utf-8": "UTF-8", "cp1252": "Windows-1252", "utf-16": "UTF-16"}
FALLBACK = "cp1252"
"""The encoding of text that fits several: the usual one of spreadsheets in the West."""
_PLAUSIBLE = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874", "koi8_r", "cp932",
    "euc_jp", "gb18030", "big5", "euc_kr", "cp949",
]  # fmt: skip
"""What tables come in; those of DOS and of old Macs are so seldom that they are guessed wrongly more than rightly."""
_OLD = ("cp850", "mac_roman")
"""What "CSV (MS-DOS)" and "CSV (Macintosh)" of Excel are written in: told only by their letters within words."""
_WITHIN_WORD = re.compile(rb"(?<=[A-Za-z])[\x80-\xff]+(?=[a-z])")
_USUAL_LETTERS = frozenset("äöüßéèêëàâáãåçñíìîïóòôõúùûøæœ")
"""Letters of Western languages within words; capital ones stand at their beginning."""
_SURE_SHARE, _UNSURE_SHARE = 0.9, 0.5
"""Share of the letters within words that are usual: in the right encoding, and in Windows-1252 if that is wrong."""
_LEAST_ZEROS = 50
"""Of so many characters of a table in UTF-16 at least one is a delimiter, a digit, a blank or a line end."""
_LAYOUT = frozenset("\t\n\r\x0b\x0c\x1a\x1e\x1f\0\ufffd\ufeff")
_SAMPLE = 1 << 16
"""Bytes that a guess is made from."""


def detect_encoding(head: bytes) -> str:
    """Return the name of the codec of a text, detected from its first bytes."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if (without_mark := _utf16_without_mark(head)) is not None:
        return without_mark
    try:
        # Incremental: the beginning of a file may end in the middle of a character.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError as fault:
        return "utf-8" if _is_mostly_utf8(head) else _from_old_computers(head) or _guess(head, fault.start)
    return "utf-8"


def encoding_name(encoding: str) -> str:
    """Return the display name of a codec."""
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
    raw = io.BufferedReader(ChunkStream(chunks), 1 << 18)
    return io.TextIOWrapper(raw, encoding=encoding, errors="surrogateescape", newline="")


def _utf16_without_mark(head: bytes) -> str | None:
    """Return which UTF-16 a text without a mark is; None where it is none.

    Every second byte of Western text is 0 then, and in other scripts that of each delimiter, digit and line end. A text
    in another encoding that is padded with NUL has them on both sides.
    """
    text = head.rstrip(b"\0")
    text = text[: len(text) // 2 * 2]
    pairs = len(text) // 2
    for encoding, side in (("utf-16-le", 1), ("utf-16-be", 0)):
        nulls, others = text[side::2].count(0), text[1 - side :: 2].count(0)
        if nulls >= 2 and nulls * _LEAST_ZEROS > pairs and others * 10 <= nulls and _is_text(text[: 1 << 12], encoding):
            return encoding
    return None


def _is_text(content: bytes, encoding: str) -> bool:
    """Whether bytes are lines of characters that there are."""
    # Of the last line end the NUL may have been taken for padding: a table has more than one line.
    text = content.decode(encoding, "replace")
    return ("\n" in text or "\r" in text) and not any(
        category(each) in ("Cn", "Co", "Cc") for each in set(text) - _LAYOUT
    )


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


def _is_mostly_utf8(head: bytes) -> bool:
    """Whether odd bytes are few beside characters of UTF-8: then these bytes are wrong, and not the encoding.

    Text in another encoding has sequences that are UTF-8 only by accident.
    """
    text = head.decode("utf-8", "surrogateescape")
    odd = sum("\udc80" <= each <= "\udcff" for each in text)
    right = sum(each > "\x7f" for each in text) - odd
    return right > 2 * odd


def _from_old_computers(head: bytes) -> str | None:
    """Return the encoding of DOS or of old Macs, where the letters within words can be nothing else; None otherwise."""
    within = b"".join(_WITHIN_WORD.findall(head))
    letters = sum(65 <= byte <= 90 or 97 <= byte <= 122 for byte in head)
    if not within or sum(byte > 0x7F for byte in head) * 3 > letters:
        return None  # In other scripts nearly all bytes are high.
    share = {name: _share_of_usual(within, name) for name in (FALLBACK, *_OLD)}
    is_mac = b"\r" in head and b"\n" not in head
    best = max(_OLD, key=lambda name: (share[name], (name == "mac_roman") == is_mac))
    return best if share[best] >= _SURE_SHARE and share[FALLBACK] <= _UNSURE_SHARE else None


def _share_of_usual(content: bytes, encoding: str) -> float:
    return sum(each in _USUAL_LETTERS for each in content.decode(encoding, "replace")) / len(content)
