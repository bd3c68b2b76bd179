"""Read CSV, TSV and other text with delimiters as a table: `DelimitedTable`."""

from __future__ import annotations

import csv
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from batchtui.compose.tables.base import MAX_CELL, Doubt
from batchtui.compose.tables.delimited.dialect import DELIMITERS, NONE, RARE, is_fixed_width, sniff
from batchtui.compose.tables.delimited.header import HeaderVerdict, column_names, judge_header, second_header_cell
from batchtui.compose.tables.delimited.rows import DelimitedRows, short_lines, without_marks
from batchtui.compose.tables.encoding import detect_encoding, encoding_name, is_sure, text_stream
from batchtui.domain.errors import InputError
from batchtui.text.formula_guard import MARK, unguard_formula

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchtui.compose.tables.base import Row, TableOptions
    from batchtui.compose.tables.byte_source import ByteSource

MAX_CONTROLS = 2
"""Different control characters that a text may have by accident; binary data has more."""
_HIVE_CONTROLS = frozenset("\x01\x02\x03\x04")
_USUAL_CONTROLS = frozenset("\t\n\r\x0b\x0c\x1a\x1b\x1e\x1f")


class DelimitedTable:
    """A table of text. Encoding, dialect and header are found once, from its beginning."""

    id_column = None
    has_blocks = False
    kept_columns: tuple[str, ...] | None = None

    def __init__(self, feed: ByteSource, options: TableOptions) -> None:
        """Find out how it is written.

        Raises:
            InputError: it is empty, or holds binary data.
        """
        self._feed = feed
        self._options = options
        self.name = feed.name
        self.left_out: Mapping[str, int] = {}
        # The beginning decides all: it is read once, also of a pipe, and is a quarter of a megabyte.
        self._encoding = options.encoding or detect_encoding(feed.head)
        text = without_marks(feed.head.decode(self._encoding, "replace"))
        _refuse_binary(text, self.name)
        self._dialect, first = sniff(
            text,
            is_whole=feed.is_whole,
            delimiter=options.delimiter,
            skip=options.skip,
            comment=options.comment,
        )
        if not first and options.skip and feed.is_whole:
            raise InputError(
                f"{self.name} has no rows below the lines that are left out.", hint="Check --skip and --comment."
            )
        if not first:
            raise InputError(
                f"The first row of {self.name} is too long to be a header.", hint="Check that it is a table."
            )
        self._refuse_two_tables()
        if self._dialect.delimiter == NONE and options.delimiter is None and is_fixed_width(text):
            hint = "Export it as CSV: psql --csv, sqlcmd -W -s ',' or the like."
            raise InputError(f"{self.name} has columns of fixed width.", hint=hint)
        self._are_lines_quoted = _are_lines_quoted(text, first) if self._dialect.delimiter == NONE else False
        width = self._dialect.width or len(first[0])
        # A NUL in a name is an accident, too, and no placeholder could be written for it.
        head = [cell.replace("\0", "").strip() for cell in first[0]]
        head = ["", *head] if self._dialect.has_row_names else head[:width]
        self._verdict = _header_verdict(
            head,
            first[1:],
            options.header,
            has_row_names=self._dialect.has_row_names,
            is_of_r=self._dialect.delimiter in " \t",
        )
        self._head = head[self._dialect.has_row_names :] if self._verdict.is_header else None
        self._descriptions = _count_descriptions(first[1:]) if self._head else 0
        self._second_head = second_header_cell(first[1:]) if self._head and not self._descriptions else ""
        named = head if self._verdict.is_header else [f"column_{number}" for number in range(1, width + 1)]
        names, self._twice = column_names(named)
        self.columns = tuple(names)

    def _refuse_two_tables(self) -> None:
        """Stop at a table of other columns above the table.

        Raises:
            InputError: there is one, and no option says how many lines are passed over.
        """
        dialect = self._dialect
        if dialect.width_above and self._options.skip is None:
            raise InputError(
                f"{self.name} contains two tables: {dialect.width_above} columns in line 1, "
                f"{dialect.width} from line {dialect.skip + 1} on.",
                hint=f"Correct or split it, or read it from there with --skip {dialect.skip}.",
            )

    @property
    def kind(self) -> str:
        """CSV, or TSV where tabs stand between the cells."""
        return "TSV" if self._dialect.delimiter == "\t" else "CSV"

    @property
    def facts(self) -> Mapping[str, str]:
        """How it is written."""
        dialect = self._dialect
        facts = {
            "encoding": encoding_name(self._encoding),
            "delimiter": delimiter_name(dialect.delimiter),
            "header": "the first row" if self._verdict.is_header else "none",
        }
        if dialect.skip:
            facts["skipped"] = f"{dialect.skip} line{'s' * (dialect.skip > 1)} above the table"
        if dialect.comment:
            facts["comments"] = f"lines that begin with {dialect.comment}"
        if dialect.quote != '"' or dialect.escape:
            facts["quotation marks"] = (
                f"{dialect.quote}, escaped by {dialect.escape}" if dialect.escape else (dialect.quote or "none")
            )
        return {**facts, "named twice": ", ".join(self._twice)} if self._twice else facts

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """What was found out and may be wrong."""
        doubts = []
        if self._options.encoding is None and not is_sure(self._encoding, self._feed.head):
            because = "it is not UTF-8, and its letters are most likely of this one"
            doubts.append(Doubt("encoding", f"{encoding_name(self._encoding)}?", because, "--encoding NAME"))
        if not self._verdict.is_sure:
            is_header = self._verdict.is_header
            option = "--no-header" if is_header else "--header"
            doubts.append(Doubt("header", f"first row? {_yes(is_header)}", self._verdict.because, option))
        if self._second_head:
            because = f'"{self._second_head}" in the row below the header is above values of another kind'
            option = f"delete the line, or --skip {self._dialect.skip + 1} takes its names,"
            doubts.append(Doubt("second header", "no", because, option))
        if not self._dialect.is_sure:
            name = delimiter_name(self._dialect.delimiter)
            doubts.append(Doubt("delimiter", f"{name}?", self._dialect.because, "--delimiter CHAR"))
        if self._are_lines_quoted:
            because = "each line is quoted as a whole, with as many commas inside"
            doubts.append(Doubt("delimiter", "none?", because, "remove the outer quotation marks"))
        # Excel's own first line (`sep=;`) is above every such table and nothing to doubt.
        is_found = self._options.skip is None and not self._dialect.says_delimiter
        if self._dialect.skip and is_found:
            lines = "1 line" if self._dialect.skip == 1 else f"{self._dialect.skip} lines"
            because = "the rows below have other cells"
            doubts.append(Doubt("skipped", f"{lines} above the table", because, "--skip N"))
        return tuple(doubts)

    @property
    def progress(self) -> tuple[int, int | None]:
        """Bytes read so far, and in all where that is known."""
        return self._feed.progress

    def rows(self) -> Iterator[list[Row]]:
        """Yield the rows in blocks."""
        stream = text_stream(self._feed.chunks(), self._encoding)
        names = list(self.columns)
        reading = DelimitedRows(stream, self._dialect, names, header=self._head, descriptions=self._descriptions)
        blocks = reading.blocks()
        yield from map(_unguarded, blocks) if is_export(self.columns) else blocks
        self.left_out = reading.left_out

    def values(self, column: str) -> Iterator[Any]:
        """Yield the cells of one column, those of rows that are wrong among them, in half the time of `rows`."""
        place = self.columns.index(column) + self._dialect.is_boxed
        stream = text_stream(self._feed.chunks(), self._encoding)
        for _ in range(self._dialect.skip):
            stream.readline(MAX_CELL)
        # Not strict: a wrongly quoted row is named by `rows`, and here it must only not stop the others.
        reader = self._dialect.reader(short_lines(stream), strict=False)
        strips = self._dialect.strips
        if self._head is not None:
            with suppress(csv.Error):
                next(reader, None)
        while True:
            try:
                for cells in reader:
                    if len(cells) > place:
                        yield cells[place].strip() if strips else cells[place]
            except csv.Error:
                continue
            return

    def keep(self) -> None:
        """Keep what a pipe brings, so that it can be read again."""
        self._feed.keep()


def delimiter_name(delimiter: str) -> str:
    """Return the name of a delimiter."""
    return "none" if delimiter == NONE else {**RARE, **DELIMITERS}.get(delimiter, delimiter)


def _header_verdict(
    head: list[str], body: list[list[str]], said: bool | None, *, has_row_names: bool, is_of_r: bool
) -> HeaderVerdict:
    if said is not None:
        return HeaderVerdict(said, "an option says so", True)
    if has_row_names:
        return HeaderVerdict(True, "it has no cell above the names of the rows", is_of_r)
    # Tables put one behind the other repeat it, perhaps in another order (see `DelimitedRows`).
    names = sorted(name.lower() for name in head)
    others = [row for row in body if sorted(cell.strip().lower() for cell in row[: len(head)]) != names]
    return judge_header(head, others[_count_descriptions(others) :])


def _count_descriptions(body: list[list[str]]) -> int:
    """Return how many rows below the header describe its columns: Qualtrics writes the questions, then import ids."""
    for number, row in enumerate(body[:2], 1):
        if all(cell.startswith('{"ImportId":') for cell in row):
            return number
    return 0


def _are_lines_quoted(text: str, rows: list[list[str]]) -> bool:
    """Whether every line is a single quoted cell with the same number of commas in it, like a row that was quoted."""
    counts = {row[0].count(",") for row in rows}
    is_quoted = all(line[:1] == '"' for line in text.splitlines()[: len(rows)])
    return len(rows) > 1 and is_quoted and len(counts) == 1 and 0 not in counts


def _refuse_binary(text: str, name: str) -> None:
    """Stop at what is no text at all; a NUL in a cell is named by its row."""
    if not text.strip("\ufeff\x1a\0 \t\r\n"):
        raise InputError(f"{name} is empty.", hint="A table needs a header and at least one row of data.")
    text = text.rstrip("\0\x1a")
    # Hive's delimiters are control characters, too; then the first row has them.
    first = set(text.partition("\n")[0]) & _HIVE_CONTROLS
    controls = {each for each in set(text) - _USUAL_CONTROLS - first if each < " "}
    found = sum(map(text.count, controls))
    if len(controls) > MAX_CONTROLS or found * 4 > len(text):
        raise InputError(f"{name} is binary data, not a table.", hint="Tables are text: CSV, TSV, JSON.")


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


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
