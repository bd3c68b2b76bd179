"""Read the rows of a table of text once: each with the line where it begins, and with what is wrong with it.

What is not data is left out and counted: blank rows, comments, headers that are repeated, remarks below the table.
"""

from __future__ import annotations

import csv
import io
import re
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TextIO

from batchtui.compose.tables.base import BLOCK_CHARACTERS, BLOCK_ROWS, MAX_CELL, Row
from batchtui.compose.tables.delimited.dialect import MAX_BELOW, fits, is_blank, is_footer, is_ruler, is_total
from batchtui.compose.tables.delimited.header import USUAL_NAMES, is_usual_name
from batchtui.domain.submission.problem import Severity
from batchtui.intake.problems import CheckFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.compose.tables.delimited.dialect import CsvDialect

BLANK, COMMENTS, REPEATED, BELOW = "blank rows", "comments", "repeated headers", "lines below the table"
DESCRIPTIONS = "descriptions of columns"
"""What is left out, by the words for it."""
_DOS_END = "\x1a"
"""What DOS programs end a text with."""
_MARKS = re.compile("^\ufeff+", re.MULTILINE)
_PADDING = f"{_DOS_END}\0\r\n"
_MOST_WORDS = 3
"""Words of a name in a header that is found among the rows; longer ones are texts with such words in them."""
PIECE = 1 << 16
"""Characters that are read at once."""
_NULL = "\\N"
"""What databases write for null where they escape by backslashes."""


_new_row = tuple.__new__


class LongLine(Exception):
    """A line that no request could hold."""


class _Held(NamedTuple):
    """A row that is data, or a remark below the table: the rows behind it will show."""

    row: Row
    cells: list[str]
    is_apart: bool
    """Whether a blank row stands before it."""


class DelimitedRows:
    """Reads the rows once, and holds one block of them at a time."""

    def __init__(
        self,
        stream: TextIO,
        dialect: CsvDialect,
        names: list[str],
        *,
        header: list[str] | None,
        descriptions: int = 0,
    ) -> None:
        """Begin to read.

        Args:
            stream: the text.
            dialect: how it is written.
            names: of the columns.
            header: the cells of the first row where they are the names; None where the table has no header.
            descriptions: rows below the header that describe the columns.
        """
        self._stream = stream
        self._dialect = dialect
        self._names = names
        self._header = header
        # A blank beside a quotation mark makes it text: before it where marks are marks, behind it where they are not.
        beside = f'{dialect.delimiter} "' if dialect.quote == '"' else f'" {dialect.delimiter}'
        self._needle = "\0" if dialect.skips_blanks else beside
        self._is_quick = not dialect.comment and not dialect.escape
        """Whether every line goes to the reader as it is, so that the reader's own count of lines is right."""
        self._line = 0
        """Lines read; where `_is_quick`, only those above the table."""
        self._begins = 0
        """The line where the row begins that is read."""
        self._is_fresh = True
        """Whether the next line begins a row."""
        self._is_odd = False
        """Whether the row has a character that has to be looked at."""
        self._is_apart = False
        """Whether a blank row stands before it."""
        self._had_header = False
        self._descriptions = descriptions
        self._header_lower = [name.lower() for name in header or ()]
        # Only what begins like a header is compared with it: this is asked of every row.
        self._suspects = frozenset({*self._header_lower, *USUAL_NAMES}) if len(self._header_lower) > 1 else frozenset()
        self._held: list[_Held] = []
        self.left_out: dict[str, int] = {}
        """What was left out so far, by the words for it."""

    def blocks(self) -> Iterator[list[Row]]:
        """Yield the rows with their lines; what is ragged or wrongly quoted comes with its fault."""
        block: list[Row] = []
        size, width, names = 0, len(self._names), self._names
        suspects, is_past = self._suspects, self._is_past_header
        reader = self._dialect.reader(self._lines())
        is_plain = not self._dialect.strips and not self._dialect.escape
        is_quick, above = self._is_quick, self._dialect.skip + 1
        while True:
            self._is_fresh, self._is_odd = True, False
            if is_quick:
                self._begins = reader.line_num + above
            try:
                cells: list[str] = next(reader)
            except StopIteration:
                break
            except (csv.Error, LongLine) as fault:
                block += [*self._release(), Row(self._begins, {}, _unreadable(fault))]
                if _is_final(fault):
                    break
                continue
            is_usual = len(cells) == width and cells[0].strip() and is_plain and not self._is_odd and is_past
            if is_usual and cells[0].lower() not in suspects and not self._held and not self._is_apart:
                # Past the constructor of the named tuple, which takes twice as long: this runs for every row.
                block.append(_new_row(Row, (self._begins, dict(zip(names, cells, strict=False)), None, (), None, ())))
            else:
                block += self._take(cells)
                is_past = self._is_past_header
            size += sum(map(len, cells))
            if len(block) > BLOCK_ROWS or size >= BLOCK_CHARACTERS:
                # The last row stays: only behind it shows whether it is the last of all.
                yield block[:-1]
                block, size = block[-1:], 0
        yield _with_total([*block, *self._end()])

    def _lines(self) -> Iterator[str]:
        """Yield lines with their ends, none of them longer than a cell may be."""
        for _ in range(self._dialect.skip):
            self._line += bool(self._stream.readline(MAX_CELL))
        for text in _without_dos_end(whole_lines(self._stream)):
            lines = io.StringIO(text, newline="")
            if self._is_quick and "\0" not in text and self._needle not in text:
                # Most text is here, and its lines pass without a step of this program for each.
                yield from lines
            else:
                yield from self._careful_lines(lines)

    def _careful_lines(self, lines: TextIO) -> Iterator[str]:
        """Yield lines one by one: comments are left out, null is blank, and rows with odd characters are noted."""
        comment, escapes, sign = self._dialect.comment, bool(self._dialect.escape), re.escape(self._dialect.delimiter)
        nulls = re.compile(rf"(^|{sign})\\N(?=[\r\n]|$|{sign})")
        for line in lines:
            if not self._is_quick:
                self._line += 1
                if self._is_fresh:
                    if comment and line.startswith(comment) and self._is_comment(line):
                        self._count(COMMENTS)
                        continue
                    self._begins, self._is_fresh = self._line, False
            if escapes and _NULL in line:
                line = nulls.sub(r"\1", line)
            if "\0" in line or self._needle in line:
                self._is_odd = True
            yield line

    def _is_comment(self, line: str) -> bool:
        """Whether a line that begins like a comment is one: of a sign that was found, no row of data may be lost."""
        dialect = self._dialect
        return not dialect.is_comment_found or line.count(dialect.delimiter) != dialect.width - 1

    def _take(self, cells: list[str]) -> list[Row]:
        """Return the rows that are certain with this one; what may be no data is held back or counted."""
        if self._dialect.strips:
            cells = [cell.strip() for cell in cells[self._dialect.is_boxed and len(cells) > 1 :]]
        if is_blank(cells):
            self._count(BLANK)
            self._is_apart = self._is_apart or not self._held
            return []
        if (self._dialect.strips and is_ruler(cells)) or self._is_header(cells):
            return []
        row = self._row(cells)
        is_title = self._is_apart and len(self._names) > 1 and is_blank(cells[1:])
        if (is_title or not fits(cells, len(self._names))) and len(self._held) < MAX_BELOW:
            self._held.append(_Held(row, cells, self._is_apart))
            return []
        rows = [*self._release(), row]
        self._is_apart = False
        return rows

    def _is_header(self, cells: list[str]) -> bool:
        """Whether a row is the header: the first one is expected, another one is counted."""
        if self._header is None:
            return False
        if not self._is_past_header:
            if not self._had_header:
                self._had_header = True
            else:
                self._descriptions -= 1
                self._count(DESCRIPTIONS)
            return True
        is_again = bool(self._suspects) and self._lower(cells) == self._header_lower
        if is_again:
            self._count(REPEATED)
        return is_again

    @property
    def _is_past_header(self) -> bool:
        """Whether the header, and what describes its columns, was read."""
        return self._header is None or (self._had_header and not self._descriptions)

    def _lower(self, cells: list[str]) -> list[str]:
        return [cell.strip().lower() for cell in cells[: len(self._header_lower)]]

    def _other_header(self, cells: list[str]) -> CheckFault | None:
        """Return the fault of a row that looks like the header of another table; None where it does not."""
        if cells[0].strip().lower() not in self._suspects:
            return None
        if sorted(self._lower(cells)) == sorted(self._header_lower):
            message = "this is the header in another order: the cells below it belong to other columns"
            return CheckFault("header-order", message, "split the file at this row, and pass the parts as several FILE")
        if _looks_like_names(cells):
            message = "this looks like the header of another table, and becomes a request"
            hint = "if it is one, split the file at this row"
            return CheckFault("header-inside", message, hint, Severity.WARNING)
        return None

    def _row(self, cells: list[str]) -> Row:
        """Return a row, with what is wrong with it."""
        if not fits(cells, len(self._names)):
            return Row(self._begins, {}, _ragged(cells, self._names))
        fault = (_odd(cells) if self._is_odd else None) or self._other_header(cells)
        is_lost = fault is not None and fault.severity is Severity.ERROR
        return Row(self._begins, {} if is_lost else dict(zip(self._names, cells, strict=False)), fault)

    def _release(self) -> list[Row]:
        """Return the rows that were held back: more rows followed, so they are data."""
        rows = [held.row for held in self._held]
        self._held.clear()
        return rows

    def _end(self) -> list[Row]:
        """Return the rows that were held back, where they are no remarks below the table."""
        most = max(len(self._names) // 2, 1)
        is_apart = bool(self._held) and self._held[0].is_apart
        if is_apart and all(
            is_footer(held.cells) or (held.row.fault and sum(map(bool, held.cells)) <= most) for held in self._held
        ):
            self._count(BELOW, len(self._held))
            self._held.clear()
        while self._held and is_footer(self._held[-1].cells):
            self._count(BELOW)
            self._held.pop()
        return self._release()

    def _count(self, what: str, number: int = 1) -> None:
        self.left_out[what] = self.left_out.get(what, 0) + number


def _with_total(rows: list[Row]) -> list[Row]:
    """Return the last rows of a table, the last one with a warning where it sums up the others."""
    last = rows[-1] if rows else None
    if last is None or last.fault or len(last.values) < 2 or not is_total(list(last.values.values())):
        return rows
    message = "the last row looks like a total, and becomes a request"
    fault = CheckFault("total-row", message, "remove it if it is not data", Severity.WARNING)
    return [*rows[:-1], last._replace(fault=fault)]


def whole_lines(stream: TextIO) -> Iterator[str]:
    """Yield the text in pieces of whole lines, each with its end.

    Raises:
        LongLine: a line is longer than a cell may be.
    """
    rest = ""
    while text := stream.read(PIECE):
        text = rest + text
        # A \\r at the very end may be the first half of \\r\\n.
        end = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
        if len(text) - end >= MAX_CELL:
            raise LongLine
        rest = text[end:]
        if end:
            yield text[:end]
    if rest:
        yield rest


def without_marks(text: str) -> str:
    """Return a text, from the beginning of a line on, without byte order marks at the beginnings of lines.

    Files with a mark that were put one behind the other (`cat`, `copy /b`) have it in the middle.
    """
    return _MARKS.sub("", text) if "\ufeff" in text else text


def _without_dos_end(pieces: Iterator[str]) -> Iterator[str]:
    """Yield the pieces without the 0x1A that DOS programs end a text with, and without padding behind the text."""
    held = ""
    try:
        for text in map(without_marks, pieces):
            if held and text.strip(_PADDING):
                yield held
                held = text
            else:
                held += text
    except LongLine:
        # The rows before it are good, and its place is counted from them.
        yield held
        raise
    # Programs that reserve room for a file leave NUL behind its text.
    held = held.rstrip("\0")
    end = len(held.rstrip(_PADDING))
    if (mark := held.find(_DOS_END, end)) >= 0:
        held = held[:mark]
    yield held


def short_lines(stream: TextIO) -> Iterator[str]:
    """Return lines with their ends, up to one that is longer than a cell may be."""
    return chain.from_iterable(io.StringIO(text, newline="") for text in _up_to_long(stream))


def _up_to_long(stream: TextIO) -> Iterator[str]:
    try:
        yield from _without_dos_end(whole_lines(stream))
    except LongLine:
        return


def _odd(cells: list[str]) -> CheckFault | None:
    """Return the fault of a row with NUL characters or a blank before a quotation mark; None where there is none."""
    if any("\0" in cell for cell in cells):
        return CheckFault("nul", "a cell has a NUL character", "remove it, or leave the row out")
    if any(map(_has_blank_beside_quotes, cells)):
        return CheckFault(
            "quote-space", "a quotation mark has a space beside it, so it counts as text", "remove the space"
        )
    return None


def _looks_like_names(cells: list[str]) -> bool:
    """Whether each cell is a usual name of a column, and no two are equal."""
    are_names = all(is_usual_name(cell) and len(cell.split()) <= _MOST_WORDS for cell in cells)
    return are_names and len(set(cells)) == len(cells) > 1


def _has_blank_beside_quotes(cell: str) -> bool:
    """Whether a cell was quoted by its author, and is not for the reader, as blanks stand around the marks."""
    bare = cell.strip()
    return (cell[:1].isspace() and bare[:1] == '"') or (cell[-1:].isspace() and bare[:1] == '"' == bare[-1:])


def _is_final(fault: Exception) -> bool:
    """Whether nothing after it can be trusted: the reader is inside a cell, and does not know where it ends."""
    # The csv module has one class for all of its errors: only the message tells them apart.
    return isinstance(fault, LongLine) or "field larger" in str(fault) or "unexpected end" in str(fault)


def _unreadable(fault: Exception) -> CheckFault:
    said = str(fault)
    if isinstance(fault, LongLine) or "field larger" in said:
        message = f"a cell is longer than {MAX_CELL:,} characters, which no model reads; nothing after it was read"
        return CheckFault("cell-too-long", message, "a quotation mark may be missing before it")
    if "unexpected end" in said:
        return CheckFault(
            "quote-open", "a quotation mark that is opened in this row is never closed", "the rest is lost"
        )
    return CheckFault(
        "quote-wrong", "text follows a closing quotation mark", 'a quotation mark in a cell is written ""'
    )


def _ragged(cells: list[str], names: list[str]) -> CheckFault:
    more = "put a cell with a delimiter in quotation marks"
    hint = more if len(cells) > len(names) else "a line break in a cell may lack quotes"
    if any(map(_has_blank_beside_quotes, cells)):
        hint = "remove the space beside the quotation mark"
    if _looks_like_names(cells):
        hint = "another table seems to begin here: split the file at this row"
    if cells[0].startswith(("#", "//", "--")):
        hint = f"--comment '{cells[0][:1]}' skips such lines"
    return CheckFault(
        "row-ragged", f"the row has {len(cells)} cells, the table has {len(names)} columns", hint, kind="ragged"
    )
