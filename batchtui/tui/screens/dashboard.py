"""The list of batches: the first thing one sees, and the place everything starts from."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container

from batchtui.domain.query import BatchQuery
from batchtui.services.sync import sync
from batchtui.text.counts import amount, count
from batchtui.text.filter_completion import continuations
from batchtui.text.filter_language import Reading, read
from batchtui.text.safe import squeezed
from batchtui.tui import acts, again, composing, labelling, sending
from batchtui.tui.background import Latest, perform
from batchtui.tui.batch_cells import COLUMNS, BatchPainter
from batchtui.tui.bindings import bindings
from batchtui.tui.commands import Scope
from batchtui.tui.look import look_of
from batchtui.tui.pieces import Line, Piece, Tone, line
from batchtui.tui.screens.batch import BatchScreen
from batchtui.tui.screens.frame import Frame
from batchtui.tui.widgets.detail import Detail
from batchtui.tui.widgets.filter_bar import FilterBar
from batchtui.tui.widgets.grid import Grid
from batchtui.tui.widgets.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.domain.batch import Batch
    from batchtui.domain.query import SortKey
    from batchtui.domain.terms import Field
    from batchtui.services.workspace import Workspace
    from batchtui.text.filter_completion import Continuation
    from batchtui.tui.messages import BatchesChanged

SORTS: Sequence[SortKey] = ("attention", "newest", "name", "state", "requests", "ended", "cost")
SORT_WORDS = {"attention": "what needs you first", "newest": "newest first"}
FILTER_HINT = "words, status:ended, !tag:old, errored:>0, age:<2d"
REMEMBERED = "dashboard"
"""The fact under which the registry keeps how the list was left."""
EMPTY = (
    line(Piece("Nothing here yet", Tone.STRONG)),
    line(),
    line(Piece("N", Tone.ACCENT), Piece("  makes requests from a table; an example is there to begin with", Tone.DIM)),
    line(Piece("n", Tone.ACCENT), Piece("  submits a file of requests", Tone.DIM)),
    line(Piece("i", Tone.ACCENT), Piece("  brings in batches that were made elsewhere", Tone.DIM)),
    line(Piece("?", Tone.ACCENT), Piece("  shows the keys", Tone.DIM)),
)
NONE_MATCH = (
    line(Piece("No batch matches the filter", Tone.STRONG)),
    line(),
    line(Piece("esc", Tone.ACCENT), Piece("  clears it", Tone.DIM)),
)


@dataclass(frozen=True, slots=True)
class Left:
    """How the list was left, to be found again so at the next start."""

    sort: SortKey = "attention"
    descending: bool = False
    zoomed: bool = False


class DashboardScreen(Frame):
    """The batches, and the details of one of them. It asks the registry and calls services, nothing else."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.BATCHES)
    SCOPES = (Scope.BATCHES, Scope.LIST, Scope.EVERYWHERE)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._left = Left()
        self._filter = ""
        self._reading = Reading()
        self._filter_bar = FilterBar(FILTER_HINT, completing=self._continuations)
        self._known: Mapping[Field, Sequence[str]] = {}
        self._detail = Detail(workspace.clock.now, self.forecast)
        self._ordering = Latest(self, self._reorder)
        painter = BatchPainter(workspace.clock.now, self.forecast, plain=lambda: look_of(self).plain)
        self.grid: Grid[Batch] = Grid(COLUMNS, self._page, painter, id="batches")

    def content(self) -> Iterator[Widget]:
        """Lay out the filter, the list and the details."""
        yield self._filter_bar
        with Container(id="body"):
            yield self.grid
            yield Rule(id="detail-rule")
            yield self._detail

    async def on_mount(self) -> None:
        """Show the registry as it stands, before anything is asked of anyone."""
        kept = await self.workspace.registry.facts.get(REMEMBERED)
        self._left = _left(kept[0] if kept else {})
        self.set_class(self._left.zoomed, "-zoomed")
        await self._reorder()
        self.grid.focus()

    async def _page(self, keys: Sequence[int]) -> Sequence[tuple[int, Batch]]:
        return [(batch.key, batch) for batch in await self.workspace.registry.views.page(keys)]

    async def _reorder(self) -> None:
        self._reading = read(self._filter)
        query = BatchQuery(terms=self._reading.terms, sort=self._left.sort, descending=self._left.descending)
        order = await self.workspace.registry.views.order(query)
        self.grid.update(await self._page(order[:60]))
        self.grid.empty = NONE_MATCH if self._filter else EMPTY
        self.grid.sorted_by = (self._left.sort, self._left.descending)
        self.grid.show(order)
        self._say_filter()
        self.refresh_footer()

    # ── what happens ───────────────────────────────────────────────────────────────────────────────────────────────

    def batches_changed(self, message: BatchesChanged) -> None:
        """Repaint the rows that changed, and look whether their order has."""
        self.grid.update((batch.key, batch) for batch in message.changed)
        self._ordering.request()
        self._show_detail()

    def ticked(self) -> None:
        """Show that time has passed."""
        super().ticked()
        self.grid.tick()
        self._show_detail()

    def on_grid_cursor_moved(self) -> None:
        """Show the details of the batch under the cursor."""
        self._show_detail()
        self.refresh_footer()

    def on_grid_marks_changed(self) -> None:
        """Say how many are marked."""
        self.refresh_footer()

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Open a batch."""
        batch = self.grid.item_of(event.key)
        if batch is not None:
            self.app.push_screen(BatchScreen(self.workspace, batch))

    def on_grid_sort_asked(self, event: Grid.SortAsked) -> None:
        """Show another order, and remember it."""
        left = self._left
        if event.reverse or event.sort == left.sort:
            left = replace(left, descending=not left.descending)
        else:
            following = SORTS[(SORTS.index(left.sort) + 1) % len(SORTS)]
            chosen = next((sort for sort in SORTS if sort == event.sort), following)
            left = replace(left, sort=chosen, descending=False)
        self._remember(left)
        self.grid.repaint()
        self._ordering.request()

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Filter while it is typed."""
        self._filter = event.text.strip()
        self._ordering.request()

    def on_filter_bar_left(self) -> None:
        """Give the keys back to the list."""
        self.grid.focus()

    def _show_detail(self) -> None:
        self._detail.show(self.grid.item)

    def _say_filter(self) -> None:
        tally = self.dashboard.status.tally
        words = f"{count(len(self.grid.order))} of {count(tally.total)} "
        complaint = Piece("".join(f"{squeezed(said)}  " for said in self._reading.complaints[:1]), Tone.WARN)
        self._filter_bar.say(complaint, Piece(words, Tone.DIM), Piece(" "), chips=self._reading.shown)

    def _continuations(self, typed: str, at: int) -> list[Continuation]:
        return continuations(typed, at, self._known)

    async def _learn_words(self) -> None:
        self._known = await self.workspace.registry.labels.words()

    def _remember(self, left: Left) -> None:
        self._left = left
        perform(self, partial(self.workspace.registry.facts.put, REMEMBERED, asdict(left)), group="remember")

    def aside(self) -> Line:
        """Say what is marked, else how much is shown and in which order."""
        if self.grid.marks:
            return (Piece(f"{count(len(self.grid.marks))} marked", Tone.WARN),)
        shown, total = len(self.grid.order), self.dashboard.status.tally.total
        words = amount(total, "batch", "batches") if shown == total else f"{count(shown)} of {count(total)}"
        order = SORT_WORDS.get(self._left.sort, f"by {self._left.sort}")
        return (Piece(words + (f", {order}" if self.size.width >= 100 else ""), Tone.DIM),)

    def back(self) -> bool:
        """Clear the filter, else the marks."""
        if self._filter_bar.display:
            self._filter_bar.close()
            return True
        if self.grid.marks:
            self.grid.unmark()
            return True
        return False

    def works(self, command_id: str) -> bool:
        """Whether a command makes sense now: resuming does on something open, or on marks."""
        if command_id == "batches.resume" and not self.grid.marks:
            return self.grid.item is not None and not self.grid.item.state.is_at_api
        return super().works(command_id)

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _action_batches_filter(self) -> None:
        perform(self, self._learn_words, group="words", gives_up=True)
        self._filter_bar.open()

    def _action_batches_compose(self) -> None:
        perform(self.app, partial(composing.compose, self.dashboard), group="act")

    def _action_batches_submit(self) -> None:
        perform(self.app, partial(sending.submit, self.dashboard), group="act")

    def _action_batches_resume(self) -> None:
        perform(self.app, partial(sending.resume, self.dashboard, self.grid.chosen), group="act")

    def _action_batches_cancel(self) -> None:
        perform(self.app, partial(acts.cancel, self.dashboard, self.grid.chosen), group="act")

    def _action_batches_delete(self) -> None:
        perform(self.app, partial(acts.delete, self.dashboard, self.grid.chosen), group="act")

    def _action_batches_retry(self) -> None:
        perform(self.app, partial(again.retry, self.dashboard, self.grid.chosen), group="act")

    def _action_batches_export(self) -> None:
        perform(self.app, partial(again.export, self.dashboard, self.grid.chosen), group="act")

    def _action_batches_tag(self) -> None:
        perform(self.app, partial(labelling.tag, self.dashboard, self.grid.chosen), group="label")

    def _action_batches_rename(self) -> None:
        perform(self.app, partial(labelling.rename, self.dashboard, self.grid.chosen), group="label")

    def _action_batches_note(self) -> None:
        perform(self.app, partial(labelling.annotate, self.dashboard, self.grid.chosen), group="label")

    def _action_batches_copy_id(self) -> None:
        acts.copy_ids(self.dashboard, [self.grid.item_of(key) for key in self.grid.chosen])

    def _action_batches_zoom(self) -> None:
        self._remember(replace(self._left, zoomed=not self._left.zoomed))
        self.set_class(self._left.zoomed, "-zoomed")

    def _action_batches_sync(self) -> None:
        perform(self.app, self._sync, group="sync", gives_up=True)

    async def _sync(self) -> None:
        report = await sync(self.workspace)
        self.dashboard.say(
            f"The API showed {amount(report.seen, 'batch', 'batches')}: {count(len(report.added))} new here, "
            f"{count(len(report.updated))} changed, {count(len(report.gone))} gone."
        )


def _left(kept: object) -> Left:
    """Read what was remembered; whatever does not fit any more is passed over."""
    if not isinstance(kept, dict):
        return Left()
    sort: SortKey = next((sort for sort in SORTS if sort == kept.get("sort")), "attention")
    return Left(sort, bool(kept.get("descending")), bool(kept.get("zoomed")))
