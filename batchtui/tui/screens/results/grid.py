"""`ResultGrid` lists results: read from the disk and priced as they come into sight.

Structured answers of one kind are shown as a table, a field a column. Where a search has found something beyond the
beginning of an answer, the cell shows what stands around it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batchtui.domain.results.result import Outcome
from batchtui.results.parsed_result import parse_result
from batchtui.results.structured_output import common_fields, structured_value
from batchtui.tui.rendering import result_columns
from batchtui.tui.rendering.hits import needle
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.result_columns import JOB_COLUMNS, MOST_FIELDS, ResultRow, field_columns
from batchtui.tui.screens.results.selection import ResultSelection, order_of
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.grid.viewport import next_match

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchtui.domain.results.result import ResultFacts
    from batchtui.registry.results.job_results import ResultList
    from batchtui.tui.rendering.columns import Column
    from batchtui.tui.screens.results.source import ResultSource

FIRST = 60
"""Rows that are read before the list is shown, so that it appears at once."""
SAMPLES = 120
"""Answers that are read to tell whether all are structured alike."""
BEFORE_HIT, LONGEST_EXCERPT = 10, 240
"""Characters of an answer that are shown before what a search has found, and in all."""


class ResultGrid(Grid[ResultRow]):
    """Lists results of the source that it was given. It neither opens nor closes files."""

    def __init__(self) -> None:
        super().__init__(
            result_columns.COLUMNS,
            self._page,
            result_columns.ResultPainter(plain=lambda: painter_of(self).plain, searched=lambda: self.searched),
            id="results",
        )
        self._failures = b""
        self.source: ResultSource | None = None
        self.searched = ""
        """The text that is searched for; empty for none."""
        self._field_columns: tuple[Column, ...] = ()
        self.is_table = False
        """Whether structured answers are shown as a table."""

    @property
    def facts(self) -> ResultFacts | None:
        """The facts of the result under the cursor; None before it is read."""
        return self.item.facts if self.item else None

    @property
    def has_table(self) -> bool:
        """Whether answers are structured alike, so that they can be shown as a table."""
        return bool(self._field_columns)

    async def open(self, source: ResultSource) -> None:
        """Take another source, and find out whether its answers make a table; they are then shown as one."""
        fields = await asyncio.to_thread(read_field_columns, source.results)
        self.source, self._failures, self._field_columns = source, b"", fields
        self.marks = set()
        self._items.forget()
        self.show_table(bool(fields))

    def show_table(self, is_table: bool) -> None:
        """Show answers as a table, or as the beginning of their text."""
        self.is_table = is_table and self.has_table
        usual: tuple[Column, ...] = result_columns.COLUMNS
        if self.is_table:
            at = next(at for at, column in enumerate(usual) if column.id == "message")
            usual = (*usual[:at], *self._field_columns, *(column for column in usual[at + 1 :] if column.id != "stop"))
        is_job = self.source is not None and self.source.is_job
        self.columns = (*usual[:2], *JOB_COLUMNS, *usual[2:]) if is_job else usual
        self._shift = 0
        self.forget()

    async def choose(self, choice: ResultSelection, searched: str = "") -> None:
        """Show these results; the cursor stays on its result where that is among them."""
        source = self.source
        if source is None:
            return
        order = await asyncio.to_thread(order_of, source.results, choice)
        is_other = searched != self.searched
        self.searched = searched
        # Before the order is shown, so that no row appears as a dot first.
        rows = await self._page(order[:FIRST])
        # The person may have gone to other results meanwhile, whose own choice follows.
        if source is not self.source:
            return
        if is_other:
            self.forget()
        self.update(rows)
        self.show(order)

    async def _page(self, keys: Sequence[int]) -> Sequence[tuple[int, ResultRow]]:
        source = self.source
        return [] if source is None else await asyncio.to_thread(self._read, source, keys)

    def _read(self, source: ResultSource, keys: Sequence[int]) -> list[tuple[int, ResultRow]]:
        return [(facts.seq, self._row_of(source, facts)) for facts in source.results.page(keys)]

    def _row_of(self, source: ResultSource, facts: ResultFacts) -> ResultRow:
        pattern = needle(self.searched)
        excerpt, fields = "", None
        if self.is_table:
            fields = structured_value(parse_result(source.results.raw(facts.seq)))
        elif pattern is not None:
            found = pattern.search(facts.message)
            # The beginning of an answer says enough where what was found is in sight there.
            if found is None or found.start() > BEFORE_HIT:
                excerpt = excerpt_of(source.results.raw(facts.seq), self.searched)
        batch = source.batch_of(facts.seq) if source.is_job else None
        origin = (batch.attempt, batch.part) if batch else (0, 0)
        return ResultRow(facts, source.price(facts), excerpt, fields, *origin)

    async def to_failure(self, step: int) -> bool:
        """Go to the next failure, or with -1 the one before. Returns whether there was one."""
        if self.source is None:
            return False
        # One byte a result, read once: results never change.
        if not self._failures:
            self._failures = bytes(await asyncio.to_thread(self.source.results.mask, Outcome.failures()))
        row = next_match(self.order, self._failures, self.cursor, step)
        if row is not None:
            self.go_to(row)
        return row is not None


def read_field_columns(results: ResultList) -> tuple[Column, ...]:
    """Return a column for each field where whole answers are structured alike, as far as a sample tells; blocking."""
    order = results.order({Outcome.SUCCEEDED, Outcome.TOOL_USE})
    step = max(1, len(order) // SAMPLES)
    samples: list[Mapping[str, object]] = []
    for seq in order[::step][: SAMPLES + 1]:
        value = structured_value(parse_result(results.raw(seq)))
        if value is None:
            return ()
        samples.append(value)
    return field_columns(samples, common_fields(samples, most=MOST_FIELDS))


def excerpt_of(raw: bytes, text: str) -> str:
    """Return what an answer says around the first place where it says a text; empty where only its id says it."""
    pattern = needle(text)
    answer = parse_result(raw)
    for said in (answer.text, answer.error_message, *(block.text for block in answer.blocks)):
        if pattern is not None and (found := pattern.search(said)):
            start = max(0, found.start() - BEFORE_HIT)
            return said[start : start + LONGEST_EXCERPT]
    return ""
