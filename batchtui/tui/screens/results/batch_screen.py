"""`BatchScreen` shows one batch: its facts, and its results as a list paged from the disk.

Results are opened from the registry, and fetched from the API when they are asked for; the poller may also fetch them
meanwhile, and this screen then shows them. The same list shows the results of the whole job: all parts, and of all
attempts the results that stand.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import BatchtuiError
from batchtui.runtime.threads import run_cancellable
from batchtui.services.results.collect import CollectProgress, collect
from batchtui.services.results.history import open_job_results, saved_batches
from batchtui.services.results.review.queues import QueueChoice, QueueKind
from batchtui.services.results.review.stale import refresh_stale
from batchtui.text.numbers import count, size
from batchtui.text.sentences.batch_names import part_name
from batchtui.text.sentences.lineage import lineage_words
from batchtui.tui.actions import flows
from batchtui.tui.actions.label_actions import LabelActions
from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.spans import Line, Span, Tone, line
from batchtui.tui.screens.compare.batch_picker import BatchPicker
from batchtui.tui.screens.export.open import open_picked_export
from batchtui.tui.screens.results.batch_facts import BatchFacts
from batchtui.tui.screens.results.browser import ResultBrowser
from batchtui.tui.screens.results.charts.screen import ChartsScreen
from batchtui.tui.screens.results.history_screen import HistoryScreen
from batchtui.tui.screens.results.notice_band import ResultsBanner
from batchtui.tui.screens.results.result_screen import ResultScreen
from batchtui.tui.screens.results.review.screen import ReviewScreen
from batchtui.tui.screens.results.source import batch_source, job_source
from batchtui.tui.screens.retry.conversations import continue_conversations
from batchtui.tui.screens.retry.open import open_marked_retry, open_retry
from batchtui.tui.widgets.rule import Rule
from batchtui.tui.workers import CoalescedWorker, run_guarded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.domain.batches.batch import Batch
    from batchtui.registry.results.job_results import JobResults
    from batchtui.registry.results.reader import ResultReader
    from batchtui.services.workspace import Workspace
    from batchtui.tui.messages import BatchesChanged
    from batchtui.tui.screens.results.source import ResultSource
    from batchtui.tui.widgets.grid.grid import Grid

TALL = 34
"""Rows of a screen from which on the failures by kind always have room below the list."""
PREVIEW_STEP = 5
"""Lines that the answer beside the list is scrolled by at once."""
NEED_RESULTS = frozenset({
    "list.open", "batch.compare", "batch.copy-custom-id", "batch.preview", "batch.preview-down",
    "batch.preview-up", "batch.charts", "batch.history", "batch.review",
})  # fmt: skip
"""Commands that mean nothing before there are results."""
MOST_COPIED = 5_000
"""custom_ids that are copied at once: no terminal takes a clipboard of any size."""


class BatchScreen(LabelActions):
    """A batch and its results."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.BATCH)
    SCOPES = (Scope.BATCH, Scope.LABELS, Scope.LIST, Scope.EVERYWHERE)
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]  # noqa: RUF012  (Textual's own form)

    def __init__(self, workspace: Workspace, batch: Batch) -> None:
        super().__init__(workspace)
        self.shown = batch
        """The batch as the registry last had it."""
        self._reader: ResultReader | None = None
        self._job: JobResults | None = None
        self._source: ResultSource | None = None
        """What is browsed now: the results of the batch, or of its job."""
        self._opening = CoalescedWorker(self, self._open_results)
        self._relatives = 0
        """Batches of the same job with saved results, this one among them."""
        self._facts = BatchFacts(workspace.clock.now, self.forecast)
        self._band = ResultsBanner(workspace.clock.now)
        self._results = ResultBrowser()
        self.grid = self._results.grid

    def content(self) -> Iterator[Widget]:
        """Lay out the facts, what is wrong with the results, and the results."""
        yield self._facts
        yield self._band
        yield Rule(id="facts-rule")
        yield self._results

    def on_mount(self) -> None:
        """Show the batch, and its results where they are here."""
        self._show_batch()
        run_guarded(self, self._show_lineage, group="lineage", exclusive=True)
        self.grid.focus()
        self._opening.request()
        # Its results go before those of a hundred others that ended while nothing was open.
        self.dashboard.poller.prefer(self.shown.key)

    async def _show_lineage(self) -> None:
        self._facts.show_lineage(lineage_words(await self.workspace.registry.lineage.of(self.shown.job)))

    def on_unmount(self) -> None:
        """Close the files of the results."""
        for opened in (self._reader, self._job):
            if opened is not None:
                opened.close()

    async def _open_results(self) -> None:
        if self._reader is None and self.shown.results is ResultsState.SAVED:
            store = self.workspace.registry.results
            # Opening may build an index first; a screen that is left meanwhile does not wait for that.
            self._reader = await run_cancellable(
                lambda _: store.reader(self.shown), let_go=lambda reader: reader.close()
            )
            self._band.show(self.shown, self._reader.path, self._reader.summary)
            await self._browse(batch_source(self.workspace, self.shown, self._reader))
        self._relatives = len(await saved_batches(self.workspace, self.shown.job))
        self.refresh_frame()

    async def _browse(self, source: ResultSource) -> None:
        self._source = source
        await self._results.open(source)
        self.refresh_frame()

    async def _turn_to_job(self) -> None:
        """Show the results of the whole job, or again those of this batch alone."""
        if self._reader is None or self._source is None:
            return
        if self._source.is_job:
            self._band.show(self.shown, self._reader.path, self._reader.summary)
            await self._browse(batch_source(self.workspace, self.shown, self._reader))
            return
        # Opened anew each time: an attempt may have ended meanwhile.
        before, self._job = self._job, await open_job_results(self.workspace, self.shown.job)
        if before is not None:
            before.close()
        self._band.show_job(self._job.batches)
        await self._browse(job_source(self.workspace, self._job))

    def _show_batch(self) -> None:
        self._facts.show(self.shown)
        if self._reader is None:
            self._band.show(self.shown)
            self.grid.empty = tuple(why_empty(self.shown, text_with_keys(self, "{batch.fetch}  fetches them")))
            self.grid.repaint()

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    def batches_changed(self, message: BatchesChanged) -> None:
        """Show this batch as it is now, and open its results where they have come."""
        # Another job may have been made from this one.
        run_guarded(self, self._show_lineage, group="lineage", exclusive=True)
        for batch in message.changed:
            if batch.key == self.shown.key:
                self.shown = batch
                self._show_batch()
                self._opening.request()
                self.refresh_frame()

    def on_tick(self) -> None:
        """Redraw what depends on the time."""
        super().on_tick()
        self._facts.redraw()
        self._band.redraw()

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Open a result."""
        if self._source is not None:
            self.app.push_screen(ResultScreen(self.workspace, self._source, self.grid))

    def on_grid_cursor_moved(self) -> None:
        """Show which result the cursor is on, and its answer in the preview."""
        self.refresh_position()
        self._results.follow()

    def on_grid_marks_changed(self) -> None:
        """Show how many results are marked."""
        self.refresh_frame()

    def on_result_browser_changed(self) -> None:
        """Show what works now, and how many results are shown."""
        self.refresh_frame()

    def crumbs(self) -> tuple[str, ...]:
        """Return the name of the batch, with its part and attempt."""
        return (part_name(self.shown),)

    def position(self) -> Line:
        """Return the result under the cursor, and how many are marked and shown."""
        return self._results.position()

    def back(self) -> bool:
        """Undo what was chosen among the results. Returns whether there was anything."""
        return self._results.back()

    def is_available(self, command_id: str) -> bool:
        """Return whether a command makes sense for this batch in its state."""
        if command_id in NEED_RESULTS or command_id.startswith("batch.outcome"):
            return self._reader is not None
        state = self.shown.state
        match command_id:
            case "batch.cancel":
                return state in (BatchState.IN_PROGRESS, BatchState.PLANNED)
            case "batch.delete":
                return not state.is_running
            case "batch.fetch":
                return state is BatchState.ENDED and self.shown.results not in (ResultsState.SAVED, ResultsState.GONE)
            case "batch.search":
                return self.shown.results is ResultsState.SAVED
            case "list.mark":
                return self._reader is not None and not self._results.is_among_groups
            case "batch.groups" | "batch.next-failure" | "batch.previous-failure":
                return self.has_class("-failing")
            case "batch.table":
                return self.grid.has_table
            case "batch.job":
                return self._reader is not None and self._relatives > 1
        return command_id not in ("list.sort", "list.reverse") and super().is_available(command_id)

    @property
    def chosen(self) -> list[int]:
        """This batch, whatever is marked among its results."""
        return [self.shown.key]

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _action_batch_outcomes(self) -> None:
        self._results.step_outcome(1)

    def _action_batch_outcome(self, number: int) -> None:
        if not self._results.choose_outcome(number):
            self.dashboard.say(f"There are only {self._results.number_of_outcomes} outcomes to choose from.")

    def _action_batch_outcomes_back(self) -> None:
        self._results.step_outcome(-1)

    def _action_batch_job(self) -> None:
        run_guarded(self, self._turn_to_job, group="show-job", exclusive=True)

    def _action_batch_table(self) -> None:
        self.grid.show_table(not self.grid.is_table)

    def _action_batch_preview(self) -> None:
        # On a narrow screen it is hidden unless it was asked for, elsewhere shown unless it was sent away.
        self.toggle_class("-previewed" if self.has_class("-narrow") else "-unpreviewed")
        self._results.follow()

    def _action_batch_preview_down(self) -> None:
        self._results.preview.scroll_answer(PREVIEW_STEP)

    def _action_batch_preview_up(self) -> None:
        self._results.preview.scroll_answer(-PREVIEW_STEP)

    def _action_batch_charts(self) -> None:
        if self._source is not None:
            self.app.push_screen(ChartsScreen(self.workspace, self._source.batches))

    def _action_batch_history(self) -> None:
        run_guarded(self, self._open_history, group="show-history", exclusive=True)

    async def _open_history(self) -> None:
        source, seq = self._source, self.grid.key
        if source is not None and seq is not None:
            [facts] = await asyncio.to_thread(source.results.page, [seq])
            await self.app.push_screen(HistoryScreen(self.workspace, self.shown.job, facts.custom_id))

    def _action_batch_review(self) -> None:
        run_guarded(self, self._open_review, group="show-review", exclusive=True)

    async def _open_review(self) -> None:
        source, shown = self._source, self.grid.order
        if source is None:
            return
        await refresh_stale(self.workspace, self.shown.job)
        is_part = len(shown) != source.results.count
        # A filter says what one wants to see; without one the queue of the last time goes on.
        await self.app.push_screen(
            ReviewScreen(
                self.workspace, source, tuple(shown) if is_part else (),
                QueueChoice(QueueKind.SHOWN) if is_part else None,
            )
        )  # fmt: skip

    def _action_batch_groups(self) -> None:
        self._results.turn_to_groups()

    def _action_batch_search(self) -> None:
        self._results.search()

    def _action_batch_next_failure(self) -> None:
        run_guarded(self, partial(self._go_to_failure, 1), group="latest-failure")

    def _action_batch_previous_failure(self) -> None:
        run_guarded(self, partial(self._go_to_failure, -1), group="latest-failure")

    async def _go_to_failure(self, step: int) -> None:
        if not await self.grid.to_failure(step) and self._reader is not None:
            self.dashboard.say(f"There is no failure {'below' if step > 0 else 'above'} the cursor.")

    def _action_batch_fetch(self) -> None:
        run_guarded(self.app, self._fetch, group=f"fetch-{self.shown.key}", exclusive=True)

    async def _fetch(self) -> None:
        try:
            await collect(self.workspace, self.shown, on_progress=self._say_fetching)
        except BatchtuiError:
            self._show_batch()
            raise

    def _say_fetching(self, progress: CollectProgress) -> None:
        # Progress may still come in after the screen was left or the results were opened.
        if not self.is_attached or self._reader is not None:
            return
        words = {"waiting": "another batchtui is downloading them", "fetching": "fetching", "indexing": "indexing"}
        self.grid.empty = (line(Span(f"{words[progress.step]}: {size(progress.bytes)}", Tone.DIM)),)
        self.grid.repaint()

    def _action_batch_cancel(self) -> None:
        self.act(flows.cancel)

    def _action_batch_delete(self) -> None:
        self.act(flows.delete)

    def _action_batch_retry(self) -> None:
        run_guarded(self.app, self._retry, group="act")

    async def _retry(self) -> None:
        # Marks say exactly which requests; without them the whole job is looked at.
        if not self.grid.marks:
            await open_retry(self.dashboard, self.chosen)
        elif failed := await self._results.marked_failures():
            await open_marked_retry(self.dashboard, self.shown, failed)
        else:
            self.dashboard.say("All marked requests have succeeded.")

    def _action_batch_continue(self) -> None:
        run_guarded(self.app, partial(continue_conversations, self.dashboard, self.chosen), group="act")

    def _action_batch_export(self) -> None:
        # Marks, a search or a filter choose what is exported first.
        batches = self._source.batches if self._source is not None else (self.shown,)
        run_guarded(self.app, partial(open_picked_export, self.dashboard, batches, self._results.pick()), group="act")

    def _action_batch_compare(self) -> None:
        if self._reader is not None:
            self.app.push_screen(BatchPicker(self.workspace, self.shown))

    def _action_batch_copy_id(self) -> None:
        flows.copy_ids(self.dashboard, [self.shown])

    async def _action_batch_copy_custom_id(self) -> None:
        chosen = self.grid.chosen
        if self._source is None or not chosen:
            return
        found = await asyncio.to_thread(self._source.results.page, chosen[:MOST_COPIED])
        said = found[0].custom_id if len(found) == 1 else f"{count(len(found))} custom_ids"
        more = f", the first of {count(len(chosen))}" if len(chosen) > len(found) else ""
        self.dashboard.copy("\n".join(facts.custom_id for facts in found), said + more)


_NOT_THERE = {
    BatchState.PLANNED: "This part has not been sent yet.",
    BatchState.SUBMITTING: "This part is being sent.",
    BatchState.UNKNOWN: "It is unknown whether this batch was created.",
    BatchState.DELETED: "This batch was deleted.",
}
"""Why a batch that is not at the API has no results, by its state."""


def why_empty(batch: Batch, fetch: Line) -> Iterator[Line]:
    """Yield why there are no results to show, and what to do; `fetch` is the line about fetching them."""
    if batch.results is ResultsState.SAVED:
        yield (Span("Opening the results…", Tone.DIM),)
    elif batch.results is ResultsState.GONE:
        yield (Span("The results are gone", Tone.STRONG),)
        yield (Span("The API keeps them for 29 days from the batch's creation.", Tone.DIM),)
    elif batch.state is BatchState.ENDED:
        yield (Span("The results are not saved yet", Tone.STRONG),)
        yield ()
        yield fetch
    elif batch.state.is_running:
        yield (Span("In progress", Tone.STRONG),)
        yield ()
        yield (Span("Results arrive when the batch ends; most end within an hour.", Tone.DIM),)
    else:
        yield (Span("No results yet", Tone.STRONG),)
        yield ()
        yield (Span(_NOT_THERE.get(batch.state, "The API does not show this batch."), Tone.DIM),)
