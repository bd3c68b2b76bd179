"""The warnings that stand, each with what can be done about it: enter does it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from batchtui.services.insights.warnings import BatchWarning, WarningAction
from batchtui.services.results.collect import collect
from batchtui.text.numbers import amount
from batchtui.tui.chrome.base_screen import BaseScreen
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.batch_text import batch_label
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.spans import Line, Span, Tone, line, wrapped
from batchtui.tui.results.batch_screen import BatchScreen
from batchtui.tui.submit import flows as sending
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.lines_view import LinesView
from batchtui.tui.widgets.rule import Rule
from batchtui.tui.workers import run_guarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.widget import Widget

    from batchtui.services.workspace import Workspace

COLUMNS = (
    Column("kind", "ABOUT", 14, 16, 100, fixed=True),
    Column("message", "WHAT", 30, 200, 95, fixed=True),
)
KINDS = {
    "credentials": "credentials",
    "clock": "clock",
    "unknown": "unknown",
    "not_sent": "not sent",
    "expires": "expires",
    "results_going": "results go",
    "model_retires": "model retires",
}
OFFERS = {
    WarningAction.RESUME: "looks for it, or sends it; asks first",
    WarningAction.FETCH: "fetches the results",
    WarningAction.OPEN: "shows the batch",
    WarningAction.REFRESH: "asks the API again",
}


class WarningsScreen(BaseScreen):
    """Lists what the outlook holds. What enter does is done by those who always do it."""

    SCOPES = (Scope.LIST, Scope.EVERYWHERE)
    SHOWS_WARNINGS = True

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.grid: Grid[BatchWarning] = Grid(COLUMNS, self._page, paint, id="warnings")
        self.grid.empty = (line(Span("There is nothing to warn of", Tone.STRONG)),)
        self._advice = WarningDetail()

    def content(self) -> Iterator[Widget]:
        """Lay out the list, and below it the one under the cursor in full."""
        yield self.grid
        yield Rule()
        yield self._advice

    def on_mount(self) -> None:
        """Show the list."""
        self.grid.focus()
        self.status_changed()

    async def _page(self, keys: Sequence[int]) -> Sequence[tuple[int, BatchWarning]]:
        cautions = self.dashboard.outlook.cautions
        return [(key, cautions[key]) for key in keys if key < len(cautions)]

    def status_changed(self) -> None:
        """Show what has been added, or has settled itself."""
        super().status_changed()
        cautions = self.dashboard.outlook.cautions
        self.grid.update(enumerate(cautions))
        self.grid.show(range(len(cautions)))
        self._advice.show(self.grid.item)
        self.refresh_footer()

    def on_grid_cursor_moved(self) -> None:
        """Say the one under the cursor in full."""
        self._advice.show(self.grid.item)

    def is_available(self, command_id: str) -> bool:
        """Leave out what means nothing here."""
        if command_id == "list.open":
            return bool(self.grid.order)
        return command_id not in ("list.mark", "list.sort", "app.warnings") and super().is_available(command_id)

    def footer_status(self) -> Line:
        """Say how many there are."""
        return (Span(amount(len(self.grid.order), "warning"), Tone.DIM),)

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Do what can be done."""
        caution = self.grid.item_of(event.key)
        if caution is None:
            return
        batch = caution.batch
        if caution.act is WarningAction.REFRESH or batch is None:
            self.dashboard.poller.refresh_now()
            self.dashboard.say("The API is asked again.")
        elif caution.act is WarningAction.RESUME:
            run_guarded(self.app, partial(sending.resume, self.dashboard, [batch.key]), group="act")
        elif caution.act is WarningAction.FETCH:
            run_guarded(self.app, partial(self._fetch, caution), group=f"fetch-{batch.key}", exclusive=True)
        else:
            self.app.push_screen(BatchScreen(self.workspace, batch))

    async def _fetch(self, caution: BatchWarning) -> None:
        assert caution.batch is not None
        with self.dashboard.busy() as say:
            say("fetching results")
            await collect(self.workspace, caution.batch)
        self.dashboard.say(f"The results of {batch_label(caution.batch)} are saved.")


class WarningDetail(LinesView):
    """Draws one warning whole, what to do about it, and what enter does."""

    def __init__(self) -> None:
        super().__init__(id="advice")
        self._caution: BatchWarning | None = None

    def show(self, caution: BatchWarning | None) -> None:
        """Draw this one."""
        self._caution = caution
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Draw it, as far as there is room; what enter does always has it."""
        caution = self._caution
        if caution is None:
            return []
        said: list[Line] = [(Span(f" {part}"),) for part in wrapped(f"{caution.message}.", columns - 2)]
        said += [(Span(f" {part}", Tone.DIM),) for part in wrapped(caution.advice, columns - 2)]
        return [*said[: rows - 1], (Span(" enter  ", Tone.STRONG), Span(OFFERS[caution.act], Tone.DIM))]


def paint(item: BatchWarning, column: Column, width: int) -> Line:
    """Draw one cell."""
    if column.id == "kind":
        return (Span(KINDS.get(item.kind, item.kind), Tone.WARN),)
    return (Span(item.message),)
