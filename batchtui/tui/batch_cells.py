"""The list of batches: its columns, and how one batch is drawn in each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.counts import count
from batchtui.text.safe import safe
from batchtui.tui import saying
from batchtui.tui.pieces import Line, Piece, Tone, fitted
from batchtui.tui.pieces import width as width_of
from batchtui.tui.widgets.columns import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from batchtui.domain.batch import Batch
    from batchtui.domain.forecast import Forecast

COLUMNS = (
    Column("state", "STATE", 11, 11, 100, fixed=True, sort="state"),
    Column("name", "NAME", 15, 40, 88, fixed=True, good=24, sort="name"),
    Column("requests", "REQUESTS", 9, 10, 80, right=True, sort="requests"),
    Column("progress", "PROGRESS", 13, 40, 90, good=22),
    Column("took", "ELAPSED", 7, 7, 50, right=True),
    Column("when", "WHEN", 8, 9, 75, right=True, sort="ended"),
    Column("cost", "COST", 7, 9, 60, right=True, sort="cost"),
    Column("model", "MODEL", 10, 18, 40),
    Column("tags", "TAGS", 8, 16, 25),
    Column("id", "ID", 16, 16, 15),
)


class BatchPainter:
    """Draws the cells of a batch as it stands at the time of the clock."""

    def __init__(
        self, now: Callable[[], datetime], ends: Callable[[Batch], Forecast | None], *, plain: Callable[[], bool]
    ) -> None:
        self._now = now
        self._ends = ends
        self._plain = plain

    def __call__(self, item: Batch, column: Column, width: int) -> Line:
        """Draw one cell."""
        if item.state.is_running and column.id == "progress":
            return saying.progress(item, width, plain=self._plain(), forecast=self._ends(item))
        if item.state.is_running and column.id == "when":
            return saying.when(item, self._now(), self._ends(item))
        return _DRAWN[column.id](item, self._now(), width, self._plain())


def _name(batch: Batch, _now: datetime, width: int, _plain: bool) -> Line:
    """Cut the name itself where room is short: the number of the part is what tells rows apart."""
    name = saying.name(batch)
    room = width - width_of(name[1:])
    if width_of(name[:1]) <= room or room < 3:
        return name
    return (*fitted(name[:1], room), *name[1:])


_DRAWN: Mapping[str, Callable[[Batch, datetime, int, bool], Line]] = {
    "state": lambda batch, _now, _width, plain: saying.state(batch, plain=plain),
    "name": _name,
    "requests": lambda batch, _now, _width, _plain: (Piece(count(batch.requests)),),
    "progress": lambda batch, _now, width, plain: saying.progress(batch, width, plain=plain),
    "took": lambda batch, now, _width, _plain: (Piece(saying.took(batch, now), Tone.DIM),),
    "when": lambda batch, now, _width, _plain: saying.when(batch, now),
    "cost": lambda batch, _now, _width, _plain: saying.money(batch, narrow=True),
    "model": lambda batch, _now, _width, _plain: (Piece(saying.models(batch), Tone.DIM),),
    "tags": lambda batch, _now, _width, _plain: (Piece(safe(" ".join(batch.tags)), Tone.DIM),),
    "id": lambda batch, _now, width, _plain: (Piece(saying.short_id(batch, width), Tone.DIM),),
}
