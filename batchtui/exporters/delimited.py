"""CSV and TSV: one row a result, cells that a spreadsheet cannot run."""

from __future__ import annotations

import csv
import io
import re
from itertools import islice
from typing import IO, TYPE_CHECKING, Any

from batchtui.exporters.columns import Kind, cell_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from batchtui.exporters.columns import Column
    from batchtui.exporters.entry import Entry

ROWS_AT_ONCE = 500
_RUNS = frozenset("=+-@\t\r\n＝＋－＠")
"""A cell that begins so is run as a formula by one spreadsheet or another (OWASP, "CSV injection")."""
_HARMLESS = re.compile(r"[+-]?(?:\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?|[A-Za-z0-9_-]{1,64})")
"""Numbers, and all that a custom_id may be: these stay as they are, so that rows can be joined by them."""


def write_delimited(out: IO[bytes], entries: Iterable[Entry], columns: Sequence[Column], *, delimiter: str) -> None:
    """Write a header and one row an entry, in UTF-8, each line ended by a newline."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    writer.writerow([harmless(column.name) for column in columns])
    remaining = iter(entries)
    texts = [column.kind is Kind.TEXT for column in columns]
    while True:
        out.write(buffer.getvalue().encode("utf-8", "replace"))
        buffer.seek(0)
        buffer.truncate()
        rows = [_row(entry, columns, texts) for entry in islice(remaining, ROWS_AT_ONCE)]
        if not rows:
            return
        writer.writerows(rows)


def harmless(text: str) -> str:
    """Return the text with an apostrophe before it where a spreadsheet would run it."""
    if text[:1] in _RUNS and not _HARMLESS.fullmatch(text):
        return "'" + text
    return text


def _row(entry: Entry, columns: Sequence[Column], texts: Sequence[bool]) -> list[Any]:
    row: list[Any] = []
    for column, is_text in zip(columns, texts, strict=True):
        cell = column.read(entry)
        if type(cell) is int and not is_text:
            row.append(cell)
        else:
            row.append(harmless(cell_text(cell)))
    return row
