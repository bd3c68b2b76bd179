"""`WarningsScreen` lists what the person should look out for, one row a kind; enter does what helps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from batchtui.services.insights.warnings import BatchWarning, WarningAction
from batchtui.services.results.collect import collect
from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line
from batchtui.text.sentences.batch_names import part_name
from batchtui.tui.chrome.list_screen import UNMARKED, UNSORTED, ListScreen
from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.spans import Line, Span, Tone, flow, line, wrapped
from batchtui.tui.screens.results.batch_screen import BatchScreen
from batchtui.tui.screens.warnings.groups import WarningGroup, group_warnings
from batchtui.tui.submit import flows as submit_flows
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.lines_view import ItemView
from batchtui.tui.workers import run_guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.services.workspace import Workspace

COLUMNS = (
    Column("kind", "ABOUT", 14, 16, 100, fixed=True),
    Column("count", "BATCHES", 7, 7, 90, right=True),
    Column("message", "WHAT", 30, 200, 95, fixed=True),
)
NAMED = 20
"""Batches that are named in the detail; of more the rest is counted."""


class WarningsScreen(ListScreen[WarningGroup]):
    """A list of the warnings that the app keeps in its insights; equal ones of many batches are one row."""

    SCOPES = (Scope.LIST, Scope.EVERYWHERE)
    TITLE_IN_PATH = "Warnings"
    DETAIL_TITLE = "what to do"
    SHOWS_WARNINGS = True
    UNAVAILABLE = UNMARKED | UNSORTED | {"app.warnings"}

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._open_kinds: set[str] = set()
        self.grid = Grid(COLUMNS, self.page, paint, id="warnings")
        self.grid.empty = (line(Span("No warnings", Tone.STRONG)),)
        self.detail = WarningDetail(id="advice")

    def on_mount(self) -> None:
        """Show the list."""
        self.status_changed()

    def status_changed(self) -> None:
        """Show the warnings as they are now."""
        super().status_changed()
        self._show()

    def _show(self) -> None:
        self.items = group_warnings(self.dashboard.insights.warnings, self._open_kinds)
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

    def aside(self) -> Line:
        """Return how many warnings there are, where some are folded into one row."""
        total = len(self.dashboard.insights.warnings)
        return (Span(amount(total, "warning"), Tone.DIM),) if total > len(self.items) else ()

    def back(self) -> bool:
        """Fold what was unfolded. Returns whether anything was."""
        if not self._open_kinds:
            return False
        self._open_kinds.clear()
        self._show()
        return True

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Do what helps against this warning; unfold one of several batches."""
        group = self.grid.item_of(event.key)
        if group is None:
            return
        if group.is_folded:
            self._open_kinds.add(group.kind)
            self._show()
        elif group.is_head:
            self._open_kinds.discard(group.kind)
            self._show()
        else:
            self._help(group.warnings[0])

    def _help(self, warning: BatchWarning) -> None:
        # Warnings about the clock or credentials have no batch; asking the API again shows whether they still hold.
        batch = warning.batch
        if warning.action is WarningAction.REFRESH or batch is None:
            self.dashboard.poller.refresh_now()
            self.dashboard.say("Asking the API again.")
        elif warning.action is WarningAction.RESUME:
            run_guarded(self.app, partial(submit_flows.resume, self.dashboard, [batch.key]), group="act")
        elif warning.action is WarningAction.FETCH:
            # Exclusive by batch: enter pressed twice leaves one download, and two batches are fetched side by side.
            run_guarded(self.app, partial(self._fetch, warning), group=f"fetch-{batch.key}", exclusive=True)
        else:
            self.app.push_screen(BatchScreen(self.workspace, batch))

    async def _fetch(self, warning: BatchWarning) -> None:
        assert warning.batch is not None
        with self.dashboard.busy() as say:
            say(f"fetching the results of {part_name(warning.batch)}")
            await collect(self.workspace, warning.batch)
        self.dashboard.say(f"The results of {part_name(warning.batch)} are saved.")


class WarningDetail(ItemView[WarningGroup]):
    """Draws one warning in full, what to do about it with the keys for it, and which batches it is about."""

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return what there is room for."""
        group = self.item
        if group is None:
            return []
        said: list[Line] = [(Span(f" {part}"),) for part in wrapped(f"{group.message}.", columns - 2)]
        advice = text_with_keys(self, group.advice, Tone.DIM, Tone.STRONG)
        said += [(Span(" "), *part) for part in flow(advice, columns - 2)]
        if len(group.warnings) > 1:
            names = [part_name(one.batch) for one in group.warnings[:NAMED] if one.batch is not None]
            more = f" and {count(len(group.warnings) - NAMED)} more" if len(group.warnings) > NAMED else ""
            said += [(Span(f" {part}", Tone.DIM),) for part in wrapped(", ".join(names) + more, columns - 2)]
        return said[:rows]


def paint(item: WarningGroup, column: Column, width: int) -> Line:
    """Return one cell."""
    if column.id == "kind":
        return (Span("" if item.is_inner else item.title, Tone.WARN),)
    if column.id == "count":
        return (Span(count(len(item.warnings)), Tone.DIM),) if not item.is_inner else ()
    fold = Span("▸ " if item.is_folded else "▾ ", Tone.ACCENT)
    indent = Span("  ") if item.is_inner else fold if item.is_folded or item.is_head else Span("")
    return (indent, Span(one_line(item.message)))
