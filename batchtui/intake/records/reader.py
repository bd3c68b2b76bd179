"""Recognise the format of an input and split it into records, as bytes: `read_records`."""

from __future__ import annotations

import json
import re
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from batchtui.domain.limits import MAX_BODY_BYTES
from batchtui.intake.records.json_array import BrokenArray, JsonArraySplitter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HEAD = 1 << 14
"""Bytes that decide what kind of text it is."""
_BLOCK_RECORDS = 1000
_BLOCK_BYTES = 1 << 20
_WRAPPED = re.compile(rb'\{\s*"requests"\s*:\s*\[')
_SPREAD_OUT = re.compile(rb'\{[ \t\r]*\n\s*["}]')
"""An object whose opening brace stands alone: it goes on over several lines."""

DOUBLE_ENCODED = (
    "this is a JSON string with a JSON object in it: it was encoded twice",
    "encode it once, or unpack each line: jq -c fromjson FILE",
)
"""Message and hint."""

_FOREIGN = (
    (b"PAR1", "a Parquet file", "write the requests as JSON lines"),
    (b"PK\x03\x04", "a zip archive (or a spreadsheet)", "unpack it first"),
    (b"PK\x05\x06", "an empty zip archive", "was it packed completely?"),
    (b"PK\x07\x08", "a part of a zip archive", "put the parts together and unpack them first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it first"),
    (b"\x1f\x8b", "compressed with gzip twice", "unpack it once: gzip -d"),
    (b"\x04\x22\x4d\x18", "compressed with lz4", "unpack it first, or use gzip"),
    (b"ARROW1", "an Arrow (Feather) file", "write the requests as JSON lines"),
    (b"Obj\x01", "an Avro file", "write the requests as JSON lines"),
    (b"\xd0\xcf\x11\xe0", "an Excel or Word file", "save the table as CSV: batchtui compose makes requests of it"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it first, or use gzip"),
    (b"BZh", "compressed with bzip2", "unpack it first, or use gzip"),
    (b"\xfd7zXZ", "compressed with xz", "unpack it first, or use gzip"),
    (b"SQLite format 3", "an SQLite database", "write the requests as JSON lines"),
    (b"%PDF", "a PDF", "put it into a request: batchtui compose builds one for each file of a folder"),
    (b"\x89PNG", "an image", "put it into a request: batchtui compose builds one for each file of a folder"),
)
# UTF-32 first: its mark begins like that of UTF-16.
_WIDE = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
_UNMARKED = ("UTF-32LE", "UTF-32BE", "UTF-16LE", "UTF-16BE")
_MARK = b"\xef\xbb\xbf"
_TAR_BLOCK = 512
_POINTERS = (
    (re.compile(rb"version https?://(?:git-lfs|hawser)\.github\.com/spec/"), "a Git LFS pointer", "git lfs pull"),
    (re.compile(rb"(?:\.\./)*(?:\.git|/)?/?annex/objects/"), "a git-annex pointer", "git annex get"),
)
_MARKUP = re.compile(rb"<(!doctype\s+html|html|head|body|script|meta|title|!--)?", re.IGNORECASE)


class UnknownFormat(ValueError):
    """The input as a whole is nothing that holds requests."""

    def __init__(self, code: str, message: str, hint: str, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.line = line


class Records(NamedTuple):
    """Some records in a row."""

    first: int
    """Line or element number of the first; the others follow without a gap."""
    items: list[bytes]
    """As they were written, not yet stripped; one of white space only is a blank line."""


def read_records(chunks: Iterator[bytes]) -> Iterator[Records]:
    """Yield the records of one input, a few hundred kilobytes at a time.

    Raises:
        UnknownFormat: the whole input is nothing that holds requests, or it breaks off; `line` says where it is known.
    """
    head, blank_lines = b"", 0
    for chunk in chunks:
        head += chunk
        if not head.strip():  # never held, however long it goes on
            blank_lines += head.count(b"\n")
            head = b""
        elif len(head) >= HEAD:
            break
    _refuse_foreign(head)
    text = without_mark(head)
    start = text.lstrip()
    if not start:
        raise UnknownFormat("file-empty", "the file is empty", "a batch needs at least one request")
    # By the first bytes and not by the name: `.json` and `.jsonl` are mixed up often enough.
    if start.startswith(b"["):
        return _elements(chain([start[1:]], chunks), "")
    if wrapped := _WRAPPED.match(start):
        return _elements(chain([start[wrapped.end() :]], chunks), "}")
    if not start.startswith(b"{"):
        raise _not_json(start)
    if _SPREAD_OUT.match(start):
        return _blocks(JsonArraySplitter(chain([start], chunks), closed=False))
    return _lines(chain([text], chunks), blank_lines + 1)


def _lines(chunks: Iterable[bytes], number: int) -> Iterator[Records]:
    """Yield lines split at newlines only: U+2028 and U+2029 are legal inside a JSON string."""
    begun: list[bytes] = []
    length = 0
    for chunk in chunks:
        # In half the time of bytes.split, which looks at every byte in turn.
        items = BytesIO(chunk).readlines()
        rest = b"" if chunk.endswith(b"\n") else items.pop()
        if items:
            if length > MAX_BODY_BYTES:
                raise _too_long(number)
            begun.append(items[0])
            items[0] = b"".join(begun)
            begun.clear()
            length = 0
            yield Records(number, items)
            number += len(items)
        # Counted on, not kept: a line that is too long is not held in memory to its end.
        length += len(rest)
        if length <= MAX_BODY_BYTES:
            begun.append(rest)
        else:
            begun.clear()
    if length > MAX_BODY_BYTES:
        raise _too_long(number)
    if length:
        yield Records(number, [b"".join(begun)])


def _too_long(line: int) -> UnknownFormat:
    hint = "a batch takes 250 MB at most; is a newline missing between the requests?"
    return UnknownFormat("request-too-large", "a line is longer than a whole batch may be", hint, line)


def _elements(chunks: Iterable[bytes], closing: str) -> Iterator[Records]:
    """Yield the elements of an array. Raises UnknownFormat where other text follows it."""
    splitter = JsonArraySplitter(chunks)
    yield from _blocks(splitter)
    rest = splitter.rest()
    if rest != closing.encode():
        if closing and rest.startswith(b","):
            raise UnknownFormat(
                "file-extra", 'there are more keys beside "requests"', "only requests are sent; leave them out"
            )
        raise UnknownFormat(
            "file-extra", "there is more text after the end of the array", "remove it, or write JSON lines"
        )


def _blocks(splitter: JsonArraySplitter) -> Iterator[Records]:
    """Yield elements in blocks of bounded size."""
    items: list[bytes] = []
    number, size = 1, 0
    try:
        for element in splitter:
            items.append(element)
            size += len(element)
            if len(items) >= _BLOCK_RECORDS or size >= _BLOCK_BYTES:
                yield Records(number, items)
                number, items, size = number + len(items), [], 0
    except BrokenArray as fault:
        yield Records(number, items)
        raise UnknownFormat(
            "file-array", f"not a complete JSON array: {fault}", "is the file complete?", number + len(items)
        ) from None
    yield Records(number, items)


def without_mark(text: bytes) -> bytes:
    """Return a text or a line without the byte order marks before it: files put together have them in the middle."""
    while (start := text.lstrip()).startswith(_MARK):
        text = start.removeprefix(_MARK)
    return text


def sniff(head: bytes) -> tuple[str, str] | None:
    """Return the name of a binary format by its first bytes, and a hint; None where it is not known."""
    if _is_tar(head):
        return "a tar archive", "unpack it first (tar -xf FILE), then name the file or the folder that was in it"
    return next(((what, hint) for magic, what, hint in _FOREIGN if head.startswith(magic)), None)


def _is_tar(head: bytes) -> bool:
    """Whether the first block is the header of a tar archive: its checksum tells, also where the format is an old one.

    The checksum is the sum of all bytes of the block, with blanks in its own place (POSIX.1-1988, pax).
    """
    block = head[:_TAR_BLOCK]
    if len(block) < _TAR_BLOCK:
        return False
    try:
        stated = int(block[148:156].strip(b" \0"), 8)
    except ValueError:
        return False
    return stated == sum(block) - sum(block[148:156]) + 8 * ord(" ")


def _refuse_foreign(head: bytes) -> None:
    """Raise UnknownFormat for binary formats and for encodings other than UTF-8."""
    if (foreign := sniff(head)) is not None:
        raise UnknownFormat("file-binary", f"this is {foreign[0]}, not a file of requests", foreign[1])
    for magic, encoding in _WIDE:
        if head.startswith(magic):
            raise UnknownFormat(
                "file-encoding", f"the text is {encoding}, not UTF-8", f"convert it: iconv -f {encoding} -t UTF-8", 1
            )
    for pattern, what, command in _POINTERS:
        if pattern.match(head):
            raise UnknownFormat("file-pointer", f"this is {what}, not the file itself", f"fetch the file: {command}", 1)
    sample = head[:HEAD]
    if 0 not in sample:
        return
    if (unmarked := _unmarked_encoding(sample)) is not None:
        message = f"the text looks like {unmarked[:6]} without a mark, not UTF-8"
        raise UnknownFormat("file-encoding", message, f"convert it: iconv -f {unmarked} -t UTF-8", 1)
    line = head.count(b"\n", 0, head.index(0)) + 1
    raise UnknownFormat("file-binary", "this is binary data, not a file of requests", "requests are JSON text", line)


def _unmarked_encoding(sample: bytes) -> str | None:
    """Return the encoding with two or four bytes a character that makes text of the sample; None where none does."""
    whole = sample[: len(sample) // 4 * 4 or len(sample)]
    for encoding in _UNMARKED:
        text = whole.decode(encoding, "ignore")
        # Read in the wrong order of bytes, ASCII becomes rare signs; real text of any language has some ASCII in JSON.
        plain = sum(" " <= sign <= "~" or sign in "\t\r\n" for sign in text)
        # A quarter: the syntax of JSON and the keys of a request are ASCII in any language.
        if text and "\0" not in text and plain * 4 >= len(text):
            return encoding
    return None


def _not_json(start: bytes) -> UnknownFormat:
    """Return the error for a text that does not begin like JSON: a CSV table, or something else."""
    if start.startswith(b'"') and _is_encoded_object(start):
        return UnknownFormat("json-string", *DOUBLE_ENCODED, 1)
    if markup := _MARKUP.match(start):
        what = "a web page (HTML)" if markup[1] or (b"</" in start[:HEAD].lower() and b"<?xml" not in start) else "XML"
        hint = "it may be a login or an error page: download the file again" if what != "XML" else "write JSON lines"
        return UnknownFormat("file-markup", f"this is {what}, not a file of requests", hint, 1)
    lines = start[:HEAD].split(b"\n", 3)
    separators = {mark: lines[0].count(mark) for mark in (b",", b"\t", b";", b"|")}
    mark = max(separators, key=lambda each: separators[each])
    # A table has as many separators in its second line; prose has not.
    columns = separators[mark]
    if columns and len(lines) > 1 and lines[1].count(mark) >= columns and b"{" not in lines[0]:
        return UnknownFormat(
            "file-csv",
            "this is a table (CSV), not a file of requests",
            "batchtui compose --template T --data FILE makes requests of it",
            1,
        )
    return UnknownFormat(
        "file-not-json", "this is not JSON", 'write one request per line: {"custom_id": "…", "params": {…}}', 1
    )


def _is_encoded_object(start: bytes) -> bool:
    """Whether the text begins with a string that has a JSON object or array in it."""
    try:
        value, _ = json.JSONDecoder().raw_decode(start.decode(errors="ignore"))
    except ValueError:
        # The string is longer than what was read of it.
        return re.match(rb'"\s*[\[{]\s*\\"', start) is not None
    return isinstance(value, str) and value.lstrip()[:1] in ("{", "[")
