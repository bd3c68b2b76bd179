"""One batch: its facts, and its results as a list paged from the disk."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from batchtui.domain.errors import BatchtuiError
from batchtui.domain.states import BatchState, ResultsState
from batchtui.services.collect import Collecting, collect
from batchtui.text.counts import count, size
from batchtui.tui import acts, result_cells
from batchtui.tui.background import Latest, perform
from batchtui.tui.bindings import bindings
from batchtui.tui.commands import Scope
from batchtui.tui.look import look_of
from batchtui.tui.pieces import Line, Piece, Tone, line
from batchtui.tui.screens.frame import Frame
from batchtui.tui.screens.result import ResultScreen
from batchtui.tui.widgets.facts import Facts
from batchtui.tui.widgets.filter_bar import FilterBar
from batchtui.tui.widgets.grid import Grid
from batchtui.tui.widgets.outcomes import Outcomes
from batchtui.tui.widgets.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.domain.batch import Batch
    from batchtui.domain.result import Outcome, ResultFacts
    from batchtui.registry.result_reader import ResultReader
    from batchtui.services.workspace import Workspace
    from batchtui.tui.messages import BatchesChanged


class BatchScreen(Frame):
    """A batch and its results. It asks the registry and calls services, nothing else."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.BATCH)
    SCOPES = (Scope.BATCH, Scope.LIST, Scope.EVERYWHERE)

    def __init__(self, workspace: Workspace, batch: Batch) -> None:
        super().__init__(workspace)
        self.shown = batch
        """The batch, as it stood when it was last heard about."""
        self._reader: ResultReader | None = None
        self._only: Outcome | None = None
        self._search = ""
        self._found: Sequence[int] | None = None
        self._opening = Latest(self, self._open_results)
        self._searching = Latest(self, self._find)
        painter = result_cells.ResultPainter(plain=lambda: look_of(self).plain)
        self.grid: Grid[ResultFacts] = Grid(result_cells.COLUMNS, self._page, painter, id="results")
        self._facts = Facts(workspace.clock.now, self.forecast)
        self._outcomes = Outcomes()
        self._search_bar = FilterBar("what an answer, an error or a custom_id says")

    def content(self) -> Iterator[Widget]:
        """Lay out the facts, the outcomes and the list."""
        yield self._facts
        yield Rule()
        yield self._outcomes
        yield self._search_bar
        yield self.grid

    def on_mount(self) -> None:
        """Show the batch, and its results where they are here."""
        self._facts.show(self.shown)
        self._say_why_empty()
        self.grid.focus()
        self._opening.request()

    def on_unmount(self) -> None:
        """Let go of the files."""
        if self._reader is not None:
            self._reader.close()

    async def _page(self, keys: Sequence[int]) -> Sequence[tuple[int, ResultFacts]]:
        reader = self._reader
        if reader is None:
            return []
        return [(facts.seq, facts) for facts in await asyncio.to_thread(reader.page, keys)]

    async def _open_results(self) -> None:
        if self._reader is None and self.shown.results is ResultsState.SAVED:
            self._reader = await asyncio.to_thread(self.workspace.registry.results.reader, self.shown)
            self.grid.empty = (line(Piece("No result matches", Tone.STRONG)),)
            await self._show_results()

    async def _show_results(self) -> None:
        reader = self._reader
        if reader is None:
            return
        order = await asyncio.to_thread(reader.order, None if self._only is None else {self._only})
        if self._found is not None:
            wanted = self._found if self._only is None else sorted(set(self._found).intersection(order))
            order = wanted
        self._outcomes.show(reader.by_outcome, self._only)
        self.grid.update(await self._page(order[:60]))
        self.grid.show(order)
        self._search_bar.say(Piece(f"{count(len(order))} of {count(reader.count)} ", Tone.CHIP))
        self.refresh_footer()

    async def _find(self) -> None:
        reader, text = self._reader, self._search
        if reader is None:
            return
        stopped = lambda: self._search != text  # noqa: E731  (asked from the thread that searches)
        self._found = await asyncio.to_thread(reader.search, text, is_stopped=stopped) if text else None
        await self._show_results()

    def _say_why_empty(self) -> None:
        self.grid.empty = tuple(why_empty(self.shown))
        self.grid.repaint()

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    def batches_changed(self, message: BatchesChanged) -> None:
        """Show how this batch stands now."""
        for batch in message.changed:
            if batch.key == self.shown.key:
                self.shown = batch
                self._facts.show(batch)
                self._say_why_empty()
                self._opening.request()
                self.refresh_footer()

    def ticked(self) -> None:
        """Show that time has passed."""
        super().ticked()
        self._facts.redraw()

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Open a result."""
        if self._reader is not None:
            self.app.push_screen(ResultScreen(self.workspace, self.shown, self._reader, self.grid))

    def on_grid_marks_changed(self) -> None:
        """Say how many are marked."""
        self.refresh_footer()

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Search while it is typed."""
        self._search = event.text.strip()
        self._searching.request()

    def on_filter_bar_left(self) -> None:
        """Give the keys back to the list."""
        self.grid.focus()

    def on_outcomes_chosen(self, event: Outcomes.Chosen) -> None:
        """Show the results with this outcome only."""
        self._choose(event.outcome)

    def _choose(self, outcome: Outcome | None) -> None:
        self._only = outcome
        perform(self, self._show_results, group="show", gives_up=True)

    def aside(self) -> Line:
        """Say what is marked, else how much is shown."""
        if self.grid.marks:
            return (Piece(f"{count(len(self.grid.marks))} marked", Tone.WARN),)
        if self._reader is None:
            return ()
        shown, total = len(self.grid.order), self._reader.count
        words = f"{count(total)} results" if shown == total else f"{count(shown)} of {count(total)}"
        return (Piece(words, Tone.DIM),)

    def works(self, command_id: str) -> bool:
        """Whether a command makes sense for this batch as it stands."""
        state = self.shown.state
        match command_id:
            case "batch.cancel":
                return state in (BatchState.IN_PROGRESS, BatchState.PLANNED)
            case "batch.delete":
                return not state.is_running
            case "batch.fetch":
                return state is BatchState.ENDED and self.shown.results not in (ResultsState.SAVED, ResultsState.GONE)
            case "batch.outcomes" | "batch.search" | "list.open" | "list.mark" | "list.sort":
                return self._reader is not None and command_id != "list.sort"
        return super().works(command_id)

    def back(self) -> bool:
        """Clear the search, else the choice of an outcome, else the marks."""
        if self._search_bar.display:
            self._search_bar.close()
        elif self._only is not None:
            self._choose(None)
        elif self.grid.marks:
            self.grid.unmark()
        else:
            return False
        return True

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _action_batch_outcomes(self) -> None:
        self._choose(self._outcomes.next(1))

    def _action_batch_outcomes_back(self) -> None:
        self._choose(self._outcomes.next(-1))

    def _action_batch_search(self) -> None:
        if self._reader is not None:
            self._search_bar.open()

    def _action_batch_fetch(self) -> None:
        perform(self.app, self._fetch, group=f"fetch-{self.shown.key}", gives_up=True)

    async def _fetch(self) -> None:
        try:
            await collect(self.workspace, self.shown, on_progress=self._say_fetching)
        except BatchtuiError:
            self._say_why_empty()
            raise

    def _say_fetching(self, progress: Collecting) -> None:
        if not self.is_attached or self._reader is not None:
            return
        words = {"waiting": "another batchtui fetches them", "fetching": "fetching", "indexing": "indexing"}
        self.grid.empty = (line(Piece(f"{words[progress.step]}: {size(progress.bytes)}", Tone.DIM)),)
        self.grid.repaint()

    def _action_batch_cancel(self) -> None:
        perform(self.app, partial(acts.cancel, self.dashboard, [self.shown.key]), group="act")

    def _action_batch_delete(self) -> None:
        perform(self.app, partial(acts.delete, self.dashboard, [self.shown.key]), group="act")

    def _action_batch_copy_id(self) -> None:
        acts.copy_ids(self.dashboard, [self.shown])

    def _action_batch_copy_custom_id(self) -> None:
        facts = self.grid.item
        if facts is not None:
            self.dashboard.copy(facts.custom_id, facts.custom_id)


def why_empty(batch: Batch) -> Iterator[Line]:
    """Say why there are no results to be seen, and what to do."""
    if batch.results is ResultsState.SAVED:
        yield (Piece("Opening the results…", Tone.DIM),)
    elif batch.results is ResultsState.GONE:
        yield (Piece("The results are gone", Tone.STRONG),)
        yield (Piece("The API keeps them for 29 days from the batch's creation.", Tone.DIM),)
    elif batch.state is BatchState.ENDED:
        yield (Piece("The results are not here yet", Tone.STRONG),)
        yield ()
        yield (Piece("w", Tone.ACCENT), Piece("  fetches them", Tone.DIM))
    elif batch.state.is_running:
        yield (Piece("At work", Tone.STRONG),)
        yield ()
        yield (Piece("Results come all at once when the batch ends; most end within an hour.", Tone.DIM),)
    else:
        yield (Piece("No results yet", Tone.STRONG),)
        yield ()
        yield (Piece("Nobody has been asked for answers: this part is not known to be at the API.", Tone.DIM),)
