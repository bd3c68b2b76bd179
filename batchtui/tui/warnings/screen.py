"""`WarningsScreen` lists what the person should look out for; enter does what helps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from batchtui.services.insights.warnings import BatchWarning, WarningAction
from batchtui.services.results.collect import collect
from batchtui.tui.chrome.list_screen import ListScreen
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.batch_text import batch_label
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.spans import Line, Span, Tone, line, wrapped
from batchtui.tui.results.batch_screen import BatchScreen
from batchtui.tui.submit import flows as submit_flows
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.lines_view import ItemView
from batchtui.tui.workers import run_guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

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
"""What enter does, by the action of a warning."""


class WarningsScreen(ListScreen[BatchWarning]):
    """A list of the warnings that the app keeps in its insights."""

    SCOPES = (Scope.LIST, Scope.EVERYWHERE)
    TITLE_IN_PATH = "Warnings"
    SHOWS_WARNINGS = True
    UNAVAILABLE = frozenset({"list.mark", "list.sort", "app.warnings"})

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.grid = Grid(COLUMNS, self.page, paint, id="warnings")
        self.grid.empty = (line(Span("There is nothing to warn of", Tone.STRONG)),)
        self.detail = WarningDetail(id="advice")

    def on_mount(self) -> None:
        """Show the list."""
        self.status_changed()

    def status_changed(self) -> None:
        """Show the warnings as they are now."""
        super().status_changed()
        self.items = self.dashboard.insights.warnings
        # Keys are places in the list: a warning that has gone moves the others up.
        self.grid.update(enumerate(self.items))
        self.grid.show(range(len(self.items)))
        self.show_detail()
        self.refresh_frame()

    def is_available(self, command_id: str) -> bool:
        """Offer enter where there is a warning."""
        if command_id == "list.open":
            return bool(self.grid.order)
        return super().is_available(command_id)

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Do what helps against this warning."""
        warning = self.grid.item_of(event.key)
        if warning is None:
            return
        # Warnings about the clock or credentials have no batch; asking the API again shows whether they still hold.
        batch = warning.batch
        if warning.action is WarningAction.REFRESH or batch is None:
            self.dashboard.poller.refresh_now()
            self.dashboard.say("The API is asked again.")
        elif warning.action is WarningAction.RESUME:
            run_guarded(self.app, partial(submit_flows.resume, self.dashboard, [batch.key]), group="act")
        elif warning.action is WarningAction.FETCH:
            run_guarded(self.app, partial(self._fetch, warning), group=f"fetch-{batch.key}", exclusive=True)
        else:
            self.app.push_screen(BatchScreen(self.workspace, batch))

    async def _fetch(self, warning: BatchWarning) -> None:
        assert warning.batch is not None
        with self.dashboard.busy() as say:
            say("fetching results")
            await collect(self.workspace, warning.batch)
        self.dashboard.say(f"The results of {batch_label(warning.batch)} are saved.")


class WarningDetail(ItemView[BatchWarning]):
    """Draws one warning in full, what to do about it, and what enter does."""

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return what there is room for; what enter does is always the last line."""
        warning = self.item
        if warning is None:
            return []
        said: list[Line] = [(Span(f" {part}"),) for part in wrapped(f"{warning.message}.", columns - 2)]
        said += [(Span(f" {part}", Tone.DIM),) for part in wrapped(warning.advice, columns - 2)]
        return [*said[: rows - 1], (Span(" enter  ", Tone.STRONG), Span(OFFERS[warning.action], Tone.DIM))]


def paint(item: BatchWarning, column: Column, width: int) -> Line:
    """Return one cell."""
    if column.id == "kind":
        return (Span(KINDS.get(item.kind, item.kind), Tone.WARN),)
    return (Span(item.message),)
