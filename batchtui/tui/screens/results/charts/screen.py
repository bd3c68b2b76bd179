"""`ChartsScreen` draws what results look like together: outcomes, lengths of answers, costs, values of fields."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from batchtui.services.results.statistics import read_statistics
from batchtui.text.numbers import amount, count
from batchtui.tui.chrome.base_screen import BaseScreen
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.screens.results.charts.bars import statistics_lines
from batchtui.tui.widgets.text_view import TextView
from batchtui.tui.workers import run_guarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.widget import Widget

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.results.statistics import ResultStatistics
    from batchtui.services.workspace import Workspace


class ChartsScreen(BaseScreen):
    """One text of bars that is moved through like any other. Leaving the screen ends the reading."""

    SCOPES = (Scope.TEXT, Scope.EVERYWHERE)
    TITLE_IN_PATH = "Charts"

    def __init__(self, workspace: Workspace, batches: Sequence[Batch]) -> None:
        super().__init__(workspace)
        self._batches = batches
        self._found: ResultStatistics | None = None
        self._reading = "reading the results"
        self._view = TextView([(Span(" reading the results …", Tone.DIM),)], id="charts")

    def content(self) -> Iterator[Widget]:
        """Lay out the picture."""
        yield self._view

    def on_mount(self) -> None:
        """Read the results: first what the index knows, then the answers themselves."""
        self._view.focus()
        run_guarded(self, self._read, group="show-charts", exclusive=True)

    async def _read(self) -> None:
        read = partial(read_statistics, self.workspace, self._batches)
        self._found = await read(with_fields=False)
        self._draw()
        loop = asyncio.get_running_loop()
        # Progress comes on a thread; widgets may only be touched on the loop.
        self._found = await read(on_progress=lambda *done: loop.call_soon_threadsafe(self._say_reading, *done))
        self._reading = ""
        self._draw()

    def _say_reading(self, done: int, total: int) -> None:
        # The last words may arrive after the end, or when the screen was left.
        if total and self._reading and self.is_attached:
            self._reading = f"reading answers: {count(done)} of {count(total)}"
            self.refresh_frame()

    def _draw(self) -> None:
        if self._found is not None:
            found = self._found
            self._view.show(
                lambda columns: iter(
                    statistics_lines(found, columns - 1, plain=painter_of(self).plain, reading=self._reading)
                ),
                stays=True,
            )
        self.refresh_frame()

    def position(self) -> Line:
        """Return how many results are drawn, and how far they are read."""
        if self._found is None or self._reading:
            return (Span(self._reading, Tone.RUNNING),)
        return (Span(amount(self._found.results, "result"), Tone.DIM),)
