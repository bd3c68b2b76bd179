"""CSV and its kin: delimiter and header found by reading the first rows, and every row with its line.

Not csv.Sniffer: it takes letters for delimiters (three palindromes have the delimiter "n"), is blind for one column,
and needs seconds for long quoted cells. Here each delimiter that people use is tried on the first rows.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from contextlib import suppress
from io import StringIO
from itertools import islice
from typing import TYPE_CHECKING, TextIO

from batchtui.compose.tables.base import BLOCK_CHARACTERS, BLOCK_ROWS, MAX_CELL, Row
from batchtui.intake.problems import CheckFault

if TYPE_CHECKING:
    from collections.abc import Iterator

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
NONE = "\x1f"
"""The delimiter of a table of one column: it stands in no text."""
_TRIED_ROWS = 50
_NUMBER = re.compile(r"[-+]?[\d.,:/ -]*\d[\d.,:/ %-]*")
"""Numbers, dates and times: what names no column."""


class LongLine(Exception):
    """A line that no request could hold."""


def detect_delimiter(text: str, *, is_whole: bool) -> str:
    """Return the delimiter that cuts the first rows into the same number of cells; `NONE` where there is one column.

    Args:
        text: the beginning of the table.
        is_whole: whether it is all of it; otherwise its last row may be cut.
    """
    best, found = (0.0, 0), NONE
    for delimiter in DELIMITERS:
        widths = _widths(text, delimiter, is_whole=is_whole)
        if not widths or widths[0] < 2:
            continue
        width, times = Counter(widths).most_common(1)[0]
        score = (round(times / len(widths), 2), width)
        if score > best:
            best, found = score, delimiter
    return found


def has_header(cells: list[str]) -> bool:
    """Whether a first row names columns: all of it short, different, and none of it a number, a date or nothing."""
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return bool(names) and len(set(names)) == len(names) and all(map(_could_name, names))


def column_names(cells: list[str]) -> tuple[list[str], list[str]]:
    """Return the names of the columns and those that stood there twice, which get a number."""
    names: list[str] = []
    twice: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = bare = cell.strip() or f"column_{number}"
        while name in names:
            name = f"{bare}_{number}"
        if name != bare:
            twice.append(bare)
        names.append(name)
    return names, twice


def first_rows(text: str, delimiter: str, count: int, *, is_whole: bool = True) -> list[list[str]]:
    """Return the first rows of a text, as far as they can be read; blank ones are left out."""
    rows: list[list[str]] = []
    csv.field_size_limit(MAX_CELL)
    with suppress(csv.Error):
        rows.extend(islice(csv.reader(StringIO(text, newline=""), delimiter=delimiter), count + 1))
    if not is_whole and 1 < len(rows) <= count:
        rows.pop()
    return [cells for cells in rows[:count] if cells]


class DelimitedRows:
    """The rows of one reading. Holds a block at a time."""

    def __init__(self, stream: TextIO, delimiter: str, names: list[str], *, has_header: bool) -> None:
        csv.field_size_limit(MAX_CELL)
        self._names = names
        self._reader = csv.reader(_lines(stream), delimiter=delimiter, strict=True)
        self._skips = has_header

    def blocks(self) -> Iterator[list[Row]]:
        """Yield the rows with their lines; what is ragged or wrongly quoted comes with its fault."""
        block: list[Row] = []
        size, width, names, reader = 0, len(self._names), self._names, self._reader
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                break
            except (csv.Error, LongLine) as fault:
                block.append(Row(line, {}, _unreadable(fault)))
                if _is_final(fault):
                    break
                continue
            if not cells:
                continue
            if self._skips:
                self._skips = False
                continue
            if len(cells) == width or (not any(cells[width:]) and len(cells) > width):
                block.append(Row(line, dict(zip(names, cells, strict=False))))
            else:
                block.append(Row(line, {}, _ragged(cells, names)))
            size += sum(map(len, cells))
            if len(block) >= BLOCK_ROWS or size >= BLOCK_CHARACTERS:
                yield block
                block, size = [], 0
        yield block


def _widths(text: str, delimiter: str, *, is_whole: bool) -> list[int]:
    return [len(cells) for cells in first_rows(text, delimiter, _TRIED_ROWS, is_whole=is_whole)]


def _could_name(name: str) -> bool:
    return 0 < len(name) <= 100 and "\n" not in name and not _NUMBER.fullmatch(name)


def _lines(stream: TextIO) -> Iterator[str]:
    """Yield lines with their ends, none of them longer than a cell may be."""
    while line := stream.readline(MAX_CELL):
        if len(line) == MAX_CELL and not line.endswith(("\n", "\r")):
            raise LongLine
        yield line


def _is_final(fault: Exception) -> bool:
    """Whether nothing after it can be trusted: the reader is inside a cell, and does not know where it ends."""
    return isinstance(fault, LongLine) or "field larger" in str(fault) or "unexpected end" in str(fault)


def _unreadable(fault: Exception) -> CheckFault:
    said = str(fault)
    if isinstance(fault, LongLine) or "field larger" in said:
        message = f"a cell is longer than {MAX_CELL:,} characters, which no model reads; nothing after it was read"
        return CheckFault("cell-too-long", message, "is a quotation mark missing before it?")
    if "unexpected end" in said:
        return CheckFault(
            "quote-open", "a quotation mark that is opened in this row is never closed", "the rest is lost"
        )
    return CheckFault(
        "quote-wrong", "text follows a closing quotation mark", 'a quotation mark in a cell is written ""'
    )


def _ragged(cells: list[str], names: list[str]) -> CheckFault:
    more = "a cell with a delimiter in it stands in quotation marks"
    hint = more if len(cells) > len(names) else "is a line break in a cell not quoted?"
    return CheckFault(
        "row-ragged", f"the row has {len(cells)} cells, the table has {len(names)} columns", hint, kind="ragged"
    )
