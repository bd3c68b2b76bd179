"""Both sides of a comparison in figures, and what the second comes to against the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.money import usd
from batchtui.text.numbers import amount, count, short
from batchtui.text.safe import one_line
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, width
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchtui.services.results.compare import Comparison, Side

LEAST = 12
"""Columns of a name at least."""
MOST = 40
GAP = 3


class ComparisonHeader(LinesView):
    """Draws a comparison's sums: a line for either side, and one for the change."""

    def __init__(self, names: Sequence[str]) -> None:
        """`names` of both sides, for as long as nothing else is known."""
        super().__init__()
        self._names = names
        self._comparison: Comparison | None = None

    def show(self, comparison: Comparison) -> None:
        """Draw these sums."""
        self._comparison = comparison
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Draw them."""
        comparison = self._comparison
        if comparison is None:
            return [(Span(f" {one_line(name)}", Tone.STRONG),) for name in self._names] + [()]
        sides = [comparison.first, comparison.second]
        return [*_side_lines(sides, columns), fit((Span(" "), *against(*sides)), columns)]


def _side_lines(sides: Sequence[Side], columns: int) -> Iterator[Line]:
    """Lay the figures of both sides out in columns; what there is no room for goes from the right, the cost last."""
    cells = [_figures(side) for side in sides]
    widths = [max(width([row[at]]) for row in cells) for at in range(len(cells[0]))]
    kept = list(range(len(widths)))
    while len(kept) > 1 and sum(widths[at] + GAP for at in kept) + LEAST + 1 > columns:
        kept.pop(-2)
    taken = sum(widths[at] + GAP for at in kept)
    longest = max(width([Span(one_line(side.name))]) for side in sides)
    room = max(1, min(MOST, longest, columns - taken - 2))
    for side, row in zip(sides, cells, strict=True):
        line = [Span(" "), *fit([Span(one_line(side.name), Tone.STRONG)], room)]
        for at in kept:
            line += [Span(" " * GAP), *fit([row[at]], widths[at], right=at > 0)]
        yield tuple(line)


def _figures(side: Side) -> list[Span]:
    others = side.results - side.succeeded
    models = ", ".join(model.removeprefix("claude-") for model in side.models)
    return [
        Span(one_line(models)[:MOST], Tone.DIM),
        Span(f"{count(side.succeeded)} succeeded", Tone.GOOD),
        Span(f"{count(others)} not", Tone.BAD if others else Tone.DIM),
        Span(f"{short(side.usage.output_tokens)} out", Tone.DIM),
        Span(f"{short(side.usage.total_input)} in", Tone.DIM),
        Span(usd(side.cost), Tone.STRONG),
    ]


def against(first: Side, second: Side) -> Iterator[Span]:
    """Say what the second side comes to against the first."""
    said = [
        change("cost", float(first.cost or 0), float(second.cost or 0))
        if None not in (first.cost, second.cost)
        else "",
        change("tokens out", first.usage.output_tokens, second.usage.output_tokens),
        change("succeeded", first.succeeded, second.succeeded),
    ]
    yield Span("second against first: ", Tone.DIM)
    yield Span(", ".join(filter(None, said)) or "the same figures", Tone.TEXT)
    if left_out := first.left_out + second.left_out:
        yield Span(f"   {amount(left_out, 'batch', 'batches')} without results left out", Tone.WARN)


def change(of: str, before: float, after: float) -> str:
    """Say a change in percent, or how many times as much where that is easier to see; nothing for none."""
    if not before or before == after:
        return ""
    share = after / before
    if share >= 2:
        return f"{of} ×{share:.1f}"
    return f"{of} {'+' if share > 1 else '−'}{abs(share - 1):.0%}"
