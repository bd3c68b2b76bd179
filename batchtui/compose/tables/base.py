"""The protocol of a table, whatever it is read from: named columns, and rows in blocks: `Table`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchtui.intake.problems import CheckFault

MAX_CELL = 10_000_000
"""Characters in one cell: more than twice what the longest context holds."""
BLOCK_ROWS = 500
"""Rows that are handed on at once."""
BLOCK_CHARACTERS = 1 << 21
"""A block of long rows is handed on sooner."""


class Row(NamedTuple):
    """One row, or what is wrong with it."""

    line: int
    """Where it begins: the line of a text, else the number of the row, from 1."""
    values: dict[str, Any]
    """By the name of the column; empty where the row is wrong."""
    fault: CheckFault | None = None
    blocks: tuple[dict[str, Any], ...] = ()
    """What it brings that is no text: images and documents."""
    file: str | None = None
    """The file that it is, where rows are files."""
    parents: tuple[tuple[str, str], ...] = ()
    """Ids of jobs and custom_ids there, where the row is results of theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """What the user says about a table; None leaves it to the detection."""

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    """Whether the first row names the columns; None to find out."""
    skip: int | None = None
    """Lines above the table; None to find out."""
    comment: str | None = None
    """What lines that are left out begin with."""
    sheet: str | None = None
    """The sheet of a spreadsheet, by name or by number from 1; None for the first."""
    stdin: BinaryIO | None = field(default=None, compare=False)
    """What `-` reads."""
    attach_text: bool = False
    """Whether the text of a file in a folder goes along as a document, as no gap of the template takes it."""


class Doubt(NamedTuple):
    """Something about a table that was found out and may be wrong."""

    about: str
    """Which fact."""
    found: str
    """What was found."""
    because: str
    option: str
    """What a person says who knows better."""

    def __str__(self) -> str:
        """As a line: "header: first row? yes, because …; --no-header reads it otherwise"."""
        return f"{self.about}: {self.found}, because {self.because}; {self.option} otherwise"


class Table(Protocol):
    """Data in rows. Reading it again begins anew, except from a pipe."""

    @property
    def name(self) -> str:
        """As the user named it."""

    @property
    def kind(self) -> str:
        """What it is: CSV, TSV, JSON, JSON lines, tasks, folder, file, Parquet or SQL."""

    @property
    def facts(self) -> Mapping[str, str]:
        """What was found out about it, in words: encoding, delimiter, header."""

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """What was found out and may be wrong: a person is asked where there is one."""

    @property
    def left_out(self) -> Mapping[str, int]:
        """What the last whole reading left out as no data, by the words for it: blank rows, comments and so on."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns; of JSON those that its first records have."""

    @property
    def id_column(self) -> str | None:
        """The column that names a row by nature: a file's name, a task's id."""

    @property
    def has_blocks(self) -> bool:
        """Whether rows bring images and documents."""

    @property
    def progress(self) -> tuple[int, int | None]:
        """Bytes read so far, and in all where that is known."""

    @property
    def kept_columns(self) -> tuple[str, ...] | None:
        """The columns that are kept with the job that is composed; None for all.

        Results have an answer and a request of their own job, which knows them.
        """

    def rows(self) -> Iterator[list[Row]]:
        """Yield the rows in blocks, wrong ones among them.

        Raises:
            InputError: the table cannot be read any more.
        """

    def values(self, column: str) -> Iterator[Any]:
        """Yield the values of one column, at least those of all rows.

        Raises:
            InputError: as `rows`.
        """

    def keep(self) -> None:
        """Keep what is read, so that it can be read again: for pipes, before their first reading."""


class Readable:
    """Base class with the members that most tables share."""

    doubts: tuple[Doubt, ...] = ()
    left_out: Mapping[str, int] = {}
    kept_columns: tuple[str, ...] | None = None

    def rows(self) -> Iterator[list[Row]]:
        """Yield the rows in blocks."""
        raise NotImplementedError

    def values(self, column: str) -> Iterator[Any]:
        """Yield the values of one column."""
        for block in self.rows():
            for row in block:
                # Wrong rows have no values.
                if column in row.values:
                    yield row.values[column]

    def keep(self) -> None:
        """Files can be read again."""
