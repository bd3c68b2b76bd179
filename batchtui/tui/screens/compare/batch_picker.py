"""`BatchPicker` lists the batches that a batch can be compared with: those that answer the same custom_ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.batches.batch import Batch
from batchtui.services.results.compare import find_comparable
from batchtui.text.safe import one_line
from batchtui.tui.chrome.list_screen import ListScreen
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering import batch_text
from batchtui.tui.rendering.batch_columns import COLUMNS, BatchPainter
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, line
from batchtui.tui.screens.compare.screen import CompareScreen
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.lines_view import ItemView, LinesView
from batchtui.tui.workers import run_guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from textual.widget import Widget

    from batchtui.services.workspace import Workspace


class BatchPicker(ListScreen[Batch]):
    """A list of batches; opening one compares the two."""

    SCOPES = (Scope.LIST, Scope.EVERYWHERE)
    TITLE_IN_PATH = "Compare with"
    DETAIL_TITLE = "the other batch"
    UNAVAILABLE = frozenset({"list.mark", "list.sort", "list.reverse"})

    def __init__(self, workspace: Workspace, batch: Batch) -> None:
        super().__init__(workspace)
        self._batch = batch
        self._found: dict[int, Batch] = {}
        self.detail = _Other(workspace.clock.now)
        painter = BatchPainter(workspace.clock.now, self.forecast, plain=lambda: painter_of(self).plain)
        self.grid = Grid(COLUMNS, self.page, painter, id="comparable")
        self.grid.empty = (line(Span("Looking for batches with the same custom_ids", Tone.DIM)),)

    def above(self) -> Iterator[Widget]:
        """Lay out the question."""
        yield _Question(self._batch)

    def on_mount(self) -> None:
        """Begin to look for batches."""
        # It reads the custom_ids of many batches from the disk.
        run_guarded(self, self._look, group="latest-comparable")

    async def _look(self) -> None:
        found = await find_comparable(self.workspace, self._batch)
        self._found = {batch.key: batch for batch in found}
        # Only now: until the search is over, nobody knows whether there are any.
        self.grid.empty = (
            line(Span("No other batch with results here has these custom_ids", Tone.STRONG)),
            line(),
            line(Span("Send the same requests with another model or another prompt, and compare then.", Tone.DIM)),
        )
        # Everything is in memory already, so the grid need not ask.
        self.grid.update(self._found.items())
        self.grid.show(list(self._found))
        self.grid.repaint()
        self.show_detail()
        self.refresh_frame()

    async def page(self, keys: Sequence[int]) -> Sequence[tuple[int, Batch]]:
        """Return the batches with these keys."""
        return [(key, self._found[key]) for key in keys if key in self._found]

    def is_available(self, command_id: str) -> bool:
        """Offer opening where something was found."""
        return super().is_available(command_id) and (command_id != "list.open" or bool(self._found))

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Compare with this one."""
        self.app.push_screen(CompareScreen(self.workspace, self._batch, self._found[event.key]))


class _Other(ItemView[Batch]):
    """Draws what is known of the batch under the cursor."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__(id="other")
        self._now = now

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        if self.item is None:
            return []
        facts = batch_text.facts(self.item, self._now(), plain=painter_of(self).plain)
        return batch_text.three_lines(self.item, dict(facts))


class _Question(LinesView):
    """What is to be chosen."""

    DEFAULT_CSS = "_Question { height: 1; }"

    def __init__(self, batch: Batch) -> None:
        super().__init__()
        self._compared = one_line(batch.name)

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        return [(Span(" What you open here is compared with ", Tone.DIM), Span(self._compared, Tone.STRONG))]
