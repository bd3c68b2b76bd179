"""`ResultGrid` lists the results of one batch: read from the disk and priced as they come into sight."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batchtui.domain.result import Outcome
from batchtui.tui.rendering import result_columns
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.result_columns import ResultRow
from batchtui.tui.results.selection import ResultSelection, order_of
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.grid.viewport import next_match

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.domain.cost import Cost
    from batchtui.domain.result import ResultFacts
    from batchtui.registry.results.reader import ResultReader

FIRST = 60
"""Rows that are read before the list is shown, so that it appears at once."""


class ResultGrid(Grid[ResultRow]):
    """Lists results of the reader that it was given. It neither opens nor closes files."""

    def __init__(self, price: Callable[[ResultFacts], Cost | None]) -> None:
        super().__init__(
            result_columns.COLUMNS,
            self._page,
            result_columns.ResultPainter(plain=lambda: painter_of(self).plain),
            id="results",
        )
        self.price = price
        """Returns what one result cost; None where that is not known."""
        self._failures = b""
        self.reader: ResultReader | None = None

    @property
    def facts(self) -> ResultFacts | None:
        """The facts of the result under the cursor; None before it is read."""
        return self.item.facts if self.item else None

    async def choose(self, choice: ResultSelection) -> None:
        """Show these results; the cursor stays on its result where that is among them."""
        if self.reader is None:
            return
        order = await asyncio.to_thread(order_of, self.reader, choice)
        # Before the order is shown, so that no row appears as a dot first.
        self.update(await self._page(order[:FIRST]))
        self.show(order)

    async def _page(self, keys: Sequence[int]) -> Sequence[tuple[int, ResultRow]]:
        reader = self.reader
        return [] if reader is None else await asyncio.to_thread(self._read, reader, keys)

    def _read(self, reader: ResultReader, keys: Sequence[int]) -> list[tuple[int, ResultRow]]:
        return [(facts.seq, ResultRow(facts, self.price(facts))) for facts in reader.page(keys)]

    async def to_failure(self, step: int) -> bool:
        """Go to the next failure, or with -1 the one before. Returns whether there was one."""
        if self.reader is None:
            return False
        # One byte a result, read once: results never change.
        if not self._failures:
            self._failures = bytes(await asyncio.to_thread(self.reader.mask, Outcome.failures()))
        row = next_match(self.order, self._failures, self.cursor, step)
        if row is not None:
            self.go_to(row)
        return row is not None
