"""Read one sheet of a spreadsheet (.xlsx, .xls, .xlsb, .ods) as a table, by calamine, without titles and blank rows."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchtui.compose.tables.base import BLOCK_ROWS, Doubt, Readable, Row
from batchtui.compose.tables.delimited.dialect import MAX_ABOVE, is_footer
from batchtui.compose.tables.delimited.header import column_names, judge_header
from batchtui.compose.tables.delimited.rows import BELOW, BLANK, COMMENTS, REPEATED
from batchtui.domain.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchtui.compose.tables.base import TableOptions

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What .xls begins with."""
_PARTS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
"""What is in a spreadsheet of Office that needs a password: it is no zip archive then."""
_VISIBLE = ("SheetVisibleEnum.Visible", "Visible")
_LOOKED_AT = 200
_EXACT = 2**53
"""Whole numbers up to here are the same as floats."""


class SpreadsheetTable(Readable):
    """One sheet. The reader holds all of it: a sheet has a million rows at most."""

    id_column = None
    has_blocks = False
    kind = "spreadsheet"

    def __init__(self, name: str, options: TableOptions) -> None:
        """Read the sheet.

        Raises:
            UsageError: the reader is not installed, or there is no such sheet.
            InputError: the file cannot be read, or the sheet is empty.
        """
        self.name = name
        self._sheet, self._sheets, cells = _read_sheet(name, options.sheet)
        rows = _without_blank_columns([[_plain(cell) for cell in row] for row in cells])
        filled = [row for row in rows if not _is_blank(row)]
        if not filled:
            raise InputError(f'The sheet "{self._sheet}" of {name} is empty.', hint=self._others())
        self._above = _rows_above(rows) if options.skip is None else options.skip
        self._skip_given = options.skip is not None
        table = rows[self._above :]
        if all(map(_is_blank, table)):
            raise InputError(f'The sheet "{self._sheet}" of {name} has no rows below --skip {self._above}.')
        width = max((len(row) for row in table), default=0)
        while width > 1 and all(len(row) < width or row[width - 1] in ("", None) for row in table):
            width -= 1
        head = [str(cell or "").strip() for cell in next((row for row in table if not _is_blank(row)), [])[:width]]
        body = [[str(cell) for cell in row] for row in table[1 : _LOOKED_AT + 1] if not _is_blank(row)]
        self._verdict = judge_header(head, [row for row in body if row[:width] != head])
        self._is_header = self._verdict.is_header if options.header is None else options.header
        self._header_given = options.header is not None
        named = head if self._is_header else [f"column_{number}" for number in range(1, width + 1)]
        names, self._twice = column_names([*named, *[""] * (width - len(named))])
        self.columns = tuple(names)
        self._rows = rows
        self._head = head
        self._comment = options.comment

    @property
    def facts(self) -> Mapping[str, str]:
        """What was found out."""
        facts = {"sheet": self._sheet, "header": "the first row" if self._is_header else "none"}
        if self._others():
            facts["other sheets"] = ", ".join(each for each in self._sheets if each != self._sheet)
        if self._above:
            facts["skipped"] = f"{self._above} line{'s' * (self._above > 1)} above the table"
        return {**facts, "named twice": ", ".join(self._twice)} if self._twice else facts

    @property
    def doubts(self) -> tuple[Doubt, ...]:  # type: ignore[override]
        """What was found out and may be wrong."""
        doubts = []
        if not self._verdict.is_sure and not self._header_given:
            option = "--no-header" if self._is_header else "--header"
            found = f"first row? {'yes' if self._is_header else 'no'}"
            doubts.append(Doubt("header", found, self._verdict.because, option))
        if not self._skip_given and not all(map(_is_blank, self._rows[: self._above])):
            because = "only their first cell is filled"
            doubts.append(Doubt("skipped", f"lines above row {self._above + 1}", because, "--skip N"))
        return tuple(doubts)

    @property
    def progress(self) -> tuple[int, int | None]:
        """Nothing is read any more."""
        return 0, None

    def rows(self) -> Iterator[list[Row]]:
        """Yield the rows in blocks, each with its number in the sheet."""
        block, left_out, awaits_header = list[Row](), dict[str, int](), self._is_header
        end = self._end()
        for number, cells in enumerate(self._rows[self._above : end], self._above + 1):
            no_data = self._no_data(cells)
            if no_data == REPEATED and awaits_header:
                awaits_header = False
            elif no_data is not None:
                left_out[no_data] = left_out.get(no_data, 0) + 1
            else:
                padded = [*cells, *[""] * (len(self.columns) - len(cells))]
                block.append(Row(number, dict(zip(self.columns, padded, strict=False))))
            if len(block) >= BLOCK_ROWS:
                yield block
                block = []
        yield block
        for cells in self._rows[end:]:
            what = BLANK if _is_blank(cells) else BELOW
            left_out[what] = left_out.get(what, 0) + 1
        self.left_out = left_out

    def _no_data(self, cells: list[Any]) -> str | None:
        """Return the words for a row that is no data; None for data."""
        if _is_blank(cells):
            return BLANK
        if self._is_header and [str(cell or "").strip() for cell in cells[: len(self._head)]] == self._head:
            return REPEATED
        if self._comment and str(next(cell for cell in cells if cell not in ("", None))).startswith(self._comment):
            return COMMENTS
        return None

    def _end(self) -> int:
        """Return where the table ends: above remarks that have only their first cell filled."""
        end = len(self._rows)
        while end > self._above + 2 and len(self.columns) > 1:
            cells = self._rows[end - 1]
            if not _is_blank(cells) and not (_is_blank(cells[1:]) and is_footer([str(cells[0])])):
                break
            end -= 1
        return end

    def _others(self) -> str:
        others = [each for each in self._sheets if each != self._sheet]
        return f"--sheet names another one: {', '.join(others[:10])}." if others else ""


def is_spreadsheet(path: Path) -> bool:
    """Whether a file is a spreadsheet, by its content."""
    from zipfile import BadZipFile, ZipFile

    try:
        with path.open("rb") as file:
            head = file.read(8)
        if head == _OLE:
            return True
        if not head.startswith(b"PK\x03\x04"):
            return False
        with ZipFile(path) as archive:
            # A zip with one CSV in it begins alike: the names inside tell.
            return any(part in archive.namelist() for part in _PARTS)
    except (OSError, BadZipFile):
        return path.suffix.lower() in (".xlsx", ".xlsm", ".xlsb", ".ods") and path.is_file()


def _read_sheet(name: str, wanted: str | None) -> tuple[str, list[str], list[list[Any]]]:
    """Return the name of the sheet, those of all sheets, and its cells."""
    try:
        from python_calamine import CalamineWorkbook
    except ImportError:
        raise UsageError(
            f"{name} is a spreadsheet, which needs a package that is not installed.",
            hint="pip install 'batchtui[data]' installs it; or save the sheet as CSV.",
        ) from None
    try:
        with CalamineWorkbook.from_path(name) as book:
            sheets = list(book.sheet_names)
            shown = [each.name for each in book.sheets_metadata if str(each.visible) in _VISIBLE]
            # What a person sees first: hidden sheets hold lists and settings.
            sheet = shown[0] if wanted is None and shown else _choose(sheets, wanted, name)
            # With empty rows above the table: numbers of rows in messages are those of the sheet.
            return sheet, sheets, book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except UsageError:
        raise
    except Exception as error:  # noqa: BLE001 (the reader's errors have no common class)
        if _ENCRYPTED in Path(name).read_bytes():
            raise InputError(f"{name} is protected by a password.", hint="Save it without one, or as CSV.") from None
        raise InputError(
            f"{name} cannot be read as a spreadsheet: {str(error)[:200]}.", hint="Save it as CSV."
        ) from None


def _choose(sheets: list[str], wanted: str | None, name: str) -> str:
    if wanted is None and sheets:
        return sheets[0]
    if wanted in sheets:
        return str(wanted)
    if wanted and wanted.isdecimal() and 1 <= int(wanted) <= len(sheets):
        return sheets[int(wanted) - 1]
    raise UsageError(f'{name} has no sheet "{wanted}".', hint=f"Its sheets are {', '.join(sheets[:20])}.")


def _plain(value: Any) -> Any:
    """Return a cell as a person reads it: a whole number without a point, a date without the hour of midnight."""
    # Numbers of spreadsheets are floats: an id of 42 would become 42.0.
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, dt.datetime):
        # A date without a time comes as midnight of that day.
        return str(value.date()) if value.time() == dt.time() else str(value)
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return str(value)
    return value


def _without_blank_columns(rows: list[list[Any]]) -> list[list[Any]]:
    """Return rows without the columns to the left of the table."""
    left = min((at for row in rows for at, cell in enumerate(row) if cell not in ("", None)), default=0)
    return [row[left:] for row in rows] if left else rows


def _is_blank(cells: list[Any]) -> bool:
    return not any(not isinstance(cell, str) or cell.strip() for cell in cells if cell is not None)


def _rows_above(rows: list[list[Any]]) -> int:
    """Return how many rows stand above the table: blank ones, and titles that have only their first cell filled."""
    width = max(sum(1 for cell in row if cell not in ("", None)) for row in rows[:_LOOKED_AT])
    above = 0
    while above < min(len(rows) - 1, MAX_ABOVE):
        filled = [cell for cell in rows[above] if cell not in ("", None)]
        if len(filled) > 1 or width < 2:
            break
        above += 1
    return above if above < min(len(rows) - 1, MAX_ABOVE) and width > 1 else 0
