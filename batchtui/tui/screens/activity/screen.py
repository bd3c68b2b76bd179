"""`ActivityScreen` shows the journal, the newest entry first: what batchtui did, and every call to the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from batchtui.text.numbers import count
from batchtui.text.safe import one_line, sanitize
from batchtui.text.sentences import events
from batchtui.text.sentences.batch_names import part_name
from batchtui.tui.chrome.list_screen import UNMARKED, UNSORTED, ListScreen
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.dialogs.message_box import MessageBox
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, line, wrapped
from batchtui.tui.screens.activity.entry_box import EntryBox
from batchtui.tui.screens.activity.rows import (
    MARKER,
    SHOWN,
    ActivityRow,
    by_time,
    fold_repeats,
    is_failure,
    is_shown,
    message_rows,
    ordered,
)
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.lines_view import ItemView
from batchtui.tui.workers import CoalescedWorker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from textual.binding import BindingType

    from batchtui.domain.batches.batch import Batch
    from batchtui.registry.journal import Entry
    from batchtui.services.workspace import Workspace
    from batchtui.tui.messages import BatchesChanged
    from batchtui.tui.widgets.message_line import Message

COLUMNS = (
    Column("at", "TIME", 12, 12, 100, fixed=True),
    Column("event", "WHAT", 12, 14, 95, fixed=True),
    Column("status", "STATUS", 6, 6, 80, right=True),
    Column("took", "MS", 6, 7, 70, right=True),
    Column("detail", "DETAIL", 20, 200, 90, good=60, takes_rest=True),
    Column("request_id", "REQUEST ID", 20, 32, 40),
)
LATEST = 500
"""Entries that are read."""


class ActivityScreen(ListScreen[ActivityRow]):
    """A list of journal entries; new ones appear at its top."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.ACTIVITY)
    SCOPES = (Scope.ACTIVITY, Scope.LIST, Scope.EVERYWHERE)
    TITLE_IN_PATH = "Activity"
    DETAIL_TITLE = "entry"
    UNAVAILABLE = UNMARKED | UNSORTED | {"app.activity"}

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._reading = CoalescedWorker(self, self._read)
        self._rows: dict[int, ActivityRow] = {}
        self._messages: dict[int, ActivityRow] = {}
        self._only = SHOWN[0]
        self.grid = Grid(COLUMNS, self.page, self._paint, id="activity")
        self.grid.empty = (line(Span("The log is empty", Tone.STRONG)),)
        self.detail = EntryDetail(id="entry")

    def on_mount(self) -> None:
        """Read the journal."""
        self._reading.request()

    async def page(self, keys: Sequence[int]) -> Sequence[tuple[int, ActivityRow]]:
        """Return the rows with these keys, the numbers of their entries."""
        rows = self._rows | self._messages
        return [(key, rows[key]) for key in keys if key in rows]

    async def _read(self) -> None:
        """Read the latest entries, and for new ones what they are about."""
        entries = await self.workspace.registry.journal.entries(limit=LATEST)
        # Entries never change, so those that were read before keep their rows.
        new = [entry for entry in entries if entry.seq not in self._rows]
        # One query for all of them.
        keys = list({entry.batch_key for entry in new if entry.batch_key is not None})
        batches = {batch.key: batch for batch in await self.workspace.registry.queries.page(keys)}
        # The marker has a row of its own, so that the grid can fetch it like any other.
        rows = {MARKER: ActivityRow(None)}
        for entry in entries:
            rows[entry.seq] = self._rows.get(entry.seq) or await self._row(entry, batches)
        self._rows = rows
        self._show()

    async def _row(self, entry: Entry, batches: Mapping[int, Batch]) -> ActivityRow:
        if entry.batch_key is not None or entry.job is None:
            return ActivityRow(entry, batches.get(entry.batch_key or 0))
        return ActivityRow(entry, job=await self.workspace.registry.jobs.get(entry.job))

    def _show(self) -> None:
        away = self.dashboard.away
        # Nothing is marked as new where the dashboard was never open before.
        seen = away.seq if away is not None else 0
        rows = {seq: row for seq, row in self._rows.items() if row.entry and is_shown(row.entry, self._only)}
        shown = fold_repeats(list(rows.values()), seen) if self._only == SHOWN[0] else rows
        self._messages = message_rows(self.dashboard.messages.entries(), self._only)
        self.grid.update({MARKER: ActivityRow(None), **shown, **self._messages}.items())
        entries = [(key, shown.get(key, ActivityRow(None))) for key in ordered(list(shown), seen)]
        self.grid.show(by_time(entries, self._messages))
        self.refresh_frame()

    def batches_changed(self, message: BatchesChanged) -> None:
        """Read what has been added."""
        self._reading.request()

    def status_changed(self) -> None:
        """Read what has been added: calls change the status, not the batches."""
        super().status_changed()
        self._reading.request()

    def on_grid_opened(self, event: Grid.Opened) -> None:
        """Show an entry in full."""
        row = self.grid.item_of(event.key)
        if row is not None and row.entry is not None:
            self.app.push_screen(EntryBox(row.entry, about(row)))
        elif row is not None and row.message is not None:
            self.app.push_screen(MessageBox([(Span(row.message.said, row.message.tone),)]))

    def is_available(self, command_id: str) -> bool:
        """Offer copying where there is an id."""
        if command_id == "activity.copy-id":
            return self.grid.item is not None and bool(_copied(self.grid.item))
        return super().is_available(command_id)

    def on_grid_cursor_moved(self) -> None:
        """Show what works on the entry under the cursor."""
        self.refresh_frame()

    def aside(self) -> Line:
        """Return how many entries are shown, and which."""
        if self._only == SHOWN[0]:
            return (Span(f"the latest {count(len(self._rows) - 1)} entries", Tone.DIM),)
        return (Span(f" {self._only} only ", Tone.CHIP),)

    def back(self) -> bool:
        """Show all entries again. Returns whether only some were shown."""
        if self._only == SHOWN[0]:
            return False
        self._only = SHOWN[0]
        self._show()
        return True

    def _action_activity_only(self) -> None:
        self._only = SHOWN[(SHOWN.index(self._only) + 1) % len(SHOWN)]
        self._show()

    def _action_activity_copy_id(self) -> None:
        copied = _copied(self.grid.item) if self.grid.item else ""
        if copied:
            self.dashboard.copy(copied, copied)

    def _paint(self, item: ActivityRow, column: Column, width: int) -> Line:
        if item.message is not None:
            return paint_message(item.message, column, self.workspace.clock.now())
        if item.entry is None:
            return _marker(column, width, plain=painter_of(self).plain)
        now = self.workspace.clock.now()
        cell = paint(item.entry, about(item), column, now)
        if column.id == "detail" and item.since is not None:
            times = "x" if painter_of(self).plain else "×"
            return (*cell, Span(f"  {times}{count(item.times)} since {_time(item.since, now)}", Tone.DIM))
        return cell


class EntryDetail(ItemView[ActivityRow]):
    """Draws what does not fit into a row: the whole sentence, and the ids that it is about."""

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return what there is room for."""
        row = self.item
        if row is None or row.at is None:
            return []
        if row.message is not None:
            said, tone, ids = row.message.said, row.message.tone, ""
        else:
            assert row.entry is not None
            entry, (name, batch) = row.entry, about(row)
            tone = Tone.BAD if is_failure(entry) else Tone.TEXT
            call = one_line("  ".join(filter(None, (entry.event, entry.error, entry.detail))))
            said = (
                call if entry.kind == "call" else f"{name}: {events.event_sentence(entry.event, entry.detail, batch)}"
            )
            ids = "   ".join(sanitize(one) for one in (entry.batch_id, entry.job, entry.request_id) if one)
        lines: list[Line] = [(Span(f" {part}", tone),) for part in wrapped(said.removesuffix(": "), columns - 2)]
        return [*lines[: rows - 1], (Span(f" {ids}", Tone.DIM),)] if ids else lines[:rows]


def _copied(row: ActivityRow) -> str:
    """Return what is copied of an entry: the request id, else the batch's id."""
    if row.message is not None:
        return row.message.text
    return (row.entry.request_id or row.entry.batch_id or "") if row.entry else ""


def _marker(column: Column, width: int, *, plain: bool) -> Line:
    if column.id == "detail":
        return (Span(f"{'^' if plain else '▲'} since you were last here", Tone.ACCENT),)
    return (Span(("-" if plain else "─") * width, Tone.FAINT),)


def about(row: ActivityRow) -> tuple[str, Batch | None]:
    """Return the name of what an entry is about, and the batch where it is one."""
    if row.batch is not None:
        return part_name(row.batch), row.batch
    if row.job is not None:
        return one_line(row.job.name), None
    return (sanitize(row.entry.batch_id or row.entry.job or "") if row.entry else ""), None


def paint(entry: Entry, about: tuple[str, Batch | None], column: Column, now: datetime) -> Line:
    """Return one cell."""
    # Red is for what went wrong; calls have a colour of their own, since there are many.
    failed = is_failure(entry)
    match column.id:
        case "at":
            return (Span(_time(entry.at, now), Tone.DIM),)
        case "event":
            word = events.event_word(entry.event)
            return (Span(word, Tone.BAD if failed else Tone.RUNNING if entry.kind == "call" else Tone.TEXT),)
        case "status":
            return (Span(str(entry.status or ""), Tone.BAD if failed else Tone.DIM),)
        case "took":
            return (Span("" if entry.milliseconds is None else count(max(0, entry.milliseconds)), Tone.DIM),)
        case "detail":
            return _detail(entry, *about)
    return (Span(sanitize(entry.request_id or ""), Tone.DIM),)


def paint_message(message: Message, column: Column, now: datetime) -> Line:
    """Return one cell of a message."""
    match column.id:
        case "at":
            return (Span(_time(message.at, now), Tone.DIM),)
        case "event":
            return (Span("message", message.tone if message.is_error else Tone.DIM),)
        case "detail":
            return (Span(message.said, message.tone),)
    return ()


def _time(at: datetime, now: datetime) -> str:
    """Return a time: to the second today, before that with its day and to the minute."""
    local = at.astimezone()
    return f"{local:%H:%M:%S}" if local.date() == now.astimezone().date() else f"{local:%d %b %H:%M}"


def _detail(entry: Entry, name: str, batch: Batch | None) -> Line:
    if entry.kind == "call":
        words = one_line("  ".join(filter(None, (entry.error, entry.detail))))
        return (Span(words, Tone.BAD if entry.error else Tone.DIM),)
    said = events.event_sentence(entry.event, entry.detail, batch)
    return (Span(name), Span(f"  {said}" if said else "", Tone.DIM))
