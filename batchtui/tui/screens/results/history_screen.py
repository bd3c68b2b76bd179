"""`HistoryScreen` lists what became of one request in every attempt of its job; enter opens the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from batchtui.pricing.result_pricer import result_pricer
from batchtui.services.results.history import AttemptResult, read_history
from batchtui.text.money import usd
from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line, sanitize
from batchtui.tui.chrome.list_screen import ListScreen
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.batch_text import moment
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.result_columns import outcome_line
from batchtui.tui.rendering.spans import Line, Span, Tone, line, wrapped
from batchtui.tui.screens.results.source import day_of
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.lines_view import ItemView
from batchtui.tui.workers import CoalescedWorker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from batchtui.services.workspace import Workspace
    from batchtui.tui.messages import BatchesChanged

COLUMNS = (
    Column("attempt", "ATTEMPT", 7, 7, 100, right=True, fixed=True),
    Column("part", "PART", 4, 6, 40, right=True),
    Column("outcome", "OUTCOME", 14, 14, 98, fixed=True),
    Column("stands", "", 6, 6, 85),
    Column("stop", "STOPPED", 10, 14, 60),
    Column("model", "MODEL", 12, 20, 55),
    Column("tokens", "TOKENS", 7, 9, 70, right=True),
    Column("cost", "COST", 10, 10, 65, right=True),
    Column("ended", "ENDED", 8, 16, 50),
    Column("message", "ANSWER", 14, 400, 80, good=30),
)


class HistoryScreen(ListScreen[AttemptResult]):
    """A row an attempt; the one that stands for the job says so."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.HISTORY)
    SCOPES = (Scope.HISTORY, Scope.LIST, Scope.EVERYWHERE)
    UNAVAILABLE = frozenset({"list.mark", "list.sort", "list.open"})

    def __init__(self, workspace: Workspace, job: str, custom_id: str) -> None:
        super().__init__(workspace)
        self._job = job
        self._custom_id = custom_id
        self._reading = CoalescedWorker(self, self._read)
        self.detail = AttemptAnswer(id="attempt-answer")
        self.grid = Grid(COLUMNS, self.page, self._paint, id="history")
        self.grid.empty = (line(Span("Reading the attempts …", Tone.DIM)),)

    def on_mount(self) -> None:
        """Read the attempts."""
        self._reading.request()

    async def _read(self) -> None:
        self.items = await read_history(self.workspace, self._job, self._custom_id)
        self.grid.empty = (line(Span("No saved result of this request", Tone.STRONG)),)
        self.grid.update(enumerate(self.items))
        self.grid.show(range(len(self.items)))
        self.show_detail()
        self.refresh_frame()

    def batches_changed(self, message: BatchesChanged) -> None:
        """Read the attempts again where one of this job has changed."""
        if any(batch.job == self._job for batch in message.changed):
            self._reading.request()

    def crumbs(self) -> tuple[str, ...]:
        """Return whose attempts these are."""
        return (one_line(self._custom_id) or "result", "Attempts")

    def position(self) -> Line:
        """Return how many attempts there are."""
        return (Span(amount(len(self.items), "attempt"), Tone.DIM),)

    def _action_history_copy_id(self) -> None:
        self.dashboard.copy(self._custom_id, self._custom_id)

    def _paint(self, item: AttemptResult, column: Column, width: int) -> Line:
        facts, batch = item.facts, item.batch
        match column.id:
            case "attempt" | "part":
                return (Span(count(getattr(batch, column.id))),)
            case "outcome":
                return outcome_line(facts.outcome, plain=painter_of(self).plain)
            case "stands":
                return (Span("stands" if item.stands else "", Tone.ACCENT),)
            case "cost":
                price = result_pricer(self.workspace.prices, day_of(batch))(facts)
                return (Span("·" if price is None else usd(price.total), Tone.DIM),)
            case "ended":
                now = self.workspace.clock.now()
                return (Span(moment(batch.ended_at, now) if batch.ended_at else "", Tone.DIM),)
        said = {
            "stop": facts.stop_reason or facts.error_type or "",
            # Every model's name begins so, and the column is narrow.
            "model": (facts.model or "").removeprefix("claude-"),
            "tokens": count(facts.usage.output_tokens) if facts.usage.output_tokens else "·",
            "message": facts.message,
        }[column.id]
        return (Span(one_line(said), Tone.TEXT if column.id == "message" else Tone.DIM),)


class AttemptAnswer(ItemView[AttemptResult]):
    """Draws the beginning of the answer, or the error, of the attempt under the cursor."""

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return as many lines as there is room for."""
        if self.item is None:
            return []
        said = one_line(self.item.facts.message) or "(no text)"
        batch = self.item.batch
        head = (Span(f" {sanitize(batch.id or batch.name)}", Tone.DIM),)
        return [head, *((Span(f" {part}"),) for part in wrapped(said, columns - 2))][:rows]
