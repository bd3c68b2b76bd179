"""`BatchesScreen` is the list of batches: the first screen, from which every other one is reached.

It shows the registry before anything is asked of the API. When the registry changes, it asks for the order again and
repaints the rows that differ.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container

from batchtui.domain.batches.query import BatchQuery
from batchtui.domain.errors import StorageError
from batchtui.text.filters.completion import continuations
from batchtui.text.filters.language import Reading, read
from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line
from batchtui.tui.chrome.path_rule import row_words
from batchtui.tui.commands.key_text import empty_state
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import BY_ID, Scope
from batchtui.tui.rendering.batch_columns import COLUMNS, BatchPainter, chosen_columns
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, joined
from batchtui.tui.screens.batches.arranged_list import ArrangedList
from batchtui.tui.screens.batches.detail import Detail, title_of
from batchtui.tui.screens.batches.empty_list import newcomer_lines
from batchtui.tui.screens.batches.rows import BatchRow, BatchRows, RowPainter
from batchtui.tui.screens.batches.view_state import KEY, load_state
from batchtui.tui.widgets.filter_bar import FilterBar
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.rule import TitledRule
from batchtui.tui.workers import run_guarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.query import FilterField
    from batchtui.services.workspace import Workspace
    from batchtui.text.filters.completion import Continuation
    from batchtui.tui.messages import BatchesChanged

FILTER_HINT = "words, status:ended, !tag:old, errored:>0, age:<2d"
NONE_MATCH = ("No batch matches the filter", "{app.back}  clears it")
WITHOUT_A_BATCH = frozenset(
    (
        "batches.filter",
        "batches.compose",
        "batches.submit",
        "batches.sync",
        "batches.columns",
        "batches.by-job",
        "batches.views",
        "batches.all",
        *(f"batches.view-{number}" for number in range(1, 10)),
    )
)
"""Commands of the list that need no batch in it."""


class BatchesScreen(ArrangedList):
    """The batches, and the details of the one under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.BATCHES)
    SCOPES = (Scope.BATCHES, Scope.LABELS, Scope.LIST, Scope.EVERYWHERE)
    TITLE_IN_PATH = "Batches"
    AUTO_FOCUS = "#batches"
    """The list, from the first moment on: Textual would focus the filter, which comes before it, and that would take
    the first key.
    """

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._is_found = False
        self._made: int | None = None
        """The key of a batch that was just made, until the cursor stands on it."""
        self._unfolded = 0
        """Number of batches that were just unfolded below the cursor."""
        self._rows = BatchRows(workspace.registry.queries)
        self._changed: dict[int, Batch] = {}
        self._reading = Reading()
        self.filter_bar = FilterBar(FILTER_HINT, completing=self._continuations)
        self._known: Mapping[FilterField, Sequence[str]] = {}
        self._detail = Detail(workspace.clock.now, self.forecast)
        self._detail_rule = TitledRule("", id="detail-rule")
        painter = BatchPainter(workspace.clock.now, self.forecast, plain=lambda: painter_of(self).plain)
        self.grid: Grid[BatchRow] = Grid(COLUMNS, self._rows.page, RowPainter(painter), id="batches")

    def content(self) -> Iterator[Widget]:
        """Lay out the filter, the list and the details."""
        yield self.filter_bar
        with Container(id="body"):
            yield self.grid
            yield self._detail_rule
            yield self._detail

    async def on_mount(self) -> None:
        """Show the registry, arranged as the list was left."""
        kept = await self.workspace.registry.values.get(KEY)
        self._list_state = load_state(kept[0] if kept else {})
        self.show_or_hide_details()
        self.grid.columns = chosen_columns(self._list_state.columns)
        if self._list_state.filter:
            self.filter_bar.open(self._list_state.filter)
        await self._reorder()
        self.grid.focus()

    def on_screen_resume(self) -> None:
        """Name the keys as they are now: the settings may have been open."""
        self._say_why_empty()

    def _say_why_empty(self) -> None:
        if self._list_state.filter:
            self.grid.empty = empty_state(self, *NONE_MATCH)
            return
        self.grid.empty = newcomer_lines(self, self.workspace)

    async def _reorder(self) -> None:
        now = self._list_state
        self._reading = read(now.filter)
        query = BatchQuery(terms=self._reading.terms, sort=now.sort, descending=now.descending)
        order = await self._rows.arrange(query, by_job=now.by_job, is_open=now.is_open)
        # The same key may stand for other batches now, so nothing that was painted holds.
        if self._rows.are_others:
            self.grid.forget()
        # Changes that arrive while this reads are kept for the next run.
        changed, self._changed = self._changed, {}
        # The rows in sight are read with the order, so that both appear together.
        stale = [*order[:60], *self._rows.jobs_among(changed.values())]
        self.grid.update(await self._rows.page(stale))
        self._say_why_empty()
        if self.grid.sorted_by != (now.sort, now.descending):
            self.grid.sorted_by = (now.sort, now.descending)
            self.grid.repaint()
        self.grid.show(order, cursor_on=None if self._is_found else now.cursor)
        self._is_found = True
        self._find_made(order)
        unfolded, self._unfolded = self._unfolded, 0
        self.grid.reveal(unfolded)
        self.set_class(not order, "-empty")
        self._say_filter()
        self.refresh_frame()

    def go_to_batch(self, key: int) -> None:
        """Put the cursor on a batch, as soon as the list has it."""
        self._made = key
        self._ordering.request()

    def _find_made(self, order: Sequence[int]) -> None:
        """Put the cursor on the batch that was made last, once it is there."""
        if self._made is None:
            return
        # The list is read beside the keys: the new batch may come with a later reading.
        row = self._rows.row_showing(self._made)
        if row in order:
            self._made = None
            self.grid.show(order, cursor_on=row)
            self.refresh_frame()

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    def batches_changed(self, message: BatchesChanged) -> None:
        """Repaint the rows that changed, and look whether the order has."""
        self._changed |= {batch.key: batch for batch in message.changed}
        self.grid.update((batch.key, self._rows.row_of(batch)) for batch in message.changed)
        self._following.request()
        self._show_detail()

    def on_tick(self) -> None:
        """Redraw what depends on the time."""
        super().on_tick()
        self.grid.tick()
        self._show_detail()

    def on_grid_cursor_moved(self) -> None:
        """Show the details of the batch under the cursor, and its row."""
        self._show_detail()
        self.refresh_frame()

    def on_grid_marks_changed(self) -> None:
        """Show how many batches are marked."""
        self.refresh_frame()

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Open a batch; unfold a job, or fold it."""
        from batchtui.tui.screens.results.batch_screen import BatchScreen

        row = self.grid.item_of(event.key)
        if row is None:
            return
        if not row.together:
            self.app.push_screen(BatchScreen(self.workspace, row.batch))
            return
        # Remembered until the new order is there, so that they can be scrolled into sight.
        self._unfolded = 0 if row.is_open else len(row.together)
        others = tuple(job for job in self._list_state.is_open if job != row.batch.job)
        self._arrange(is_open=others if row.is_open else (*others, row.batch.job))

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Filter while typing."""
        self._list_state = replace(self._list_state, filter=event.text.strip())
        self._ordering.request()

    def on_filter_bar_left(self) -> None:
        """Give the focus back to the list, and store the filter."""
        self.grid.focus()
        self._keeping.request()

    def _show_detail(self) -> None:
        row = self.grid.item
        self._detail.show(row.batch if row else None, row.together if row else ())
        self._detail_rule.say(title_of(row.batch) if row else "")

    def _say_filter(self) -> None:
        tally = self.dashboard.status.tally
        words = f"{count(self._shown)} of {count(tally.total)} "
        complaint = Span("".join(f"{one_line(said)}  " for said in self._reading.complaints[:1]), Tone.WARN)
        self.filter_bar.say(complaint, Span(words, Tone.DIM), Span(" "), chips=self._reading.shown)

    def _continuations(self, typed: str, at: int) -> list[Continuation]:
        return continuations(typed, at, self._known)

    async def _learn_words(self) -> None:
        self._known = await self.workspace.registry.labels.words()

    async def on_unmount(self) -> None:
        """Store where the cursor was."""
        with suppress(StorageError):  # to begin at the top once is no reason to fail at the end
            await self._keep()

    def position(self) -> Line:
        """Return how many batches are marked, the row under the cursor, and the order."""
        now, rows = self._list_state, len(self.grid.order)
        marked = (Span(f"{count(len(self.chosen))} marked", Tone.WARN),) if self.grid.marks else ()
        # Of folded jobs a row is not a batch.
        folded = (Span(f"{amount(self._shown, 'batch', 'batches')} by job", Tone.DIM),) if now.by_job else ()
        reversed_ = ", reversed" if now.descending else ""
        order = (Span(f"by {now.sort}{reversed_}", Tone.DIM),) if rows else ()
        return joined([marked, folded, row_words(self.grid.cursor, rows), order], " · ")

    def back(self) -> bool:
        """Clear the filter, else the marks. Returns whether there was anything to clear."""
        if self.filter_bar.display:
            self.filter_bar.close()
            return True
        if self.grid.marks:
            self.grid.unmark()
            return True
        return False

    def is_available(self, command_id: str) -> bool:
        """Return whether a command makes sense for what is chosen."""
        needs_a_batch = BY_ID[command_id].scope is not Scope.EVERYWHERE and command_id not in WITHOUT_A_BATCH
        if needs_a_batch and self.grid.item is None and not self.grid.marks:
            return False
        if command_id == "batches.resume" and not self.grid.marks:
            return self.grid.item is not None and not self.grid.item.batch.state.is_at_api
        return super().is_available(command_id)

    @property
    def can_go_back(self) -> bool:
        """Whether there is a filter or a mark to clear."""
        return self.filter_bar.display or bool(self.grid.marks)

    @property
    def chosen(self) -> list[int]:
        """The keys of the batches that a command works on; a row of a job stands for all of its batches."""
        return list(dict.fromkeys(key for row in self.grid.chosen for key in self._rows.batches_of(row)))

    @property
    def _shown(self) -> int:
        return self._rows.number(self.grid.order)

    def acted(self) -> None:
        """Clear the marks: the next act would take the same batches again."""
        self.grid.unmark()

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _action_batches_filter(self) -> None:
        run_guarded(self, self._learn_words, group="words", exclusive=True)
        self.filter_bar.open()
