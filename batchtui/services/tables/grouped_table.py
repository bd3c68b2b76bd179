"""Make one row a group of another table's rows, bounded by tokens: `GroupedTable`.

A template for such a table has `{{ rows }}`, the list of the group's rows, beside the value that they share. A group of
more tokens than the bound is split into parts, each a request of its own; a single row of more is an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

from batchtui.compose.column_names import closest
from batchtui.compose.tables.base import BLOCK_CHARACTERS, BLOCK_ROWS, Readable, Row
from batchtui.domain.errors import InputError, StorageError
from batchtui.domain.submission.problem import Severity
from batchtui.intake.problems import CheckFault
from batchtui.registry.requests.row_groups import RowGroups
from batchtui.templates.values import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchtui.compose import Doubt, Table
    from batchtui.registry.requests.row_groups import GroupedRow

GROUP_TOKENS = 100_000
"""Tokens of the rows of one request, about: half of what the models of today hold, so that instructions fit beside."""
BYTES_PER_TOKEN = 3
"""Bytes of JSON that make a token at least. English text has four or five, so that a group is rather smaller."""
ROWS, GROUP, PART, PARTS = "rows", "group", "part", "parts"
"""The columns beside the one that rows are grouped by."""


class GroupedTable(Readable):
    """The groups of another table, in the order in which they appear first."""

    has_blocks = False
    id_column = GROUP

    def __init__(self, table: Table, column: str, tokens: int = GROUP_TOKENS) -> None:
        """Look for the column.

        Raises:
            InputError: there is no such column, or rows bring files.
        """
        if column not in table.columns:
            raise InputError(
                f'{table.name} has no column "{column}" to group by{closest(column, table.columns)}',
                hint=f"Its columns are {', '.join(table.columns[:20])}.",
            )
        if table.has_blocks:
            raise InputError(
                "Files cannot be grouped: each is a request of its own.",
                hint="Make a request of each file first, then group its results: --data results:NAME.",
            )
        self.name = table.name
        self.kind = table.kind
        self._table = table
        self._column = column
        self._tokens = tokens
        self.columns = tuple(dict.fromkeys((column, ROWS, GROUP, PART, PARTS)))
        self.kept_columns = tuple(dict.fromkeys((column, GROUP, PART, PARTS)))

    @property
    def facts(self) -> Mapping[str, str]:
        """What was found out about the table, and how it is grouped."""
        rule = f"by {self._column}; a group of more than about {self._tokens:,} tokens is split into several requests"
        return {**self._table.facts, "grouped": rule}

    @property
    def doubts(self) -> tuple[Doubt, ...]:  # type: ignore[override]
        """What was found out about the table and may be wrong."""
        return self._table.doubts

    @property
    def left_out(self) -> Mapping[str, int]:  # type: ignore[override]
        """What the last whole reading left out as no data."""
        return self._table.left_out

    @property
    def progress(self) -> tuple[int, int | None]:
        """That of the table."""
        return self._table.progress

    def keep(self) -> None:
        """Keep what a pipe brings."""
        self._table.keep()

    def rows(self) -> Iterator[list[Row]]:
        """Yield the groups in blocks, after the wrong rows of the table.

        Raises:
            InputError: the table cannot be read any more, or the disk refuses to sort it.
        """
        try:
            with RowGroups() as groups:
                yield from self._gather(groups)
                yield from _in_blocks(self._made(groups))
        except StorageError as error:
            raise InputError(error.message, hint=error.hint) from error

    def _gather(self, groups: RowGroups) -> Iterator[list[Row]]:
        """Note all rows. Yields those that are wrong."""
        before = 0
        for block in self._table.rows():
            wrong = [row for row in block if row.fault is not None]
            groups.add(
                (str(as_text(row.values.get(self._column))), before + place, _encoded(row.values), row.parents)
                for place, row in enumerate(block, 1)
                if row.values
            )
            before += len(block)
            if wrong:
                yield [row._replace(values={}) for row in wrong]

    def _made(self, groups: RowGroups) -> Iterator[Row]:
        number = 0
        for value, members in groups.groups():
            # Two passes: a row says how many parts its group has, and no part but one is held in memory.
            limits = list(self._limits(members))
            parts = self._parts(groups, value, limits)
            for part, (rows, parents) in enumerate(parts, 1):
                number += 1
                yield self._row(number, value, part, len(limits), rows, parents)

    def _limits(self, members: Iterator[GroupedRow]) -> Iterator[int]:
        """Yield how many rows each part of a group has."""
        count = size = 0
        for row in members:
            if count and size + len(row.data) > self._tokens * BYTES_PER_TOKEN:
                yield count
                count = size = 0
            count += 1
            size += len(row.data)
        if count:
            yield count

    def _parts(
        self, groups: RowGroups, value: str, limits: list[int]
    ) -> Iterator[tuple[list[bytes], list[tuple[str, str]]]]:
        members = groups.members_of(value)
        for count in limits:
            rows: list[bytes] = []
            parents: list[tuple[str, str]] = []
            for _ in range(count):
                row = next(members)
                rows.append(row.data)
                parents += row.parents
            yield rows, parents

    def _row(
        self, number: int, value: str, part: int, parts: int, rows: list[bytes], parents: list[tuple[str, str]]
    ) -> Row:
        size = sum(map(len, rows))
        if size > self._tokens * BYTES_PER_TOKEN:
            message = (
                f'a row of the group "{value[:40]}" has about {size // BYTES_PER_TOKEN:,} tokens alone, more than the'
                f" {self._tokens:,} of a group"
            )
            fault = CheckFault("group-too-large", message, "raise --group-tokens, or leave the row out", Severity.ERROR)
            return Row(number, {}, fault)
        values: dict[str, Any] = {ROWS: [from_json(row) for row in rows]}
        values |= {GROUP: value if parts == 1 else f"{value}-part{part}", PART: part, PARTS: parts, self._column: value}
        return Row(number, values, parents=tuple(parents))

    def values(self, column: str) -> Iterator[Any]:
        """Yield the values of one column."""
        for block in self.rows():
            for row in block:
                if column in row.values:
                    yield row.values[column]


def _in_blocks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    block: list[Row] = []
    size = 0
    for row in rows:
        block.append(row)
        size += sum(len(str(each)) for each in row.values.get(ROWS, ()))
        if len(block) >= BLOCK_ROWS or size >= BLOCK_CHARACTERS:
            yield block
            block, size = [], 0
    if block:
        yield block


def _encoded(values: Mapping[str, Any]) -> bytes:
    return to_json(values, fallback=str, bytes_mode="base64", inf_nan_mode="null")
