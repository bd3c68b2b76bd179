"""`Detail` shows the batch under the cursor: three lines below the list, or all facts beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.safe import sanitize
from batchtui.text.sentences.batch_names import part_name
from batchtui.tui.rendering import batch_text
from batchtui.tui.rendering.batch_text import short_id
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, width, wrapped
from batchtui.tui.screens.batches.rows import describe_parts
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.forecast import Forecast

Facts = dict[str, Line]


def title_of(batch: Batch) -> str:
    """Return what the rule above the details says: the name with part and attempt, or the id of one without a name."""
    return short_id(batch, 40) if batch.name == batch.id else part_name(batch)


class Detail(LinesView):
    """Draws one batch, or a job whose batches are added up."""

    def __init__(self, now: Callable[[], datetime], ends: Callable[[Batch], Forecast | None]) -> None:
        super().__init__(id="detail")
        self._now = now
        self._ends = ends
        self._batch: Batch | None = None
        self._together: Sequence[Batch] = ()

    def show(self, batch: Batch | None, together: Sequence[Batch] = ()) -> None:
        """Draw this batch; `together` are the batches of a job that were added up in it."""
        self._batch, self._together = batch, together
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return three lines or the sheet, by the rows there are."""
        batch = self._batch
        if batch is None:
            return []
        # Forecasts are made for single batches.
        ends = None if self._together else self._ends(batch)
        facts = dict(batch_text.facts(batch, self._now(), plain=painter_of(self).plain, forecast=ends))
        if self._together:
            facts = _of_job(facts, batch, self._together)
        return sheet(batch, facts, columns) if rows > 6 else batch_text.three_lines(batch, facts)


def _of_job(facts: Facts, batch: Batch, together: Sequence[Batch]) -> Facts:
    """Return the facts of a job: what it is made of, without what only a batch has."""
    made = (Span(f"{sanitize(batch.job)}, {describe_parts(together)}"),)
    return {"job": made, **{name: value for name, value in facts.items() if name not in ("id", "job", "ETA")}}


def sheet(batch: Batch, facts: Facts, columns: int) -> list[Line]:
    """Return all facts one below the other; long ones are wrapped."""
    lines: list[Line] = [(Span(" "), Span(part, Tone.STRONG)) for part in wrapped(title_of(batch), columns - 2)]
    lines.append(())
    for name, value in facts.items():
        lines += _entry(name, value, columns)
    return lines


def _entry(name: str, value: Line, columns: int, label: int = 9) -> list[Line]:
    room = columns - label - 2
    head = Span(f" {name:<{label}}", Tone.DIM)
    if width(value) <= room or room < 8:
        return [(head, *value)]
    tone = value[0].tone
    rest = wrapped("".join(piece.text for piece in value), room)
    return [(head, Span(rest[0], tone)), *((Span(" " * (label + 1)), Span(part, tone)) for part in rest[1:])]
