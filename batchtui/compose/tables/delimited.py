"""Tables that are text with delimiters: CSV, TSV and what spreadsheets call so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.compose.tables.dialect import (
    DELIMITERS,
    NONE,
    DelimitedRows,
    column_names,
    detect_delimiter,
    first_rows,
    has_header,
)
from batchtui.compose.tables.encoding import detect_encoding, encoding_name, text_stream
from batchtui.domain.errors import InputError
from batchtui.text.formula_guard import MARK, unguard_formula

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchtui.compose.tables.base import Row, TableOptions
    from batchtui.compose.tables.byte_source import ByteSource


class DelimitedTable:
    """A table of text. Encoding, delimiter and header are found once, from its beginning."""

    id_column = None
    has_blocks = False

    def __init__(self, feed: ByteSource, options: TableOptions) -> None:
        """Find out how it is written.

        Raises:
            InputError: it is empty, or holds binary data.
        """
        self._feed = feed
        self.name = feed.name
        self._encoding = options.encoding or detect_encoding(feed.head)
        text = feed.head.decode(self._encoding, "replace")
        if not text.strip("\ufeff \t\r\n"):
            raise InputError(f"{self.name} is empty.", hint="A table has a row of names and at least one row of data.")
        if "\0" in text:
            raise InputError(f"{self.name} is binary data, not a table.", hint="Tables are text: CSV, TSV, JSON.")
        text = text.removeprefix("\ufeff")
        self._delimiter = options.delimiter or detect_delimiter(text, is_whole=feed.is_whole)
        first = first_rows(text, self._delimiter, 1, is_whole=feed.is_whole)
        if not first:
            raise InputError(f"The first row of {self.name} is too long to be one.", hint="Is it a table?")
        self._has_header = has_header(first[0]) if options.header is None else options.header
        named = first[0] if self._has_header else [f"column_{number}" for number in range(1, len(first[0]) + 1)]
        names, self._twice = column_names(named)
        self.columns = tuple(names)

    @property
    def kind(self) -> str:
        """CSV, or TSV where tabs stand between the cells."""
        return "TSV" if self._delimiter == "\t" else "CSV"

    @property
    def facts(self) -> Mapping[str, str]:
        """How it is written."""
        facts = {
            "encoding": encoding_name(self._encoding),
            "delimiter": "none" if self._delimiter == NONE else DELIMITERS.get(self._delimiter, self._delimiter),
            "header": "the first row" if self._has_header else "none",
        }
        return {**facts, "named twice": ", ".join(self._twice)} if self._twice else facts

    @property
    def progress(self) -> tuple[int, int | None]:
        """Bytes read so far, and in all where that is known."""
        return self._feed.progress

    def rows(self) -> Iterator[list[Row]]:
        """Yield the rows in blocks."""
        stream = text_stream(self._feed.chunks(), self._encoding)
        blocks = DelimitedRows(stream, self._delimiter, list(self.columns), has_header=self._has_header).blocks()
        yield from map(_unguarded, blocks) if is_export(self.columns) else blocks


def is_export(columns: Sequence[str]) -> bool:
    """Whether a table with these columns was written by `batchtui results`, whose cells may be guarded.

    In other tables an apostrophe before a formula is the author's own: `'=SUM(A1)' fails, why?` begins a quotation.
    """
    ours = {"outcome", "text", "tool_calls", "original_id", "error_message"}
    return "custom_id" in columns and any(
        name in ours or name.startswith(("answer.", "request.", "result.")) for name in columns
    )


def _unguarded(block: list[Row]) -> list[Row]:
    """Take the apostrophes off again that keep spreadsheets from running a cell."""
    return [
        row._replace(values={name: unguard_formula(text) for name, text in row.values.items()})
        if any(text[:1] == MARK for text in row.values.values())
        else row
        for row in block
    ]
