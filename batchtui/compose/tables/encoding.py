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
_USUAL_SIGNS = frozenset("€£§°«»„\u201c\u201d‚\u2018\u2019–—…•·¿¡©®™²³½\xa0ñ×")
"""Signs of Western texts beside the letters."""
_ENOUGH_LETTERS = 20
"""Letters that a rule about a script needs."""
_FREQUENT_RUSSIAN = frozenset("оеаинтсрвл")
"""Letters that make up two thirds of Russian text."""
_ESCAPE = "batchtui.escape"
"""The name of the error handler in Python's table of them."""
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
    """Return a stream of text; bytes that are none become lone surrogates, which no request can hold.

    Not by Python's own `surrogateescape`: it leaves half characters of UTF-16 and UTF-32 to an exception.
    """
    raw = io.BufferedReader(ChunkStream(chunks), 1 << 18)
    return io.TextIOWrapper(raw, encoding=encoding, errors=_ESCAPE, newline="")


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


def is_sure(encoding: str, head: bytes) -> bool:
    """Whether an encoding fits for certain: Unicode, or Windows-1252 with the usual letters and signs."""
    if encoding.startswith("utf"):
        return True
    letters = [each for each in head.decode(encoding, "replace") if each > "\x7f"]
    usual = sum(each.lower() in _USUAL_LETTERS or each in _USUAL_SIGNS for each in letters)
    return encoding == FALLBACK and usual >= _SURE_SHARE * len(letters)


def _escape(fault: UnicodeError) -> tuple[str, int]:
    """Return bytes that are no text as lone surrogates."""
    if not isinstance(fault, UnicodeDecodeError):
        raise fault
    return "".join(chr(0xDC00 + byte) for byte in fault.object[fault.start : fault.end]), fault.end


codecs.register_error(_ESCAPE, _escape)


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
    return _corrected(best.encoding, head[start : start + _SAMPLE])


def _corrected(encoding: str, sample: bytes) -> str:
    """Return the encoding, or that of Hebrew or Russian text which charset-normalizer takes for another script."""
    letters = [byte for byte in sample if byte >= 0xC0]
    if encoding == "cp1251" and len(letters) >= _ENOUGH_LETTERS and all(0xE0 <= byte <= 0xFA for byte in letters):
        return "cp1255"  # Russian would have capital letters and some of those behind 0xFA
    text = [each for each in sample.decode("koi8_r", "replace").lower() if "а" <= each <= "я"]
    is_russian = sum(each in _FREQUENT_RUSSIAN for each in text) * 2 > len(text) >= _ENOUGH_LETTERS
    decoded = sample.decode(encoding, "replace")
    half_width = sum("\uff61" <= each <= "\uff9f" for each in decoded)
    return "koi8_r" if is_russian and half_width * 2 > sum(each > "\x7f" for each in decoded) else encoding


def _is_mostly_utf8(head: bytes) -> bool:
    """Whether odd bytes are few beside characters of UTF-8: then these bytes are wrong, and not the encoding.

    Text in another encoding has sequences that are UTF-8 only by accident.
    """
    text = head.decode("utf-8", "surrogateescape")
    odd = sum("\udc80" <= each <= "\udcff" for each in text)
    letters = [each for each in text if each > "\x7f" and not "\udc80" <= each <= "\udcff"]
    # `Ã©` stands in no text: even a few Western letters that are UTF-8 are so on purpose.
    is_western = all(each.lower() in _USUAL_LETTERS or each in _USUAL_SIGNS for each in letters)
    return len(letters) > 2 * odd or (is_western and len(letters) >= odd)


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
