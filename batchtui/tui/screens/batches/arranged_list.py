"""`ArrangedList` is the list of batches as far as it is arranged: order, columns, folding, and saved views.

How it is arranged is kept in the registry, so that it is found again; views are kept in the settings file.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from batchtui.domain.batches.query import SORT_KEYS
from batchtui.text.safe import one_line
from batchtui.tui.rendering.batch_columns import COLUMNS, chosen_columns
from batchtui.tui.screens.batches.actions import BatchActions
from batchtui.tui.screens.batches.view_state import KEY, ListState
from batchtui.tui.workers import CoalescedWorker, run_guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.services.workspace import Workspace
    from batchtui.tui.screens.batches.rows import BatchRow
    from batchtui.tui.widgets.filter_bar import FilterBar
    from batchtui.tui.widgets.grid.grid import Grid


LONG_SORT = 0.03
"""Seconds from which reading the order again is put off where commits follow each other."""
SHARE_OF_RESTS = 6.0
"""Rests between two readings, in times of what the last one took."""
LONGEST_REST = 3.0
"""Seconds: a list that others change stays no further behind than that."""


class ArrangedList(BatchActions):
    """A list of batches that is sorted, folded and shown in views. Subclasses say what is in it."""

    grid: Grid[BatchRow]
    filter_bar: FilterBar

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._list_state = ListState()
        self._ordering = CoalescedWorker(self, self._timed_reorder)
        self._following = CoalescedWorker(self, self._follow)
        self._took = 0.0
        """Seconds that the last reading of the order took."""
        self._keeping = CoalescedWorker(self, self._keep)

    async def _reorder(self) -> None:
        """Read the order of the rows again, and show it."""
        raise NotImplementedError

    async def _timed_reorder(self) -> None:
        began = time.perf_counter()
        await self._reorder()
        self._took = time.perf_counter() - began

    async def _follow(self) -> None:
        """Read the order again after commits, and rest for some time where it is long.

        While results are collected a commit follows the other: sorting 100,000 batches after each of them would leave
        the registry no time for what a key asks for.
        """
        self._ordering.request()
        await self._ordering.settled()
        if self._took > LONG_SORT:
            # By the real clock: it makes room for real work.
            await asyncio.sleep(min(SHARE_OF_RESTS * self._took, LONGEST_REST))

    def on_grid_sort_asked(self, event: Grid.SortAsked) -> None:
        """Sort by the column of the title that was clicked, or open the menu of what can be sorted by."""
        if event.sort or event.reverse:
            self._sort(event.sort, event.reverse)
        else:
            run_guarded(self, self._choose_sort, group="choose", exclusive=True)

    async def _choose_sort(self) -> None:
        from batchtui.tui.screens.batches.sort_picker import SortPicker

        now = self._list_state
        menu = SortPicker(self.grid.columns, now.sort, descending=now.descending)
        chosen = await self.app.push_screen(menu, wait_for_dismiss=True)
        if chosen is not None:
            self._sort(chosen, False)

    def _sort(self, by: str, reverse: bool) -> None:
        """Sort by this key; by the one in force, or with `reverse`, the other way round."""
        now = self._list_state
        if reverse or by == now.sort:
            self._arrange(descending=not now.descending)
        else:
            self._arrange(sort=next((sort for sort in SORT_KEYS if sort == by), now.sort), descending=False)

    def _arrange(self, **changes: Any) -> None:
        """Change how the list is arranged, and store that."""
        self._take(replace(self._list_state, **changes))

    def _take(self, state: ListState) -> None:
        """Arrange the list in this way, and store that."""
        self._remember(state)
        columns = chosen_columns(self._list_state.columns)
        if columns != self.grid.columns:
            self.grid.columns = columns
            self.grid.repaint()
        self._ordering.request()

    def _remember(self, state: ListState) -> None:
        self._list_state = state
        self._keeping.request()

    async def _keep(self) -> None:
        await self.workspace.registry.values.put(KEY, replace(self._list_state, cursor=self.grid.key).kept())

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _action_batches_views(self) -> None:
        run_guarded(self, self._choose_view, group="choose", exclusive=True)

    async def _choose_view(self) -> None:
        from batchtui.tui.screens.batches import views

        picker = views.ViewPicker(self.workspace.settings.views)
        chosen = await self.app.push_screen(picker, wait_for_dismiss=True)
        if chosen is None:
            return
        if chosen.act == "show":
            self._show_view(chosen.name)
        elif chosen.act == "remove":
            views.remove_view(self.dashboard, chosen.name)
            self.dashboard.say(f"Removed the view {one_line(chosen.name)}.")
        else:
            views.save_view(self.dashboard, chosen.name, self._list_state.arrangement)
            self.dashboard.say(self._saved_words(chosen.name))
        self.refresh_frame()

    def _saved_words(self, name: str) -> str:
        number = list(self.workspace.settings.views).index(name) + 1
        keys = self.dashboard.keymap.get(f"batches.view-{number}", ())
        shows = f"{keys[0]} shows it" if keys else "the menu of views shows it"
        return f"Saved this list as the view {one_line(name)}: {shows}."

    def _show_view(self, name: str) -> None:
        from batchtui.tui.screens.batches.views import arrangement_of

        now, view = self._list_state, self.workspace.settings.views[name]
        # From one view to the next the way back is that to one's own list.
        home = now.home if now.home is not None else now.arrangement
        self._open_arrangement(now.arranged(arrangement_of(view), home=home))

    def _open_arrangement(self, state: ListState) -> None:
        self._take(state)
        self.filter_bar.open(state.filter)
        if not state.filter:
            self.filter_bar.close()

    def _action_batches_view(self, number: int) -> None:
        names = list(self.workspace.settings.views)
        if number <= len(names):
            self._show_view(names[number - 1])
            return
        keys = self.dashboard.keymap["batches.views"]
        how = f"; {keys[0]} saves this list as one" if keys else ""
        self.dashboard.say(f"There is no saved view {number}{how}.")

    def _action_batches_all(self) -> None:
        now = self._list_state
        home = now.home if now.home is not None else now.arrangement
        self._open_arrangement(now.arranged(replace(home, filter=""), home=None))

    def _view_name(self) -> str:
        """Return the name of the saved view that is shown; empty where the list is arranged in another way."""
        views = self.workspace.settings.views
        if self._list_state.home is None or not views:
            return ""
        from batchtui.tui.screens.batches.views import arrangement_of

        now = self._list_state.arrangement
        return next((name for name, view in views.items() if arrangement_of(view) == now), "")

    def crumbs(self) -> tuple[str, ...]:
        """Return the name of the list, and of the saved view that is shown."""
        name = self._view_name()
        return (*super().crumbs(), *((one_line(name),) if name else ()))

    def _action_batches_columns(self) -> None:
        from batchtui.tui.screens.batches.column_picker import ColumnPicker

        self.app.push_screen(ColumnPicker(self.workspace, self.grid.columns, self._choose_columns, self._sort))

    def _choose_columns(self, ids: Sequence[str]) -> None:
        usual = [column.id for column in COLUMNS]
        self._arrange(columns=() if list(ids) == usual else tuple(ids))

    def _action_batches_by_job(self) -> None:
        self._arrange(by_job=not self._list_state.by_job)

    def _action_batches_zoom(self) -> None:
        # On a narrow screen they are hidden unless asked for, elsewhere shown unless sent away: both are kept.
        state = self._list_state
        if self.has_class("-narrow"):
            self._remember(replace(state, detailed=not state.detailed))
        else:
            self._remember(replace(state, zoomed=not state.zoomed))
        self.show_or_hide_details()

    def show_or_hide_details(self) -> None:
        """Show the details of the batch under the cursor, or not, as a person has left them."""
        self.set_class(self._list_state.zoomed, "-zoomed")
        self.set_class(self._list_state.detailed, "-detailed")
