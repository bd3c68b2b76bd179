"""`BatchFacts` shows the facts of a batch above its results, in as many columns as there is room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.batches.states import ResultsState
from batchtui.text.safe import sanitize
from batchtui.text.sentences.batch_names import part_phrase
from batchtui.tui.rendering import batch_text
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, width
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.forecast import Forecast

LABEL = 9
"""Columns of a name of a fact."""
MOST_ROWS = 5
"""Rows of facts at most: the results need the others."""
SHORT = 30
"""Rows of a screen below which most facts give their room to the results."""
KEPT = ("state", "input", "results", "ended", "cost", "id", "lineage")
"""The facts that stay on such a screen: the list does not show them."""
LABELS = ("tags", "note")
"""Facts that are shown beside the name: a person has written them."""


class BatchFacts(LinesView):
    """Draws the name of a batch and its facts, the most important first; what there is no room for is left out."""

    def __init__(self, now: Callable[[], datetime], ends: Callable[[Batch], Forecast | None]) -> None:
        super().__init__()
        self._now = now
        self._ends = ends
        self._batch: Batch | None = None
        self._lineage = ""

    def show_lineage(self, words: str) -> None:
        """Show what the job was made from, and what was made from it."""
        self._lineage = words
        self.redraw()

    def show(self, batch: Batch) -> None:
        """Show the facts of this batch from now on."""
        self._batch = batch
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the name and the facts."""
        batch = self._batch
        if batch is None:
            return []
        facts = dict(
            batch_text.facts(
                batch, self._now(), plain=painter_of(self).plain, forecast=self._ends(batch), lineage=self._lineage
            )
        )
        labels = {name: facts.pop(name) for name in LABELS if name in facts}
        # Only where the list needs the room.
        if batch.results is ResultsState.SAVED and self.app.size.height < SHORT:
            facts = {name: facts[name] for name in facts if name in KEPT}
        if "counts" in facts and width(facts["counts"]) > columns // across(columns) - LABEL - 2:
            facts["counts"] = batch_text.short_counts(batch, plain=painter_of(self).plain)
        return [fit(list(_head(batch, labels)), columns), *beside(list(facts.items()), columns)]


def _head(batch: Batch, labels: Mapping[str, Line]) -> Iterator[Span]:
    """Yield the name, the numbers of part and attempt, and the labels."""
    yield Span(f" {sanitize(batch.name)}", Tone.STRONG)
    if batch.parts > 1 or batch.is_pilot:
        yield Span(f"   {part_phrase(batch)}", Tone.DIM)
    if batch.attempt > 1:
        yield Span(f"   attempt {batch.attempt}", Tone.DIM)
    for name, value in labels.items():
        yield Span(f"   {name} ", Tone.DIM)
        yield from value


def across(columns: int) -> int:
    """Return how many facts stand beside each other."""
    return 1 if columns < 72 else 2 if columns < 150 else 3


def beside(facts: Sequence[tuple[str, Line]], columns: int) -> list[Line]:
    """Return facts in one, two or three columns, filled from top to bottom."""
    number = across(columns)
    rows = min(MOST_ROWS, -(-len(facts) // number))
    room = columns // number
    lines: list[Line] = []
    for row in range(rows):
        pieces: list[Span] = []
        for name, value in facts[row : rows * number : rows]:
            pieces.append(Span(f" {name:<{LABEL}}", Tone.DIM))
            pieces += fit(value, room - LABEL - 2)
            pieces.append(Span(" "))
        lines.append(tuple(pieces))
    return lines
