"""What a table is, whatever it is read from: named columns, and rows that come in blocks."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """What a person knows better than the detection."""

    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    """Whether the first row names the columns; None to find out."""
    stdin: BinaryIO | None = field(default=None, compare=False)
    """What `-` reads."""
    attach_text: bool = False
    """Whether the text of a file in a folder goes along as a document, as no gap of the template takes it."""


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

    def rows(self) -> Iterator[list[Row]]:
        """Yield the rows in blocks, wrong ones among them.

        Raises:
            InputError: the table cannot be read any more.
        """
