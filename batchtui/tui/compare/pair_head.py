"""Whose two answers these are, how they differ, and what either took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.numbers import count
from batchtui.text.safe import safe, squeezed
from batchtui.tui.compare.columns import difference
from batchtui.tui.rendering.painter import look_of
from batchtui.tui.rendering.result_columns import outcome
from batchtui.tui.rendering.spans import Line, Piece, Tone, fitted, joined, width
from batchtui.tui.widgets.lines_view import Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.result import ResultFacts
    from batchtui.registry.results.pairs import Pair

LEAST = 12
"""Columns of a name at least."""


class PairHead(Picture):
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
        plain = look_of(self).plain
        said = (Piece("   "), *difference(pair.difference, plain=plain))
        name = [Piece(safe(pair.custom_id) or "(no custom_id)", Tone.STRONG)]
        return [
            (Piece(" "), *shortened(name, columns - 1 - width(said)), *said),
            self._side("-", Tone.BAD, self._names[0], pair.first, columns, plain=plain),
            self._side("+", Tone.GOOD, self._names[1], pair.second, columns, plain=plain),
        ]

    @staticmethod
    def _side(sign: str, tone: Tone, name: str, facts: ResultFacts | None, columns: int, *, plain: bool) -> Line:
        said: Line = (Piece("no result of this custom_id", Tone.DIM),)
        if facts is not None:
            out = facts.usage.output_tokens
            said = joined([
                outcome(facts.outcome, plain=plain),
                [Piece(squeezed((facts.model or "").removeprefix("claude-")), Tone.DIM)] if facts.model else [],
                [Piece(f"{count(out)} tokens out", Tone.DIM)] if out else [],
            ], "   ")  # fmt: skip
        room = max(LEAST, columns - 3 - 3 - width(said))
        return (Piece(f" {sign} ", tone), *shortened([Piece(squeezed(name))], room), Piece("   "), *said)


def shortened(pieces: Sequence[Piece], columns: int) -> Sequence[Piece]:
    """Return the pieces, cut where they take more columns than there are."""
    return fitted(pieces, columns) if width(pieces) > columns else pieces
