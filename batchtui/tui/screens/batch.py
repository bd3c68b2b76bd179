"""One batch: its facts, and its results as a list paged from the disk."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container

from batchtui.domain.errors import BatchtuiError
from batchtui.domain.states import BatchState, ResultsState
from batchtui.services.collect import Collecting, collect
from batchtui.text.counts import count, size
from batchtui.tui import acts, again
from batchtui.tui.background import Latest, perform
from batchtui.tui.bindings import bindings
from batchtui.tui.choice import Choice
from batchtui.tui.commands import Scope
from batchtui.tui.pieces import Line, Piece, Tone, line
from batchtui.tui.result_cells import OUTCOME_KINDS, priced
from batchtui.tui.screens.choose_batch import ChooseBatch
from batchtui.tui.screens.frame import Frame
from batchtui.tui.screens.result import ResultScreen
from batchtui.tui.searching import Search
from batchtui.tui.widgets.band import Band
from batchtui.tui.widgets.choices import Choices
from batchtui.tui.widgets.facts import Facts
from batchtui.tui.widgets.failure_list import FailureList
from batchtui.tui.widgets.filter_bar import FilterBar
from batchtui.tui.widgets.result_grid import ResultGrid
from batchtui.tui.widgets.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.domain.batch import Batch
    from batchtui.registry.result_reader import ResultReader
    from batchtui.services.workspace import Workspace
    from batchtui.tui.messages import BatchesChanged
    from batchtui.tui.widgets.grid import Grid


class BatchScreen(Frame):
    """A batch and its results. It asks the registry and calls services, nothing else."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.BATCH)
    SCOPES = (Scope.BATCH, Scope.LIST, Scope.EVERYWHERE)

    def __init__(self, workspace: Workspace, batch: Batch) -> None:
        super().__init__(workspace)
        self.shown = batch
        """The batch, as it stood when it was last heard about."""
        self._reader: ResultReader | None = None
        self._choice = Choice()
        self._search = Search(self._say_searching)
        self._opening = Latest(self, self._open_results)
        self._choosing = Latest(self, self._show_results)
        self._searching = Latest(self, self._find)
        day = (batch.created_at or batch.planned_at).date()
        self.grid = ResultGrid(priced(workspace.prices, day))
        self._facts = Facts(workspace.clock.now, self.forecast)
        self._band = Band(workspace.clock.now)
        self._outcomes = Choices(OUTCOME_KINDS, "Results")
        self._failures = FailureList()
        self._search_bar = FilterBar("what an answer, an error or a custom_id says")

    def content(self) -> Iterator[Widget]:
        """Lay out the facts, the outcomes, the list and the failures by kind."""
        yield self._facts
        yield self._band
        yield Rule()
        yield self._outcomes
        yield self._search_bar
        with Container(id="results-body"):
            yield self.grid
            yield self._failures

    def on_mount(self) -> None:
        """Show the batch, and its results where they are here."""
        self._show_batch()
        self.grid.focus()
        self._opening.request()

    def on_unmount(self) -> None:
        """Let go of the files."""
        self._search.stop()
        if self._reader is not None:
            self._reader.close()

    async def _open_results(self) -> None:
        if self._reader is None and self.shown.results is ResultsState.SAVED:
            reader = await asyncio.to_thread(self.workspace.registry.results.reader, self.shown)
            self._reader = self.grid.reader = reader
            self.grid.empty = (line(Piece("No result matches", Tone.STRONG)),)
            groups = await asyncio.to_thread(lambda: reader.groups)
            self.set_class(bool(groups), "-failing")
            self._failures.show(groups)
            self._band.show(self.shown, reader.path, reader.summary)
            await self._show_results()

    async def _show_results(self) -> None:
        if self._reader is None:
            return
        await self.grid.choose(self._choice)
        self._outcomes.show(self._reader.by_outcome, self._choice.outcome)
        self._failures.mark(self._choice.group)
        self._say_shown()
        self.refresh_footer()

    async def _find(self) -> None:
        if self._reader is None:
            return
        text = self._search.text
        found = await self._search.run(self._reader)
        if text == self._search.text:  # else another one is under way already
            self._choice = replace(self._choice, found=found)
            await self._show_results()

    def _say_shown(self) -> None:
        if self._reader is not None:
            self._search_bar.say(Piece(f"{count(len(self.grid.order))} of {count(self._reader.count)} ", Tone.CHIP))

    def _say_searching(self, done: int, total: int) -> None:
        if self.is_attached:
            self._search_bar.say(Piece(f"searching {size(done)} of {size(total)}, esc stops ", Tone.RUNNING))

    def _show_batch(self) -> None:
        self._facts.show(self.shown)
        if self._reader is None:
            self._band.show(self.shown)
            self.grid.empty = tuple(why_empty(self.shown))
            self.grid.repaint()

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    def batches_changed(self, message: BatchesChanged) -> None:
        """Show how this batch stands now."""
        for batch in message.changed:
            if batch.key == self.shown.key:
                self.shown = batch
                self._show_batch()
                self._opening.request()
                self.refresh_footer()

    def ticked(self) -> None:
        """Show that time has passed."""
        super().ticked()
        self._facts.redraw()
        self._band.redraw()

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Open a result."""
        if self._reader is not None:
            self.app.push_screen(ResultScreen(self.workspace, self.shown, self._reader, self.grid))

    def on_grid_marks_changed(self) -> None:
        """Say how many are marked."""
        self.refresh_footer()

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Search while it is typed."""
        self._search.text = event.text.strip()
        self._searching.request()

    def on_filter_bar_left(self) -> None:
        """Give the keys back to the list."""
        self.grid.focus()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """Show the results with this outcome only."""
        self._choose(replace(self._choice, outcome=event.choice, group=None))

    def on_failure_list_chosen(self, event: FailureList.Chosen) -> None:
        """Show the failures of this kind only, and go back to the list."""
        self._choose(replace(self._choice, outcome=None, group=event.group))
        self._leave_groups()

    def _choose(self, choice: Choice) -> None:
        self._choice = choice
        self._choosing.request()

    def _leave_groups(self) -> None:
        self.remove_class("-choosing")
        self.grid.focus()

    @property
    def _is_among_groups(self) -> bool:
        return self._failures.grid.has_focus

    def on_descendant_focus(self) -> None:
        """Say what works where the keys arrive."""
        self.refresh_footer()

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
            case "list.sort" | "list.reverse":
                return False
            case "list.mark":
                return self._reader is not None and not self._is_among_groups
            case "batch.groups" | "batch.next-failure" | "batch.previous-failure":
                return self.has_class("-failing")
            case "batch.outcomes" | "batch.search" | "list.open" | "batch.compare" | "batch.copy-custom-id":
                return self._reader is not None
        return super().works(command_id)

    def back(self) -> bool:
        """Leave the failures, else clear the search, else what was chosen, else the marks."""
        if self._is_among_groups:
            self._leave_groups()
        elif self._search_bar.display:
            self._search.stop()
            self._search_bar.close()
        elif self._choice.outcome is not None or self._choice.group is not None:
            self._choose(replace(self._choice, outcome=None, group=None))
        elif self.grid.marks:
            self.grid.unmark()
        else:
            return False
        return True

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _action_batch_outcomes(self) -> None:
        self._choose(replace(self._choice, outcome=self._outcomes.next(1), group=None))

    def _action_batch_outcomes_back(self) -> None:
        self._choose(replace(self._choice, outcome=self._outcomes.next(-1), group=None))

    def _action_batch_groups(self) -> None:
        if self._is_among_groups:
            self._leave_groups()
        elif self.has_class("-failing"):
            self.add_class("-choosing")
            self._failures.grid.focus()

    def _action_batch_next_failure(self) -> None:
        perform(self, partial(self._go_to_failure, 1), group="latest-failure")

    def _action_batch_previous_failure(self) -> None:
        perform(self, partial(self._go_to_failure, -1), group="latest-failure")

    async def _go_to_failure(self, step: int) -> None:
        if not await self.grid.to_failure(step) and self._reader is not None:
            self.dashboard.say(f"There is no failure {'below' if step > 0 else 'above'} the cursor.")

    def _action_batch_search(self) -> None:
        if self._reader is not None:
            self._search_bar.open()

    def _action_batch_fetch(self) -> None:
        perform(self.app, self._fetch, group=f"fetch-{self.shown.key}", gives_up=True)

    async def _fetch(self) -> None:
        try:
            await collect(self.workspace, self.shown, on_progress=self._say_fetching)
        except BatchtuiError:
            self._show_batch()
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

    def _action_batch_retry(self) -> None:
        perform(self.app, partial(again.retry, self.dashboard, [self.shown.key]), group="act")

    def _action_batch_export(self) -> None:
        perform(self.app, partial(again.export_batch, self.dashboard, self.shown), group="act")

    def _action_batch_compare(self) -> None:
        if self._reader is not None:
            self.app.push_screen(ChooseBatch(self.workspace, self.shown))

    def _action_batch_copy_id(self) -> None:
        acts.copy_ids(self.dashboard, [self.shown])

    def _action_batch_copy_custom_id(self) -> None:
        facts = self.grid.facts
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
