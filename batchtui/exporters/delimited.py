"""Write CSV and TSV: one row a result, in UTF-8, with cells that a spreadsheet does not run unless asked to."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from batchtui.exporters.columns import cell_text, row_reader
from batchtui.results.json_text import join_text
from batchtui.text.formula_guard import LEADS, guard_formula

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from batchtui.exporters.columns import ExportColumn
    from batchtui.exporters.record import ExportRecord

CHARACTERS_AT_ONCE = 40_000
"""What is encoded at once: blocks beyond 128 KB are fresh memory from the system each time, which costs more."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""What Excel on Windows needs at the beginning of a file to read it as UTF-8."""


def write_delimited(
    out: IO[bytes],
    entries: Iterable[ExportRecord],
    columns: Sequence[ExportColumn],
    *,
    delimiter: str,
    guard: bool = True,
    bom: bool = False,
) -> None:
    """Write a header and one row an entry, each line ended by a newline, quoted as Python's csv module does.

    Not by that module: it goes through long texts sign by sign, which takes ten times as long.

    Args:
        out: a binary stream.
        entries: what to write.
        columns: the cells of a row.
        delimiter: between two cells.
        guard: whether formulas get an apostrophe (see `batchtui.text.formula_guard`).
        bom: whether a byte order mark comes first.
    """
    encoder = RowEncoder(columns, delimiter=delimiter, guard=guard)
    out.write(encoder.header(bom=bom))
    for block in encoder.blocks(entries):
        out.write(block)


class RowEncoder:
    """Makes rows of entries; where there are two, in two processes, their bytes are the same."""

    def __init__(self, columns: Sequence[ExportColumn], *, delimiter: str, guard: bool) -> None:
        self._names = [column.name for column in columns]
        self._read = row_reader(columns)
        self._delimiter, self._guard = delimiter, guard

    def header(self, *, bom: bool = False) -> bytes:
        """Return the first line, after a byte order mark where that is wanted."""
        # Guarded, too: keys of structured answers come from outside.
        line = _encoded([_line(self._names, self._delimiter, guard=self._guard)])
        return BYTE_ORDER_MARK + line if bom else line

    def blocks(self, entries: Iterable[ExportRecord]) -> Iterator[bytes]:
        """Yield the rows of entries, many at once."""
        read, delimiter, guard = self._read, self._delimiter, self._guard
        rows: list[str] = []
        gathered = 0
        for entry in entries:
            row = _line(read(entry), delimiter, guard=guard)
            rows.append(row)
            gathered += len(row)
            if gathered >= CHARACTERS_AT_ONCE:
                yield _encoded(rows)
                rows.clear()
                gathered = 0
        if rows:
            yield _encoded(rows)


def _line(cells: Sequence[object], delimiter: str, *, guard: bool) -> str:
    row: list[str] = []
    add = row.append
    for cell in cells:
        if cell is None:
            text = ""
        elif type(cell) is int:
            text = str(cell)
        else:
            text = cell if type(cell) is str else cell_text(cell)
            # Words such as `end_turn` are most of the cells, and need no look at what they hold.
            if not (text.isalnum() and text.isascii()):
                if guard and text[:1] in LEADS:
                    text = guard_formula(text)
                if '"' in text:
                    text = '"' + text.replace('"', '""') + '"'
                elif delimiter in text or "\n" in text or "\r" in text:
                    text = f'"{text}"'
        add(text)
    # A blank line is no row to csv readers; one empty cell has to be quoted to be one.
    return delimiter.join(row) if row != [""] else '""'


def _encoded(rows: Sequence[str]) -> bytes:
    text = "\n".join(rows) + "\n"
    try:
        return text.encode()
    # A lone surrogate, which JSON can hold and UTF-8 cannot; rare, so it is looked for only after a failure.
    except UnicodeEncodeError:
        return join_text(text).encode()
