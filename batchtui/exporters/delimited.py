"""CSV and TSV: one row a result, cells that a spreadsheet cannot run."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING

from batchtui.exporters.columns import cell_text
from batchtui.results.json_line import join_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from batchtui.exporters.columns import ExportColumn
    from batchtui.exporters.record import ExportRecord

ROWS_AT_ONCE = 500
_RUNS = frozenset("=+-@\t\r\n＝＋－＠")
"""A cell that begins so is run as a formula by one spreadsheet or another (OWASP, "CSV injection")."""
_HARMLESS = re.compile(r"[+-]?(?:\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?|[A-Za-z0-9_-]{1,64})")
"""Numbers, and all that a custom_id may be: these stay as they are, so that rows can be joined by them."""


def write_delimited(
    out: IO[bytes], entries: Iterable[ExportRecord], columns: Sequence[ExportColumn], *, delimiter: str
) -> None:
    """Write a header and one row an entry, in UTF-8, each line ended by a newline.

    Quoted as Python's csv module does by default, which takes its time over long texts, character by character.
    """
    rows = [_line([column.name for column in columns], delimiter)]
    readers = [column.read for column in columns]
    for entry in entries:
        rows.append(_line([read(entry) for read in readers], delimiter))
        if len(rows) == ROWS_AT_ONCE:
            out.write(_encoded(rows))
            rows.clear()
    out.write(_encoded(rows))


def harmless(text: str) -> str:
    """Return the text with an apostrophe before it where a spreadsheet would run it."""
    if text[:1] in _RUNS and not _HARMLESS.fullmatch(text):
        return "'" + text
    return text


def _line(cells: Sequence[object], delimiter: str) -> str:
    row: list[str] = []
    for cell in cells:
        if cell is None:
            row.append("")
        elif type(cell) is int:
            row.append(str(cell))
        else:
            text = cell if type(cell) is str else cell_text(cell)
            if text[:1] in _RUNS:
                text = harmless(text)
            if delimiter in text or "\n" in text or '"' in text or "\r" in text:
                text = '"' + text.replace('"', '""') + '"'
            row.append(text)
    return delimiter.join(row) if row != [""] else '""'


def _encoded(rows: Sequence[str]) -> bytes:
    text = "".join([row + "\n" for row in rows])
    try:
        return text.encode()
    except UnicodeEncodeError:
        return join_text(text).encode()
