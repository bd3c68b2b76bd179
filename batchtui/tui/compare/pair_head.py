"""Whose two answers these are, how they differ, and what either took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.numbers import count
from batchtui.text.safe import one_line, sanitize
from batchtui.tui.compare.columns import difference
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.result_columns import outcome_line
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, joined, width
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.result import ResultFacts
    from batchtui.registry.results.pairs import Pair

LEAST = 12
"""Columns of a name at least."""


class PairHeader(LinesView):
    """Draws three lines: the custom_id, and a line for either answer."""

    def __init__(self, first: str, second: str) -> None:
        """`first` and `second` are the names of both sides."""
        super().__init__()
        self._names = (first, second)
        self._pair: Pair | None = None

    def show(self, pair: Pair) -> None:
        """Draw this pair."""
        self._pair = pair
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Draw it."""
        pair = self._pair
        if pair is None:
            return [(), (), ()]
        plain = painter_of(self).plain
        said = (Span("   "), *difference(pair.difference, plain=plain))
        name = [Span(sanitize(pair.custom_id) or "(no custom_id)", Tone.STRONG)]
        return [
            (Span(" "), *shortened(name, columns - 1 - width(said)), *said),
            self._side("-", Tone.BAD, self._names[0], pair.first, columns, plain=plain),
            self._side("+", Tone.GOOD, self._names[1], pair.second, columns, plain=plain),
        ]

    @staticmethod
    def _side(sign: str, tone: Tone, name: str, facts: ResultFacts | None, columns: int, *, plain: bool) -> Line:
        said: Line = (Span("no result of this custom_id", Tone.DIM),)
        if facts is not None:
            out = facts.usage.output_tokens
            said = joined([
                outcome_line(facts.outcome, plain=plain),
                [Span(one_line((facts.model or "").removeprefix("claude-")), Tone.DIM)] if facts.model else [],
                [Span(f"{count(out)} tokens out", Tone.DIM)] if out else [],
            ], "   ")  # fmt: skip
        room = max(LEAST, columns - 3 - 3 - width(said))
        return (Span(f" {sign} ", tone), *shortened([Span(one_line(name))], room), Span("   "), *said)


def shortened(pieces: Sequence[Span], columns: int) -> Sequence[Span]:
    """Return the pieces, cut where they take more columns than there are."""
    return fit(pieces, columns) if width(pieces) > columns else pieces
