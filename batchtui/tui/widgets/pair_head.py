"""Whose two answers these are, how they differ, and what either took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.counts import count
from batchtui.text.safe import safe, squeezed
from batchtui.tui.look import look_of
from batchtui.tui.pair_cells import difference
from batchtui.tui.pieces import Line, Piece, Tone, joined
from batchtui.tui.result_cells import outcome
from batchtui.tui.widgets.picture import Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.result import ResultFacts
    from batchtui.registry.result_pairs import Pair


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
        name = Piece(f" {safe(pair.custom_id) or '(no custom_id)'}", Tone.STRONG)
        return [
            (name, Piece("   "), *difference(pair.difference, plain=plain)),
            self._side("-", Tone.BAD, self._names[0], pair.first, plain=plain),
            self._side("+", Tone.GOOD, self._names[1], pair.second, plain=plain),
        ]

    @staticmethod
    def _side(sign: str, tone: Tone, name: str, facts: ResultFacts | None, *, plain: bool) -> Line:
        if facts is None:
            return (Piece(f" {sign} ", tone), Piece(squeezed(name)), Piece("   no result of this custom_id", Tone.DIM))
        out = facts.usage.output_tokens
        return (Piece(f" {sign} ", tone), *joined([
            [Piece(squeezed(name))],
            [Piece(squeezed((facts.model or "").removeprefix("claude-")), Tone.DIM)] if facts.model else [],
            outcome(facts.outcome, plain=plain),
            [Piece(f"{count(out)} tokens out", Tone.DIM)] if out else [],
        ], "   "))  # fmt: skip
