"""What batchtui did: the journal, the newest first, call by call."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from batchtui.text.counts import count
from batchtui.text.safe import safe, squeezed
from batchtui.tui.background import Latest
from batchtui.tui.commands import Scope
from batchtui.tui.pieces import Line, Piece, Tone, line
from batchtui.tui.screens.frame import Frame
from batchtui.tui.widgets.columns import Column
from batchtui.tui.widgets.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.widget import Widget

    from batchtui.registry.journal import Entry
    from batchtui.services.workspace import Workspace
    from batchtui.tui.messages import BatchesChanged

COLUMNS = (
    Column("at", "TIME", 8, 8, 100, fixed=True),
    Column("event", "WHAT", 15, 22, 95, fixed=True),
    Column("status", "STATUS", 6, 6, 80, right=True),
    Column("took", "MS", 6, 7, 70, right=True),
    Column("detail", "DETAIL", 20, 200, 90),
    Column("request_id", "REQUEST ID", 20, 32, 40),
)
LATEST = 500
"""Entries that are read."""


class ActivityScreen(Frame):
    """Shows the journal as it stands; what comes later appears at its head."""

    SCOPES = (Scope.LIST, Scope.EVERYWHERE)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._reading = Latest(self, self._read)
        self.grid: Grid[Entry] = Grid(COLUMNS, self._page, paint, id="activity")
        self.grid.empty = (line(Piece("Nothing has happened yet", Tone.STRONG)),)

    def content(self) -> Iterator[Widget]:
        """Lay out the list."""
        yield self.grid

    def on_mount(self) -> None:
        """Read the journal."""
        self.grid.focus()
        self._reading.request()

    async def _page(self, keys: Sequence[int]) -> Sequence[tuple[int, Entry]]:
        wanted = set(keys)
        entries = await self.workspace.registry.journal.entries(limit=LATEST)
        return [(entry.seq, entry) for entry in entries if entry.seq in wanted]

    async def _read(self) -> None:
        entries = await self.workspace.registry.journal.entries(limit=LATEST)
        self.grid.update((entry.seq, entry) for entry in entries)
        self.grid.show([entry.seq for entry in reversed(entries)])
        self.refresh_footer()

    def batches_changed(self, message: BatchesChanged) -> None:
        """Read what has been added."""
        self._reading.request()

    def status_changed(self) -> None:
        """Read what has been added."""
        super().status_changed()
        self._reading.request()

    def works(self, command_id: str) -> bool:
        """Leave out what means nothing here."""
        return command_id not in ("list.open", "list.mark", "list.sort", "app.activity") and super().works(command_id)

    def aside(self) -> Line:
        """Say how many entries are shown."""
        return (Piece(f"the latest {count(len(self.grid.order))}", Tone.DIM),)


def paint(item: Entry, column: Column, width: int) -> Line:
    """Draw one cell of the journal."""
    failed = item.error is not None or (item.status or 0) >= 400
    match column.id:
        case "at":
            return (Piece(f"{item.at.astimezone():%H:%M:%S}", Tone.DIM),)
        case "event":
            return (
                Piece(safe(item.event), Tone.BAD if failed else Tone.RUNNING if item.kind == "call" else Tone.TEXT),
            )
        case "status":
            return (Piece(str(item.status or ""), Tone.BAD if failed else Tone.DIM),)
        case "took":
            return (Piece("" if item.milliseconds is None else count(item.milliseconds), Tone.DIM),)
        case "detail":
            words = (item.error, item.batch_id if item.kind == "act" else "", _said(item.detail))
            return (Piece(squeezed("  ".join(word for word in words if word)), Tone.BAD if item.error else Tone.DIM),)
    return (Piece(safe(item.request_id or ""), Tone.DIM),)


def _said(detail: str) -> str:
    """Say the JSON object that an act is noted with as words; anything else as it stands."""
    with suppress(ValueError):
        noted = json.loads(detail)
        if isinstance(noted, dict):
            return ", ".join(f"{name} {value}" for name, value in noted.items())
    return detail
