"""`ComparisonHeader` shows both sides of a comparison in figures, and `PairHeader` one pair of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.registry.results.pairs import Pair
from batchtui.services.results.compare import Comparison
from batchtui.text.money import usd
from batchtui.text.numbers import amount, count, percent, short
from batchtui.text.safe import one_line, sanitize
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.result_columns import outcome_line
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, joined, shorten, width
from batchtui.tui.screens.compare.columns import difference
from batchtui.tui.widgets.lines_view import ItemView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchtui.domain.results.result import ResultFacts
    from batchtui.services.results.compare import Side

SIDES = ("A", "B")
"""What the two sides are called, as in "B vs A"."""
LEAST = 12
"""Columns of a name at least."""
MOST = 40
"""Columns of a name at most."""
GAP = 3
"""Spaces between two figures."""


class ComparisonHeader(ItemView[Comparison]):
    """Draws a line of figures for either side, and one for the change."""

    def __init__(self, names: Sequence[str]) -> None:
        """`names` are those of both sides, shown until the comparison is."""
        super().__init__()
        self._names = names

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the figures of both sides and their difference; only the names while nothing is compared yet."""
        comparison = self.item
        if comparison is None:
            named = zip(SIDES, self._names, strict=True)
            return [*((Span(f" {side} {one_line(name)}", Tone.STRONG),) for side, name in named), ()]
        sides = [comparison.first, comparison.second]
        return [*_side_lines(sides, columns), fit((Span(" "), *against(*sides)), columns)]


def _side_lines(sides: Sequence[Side], columns: int) -> Iterator[Line]:
    """Yield both sides with figures in columns; where room is short they go from the right, the cost last."""
    cells = [_figures(side) for side in sides]
    widths = [max(width([row[at]]) for row in cells) for at in range(len(cells[0]))]
    kept = list(range(len(widths)))
    while len(kept) > 1 and sum(widths[at] + GAP for at in kept) + LEAST + 3 > columns:
        # The last figure is the cost, which stays the longest.
        kept.pop(-2)
    taken = sum(widths[at] + GAP for at in kept)
    longest = max(width([Span(one_line(side.name))]) for side in sides)
    room = max(1, min(MOST, longest, columns - taken - 4))
    for letter, side, row in zip(SIDES, sides, cells, strict=True):
        line = [Span(f" {letter} ", Tone.DIM), *fit([Span(one_line(side.name), Tone.STRONG)], room)]
        for at in kept:
            line += [Span(" " * GAP), *fit([row[at]], widths[at], right=at > 0)]
        yield tuple(line)


def _figures(side: Side) -> list[Span]:
    others = side.results - side.succeeded
    models = ", ".join(model.removeprefix("claude-") for model in side.models)
    return [
        Span(one_line(models)[:MOST], Tone.DIM),
        Span(f"{count(side.succeeded)} succeeded", Tone.GOOD),
        Span(f"{count(others)} failed", Tone.BAD if others else Tone.DIM),
        Span(f"{short(side.usage.output_tokens)} out", Tone.DIM),
        Span(f"{short(side.usage.total_input)} in", Tone.DIM),
        Span(usd(side.cost), Tone.STRONG),
    ]


def against(first: Side, second: Side) -> Iterator[Span]:
    """Yield what the second side comes to against the first."""
    said = [
        change("cost", float(first.cost or 0), float(second.cost or 0))
        if None not in (first.cost, second.cost)
        else "",
        change("tokens out", first.usage.output_tokens, second.usage.output_tokens),
        change("succeeded", first.succeeded, second.succeeded),
    ]
    yield Span("B vs A: ", Tone.DIM)
    yield Span(", ".join(filter(None, said)) or "the same figures", Tone.TEXT)
    if left_out := first.left_out + second.left_out:
        yield Span(f"   {amount(left_out, 'batch', 'batches')} without results left out", Tone.WARN)


def change(of: str, before: float, after: float) -> str:
    """Return a change in percent, or as a factor from two up; empty for none."""
    if not before or before == after:
        return ""
    share = after / before
    # "+340 %" is harder to read than ×4.4.
    if share >= 2:
        return f"{of} ×{share:.1f}"
    return f"{of} {'+' if share > 1 else '−'}{percent(abs(share - 1))}"


class PairHeader(ItemView[Pair]):
    """Draws three lines: the custom_id, and a line for either answer."""

    def __init__(self, first: str, second: str) -> None:
        """`first` and `second` are the names of both sides."""
        super().__init__()
        self._names = (first, second)

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the custom_id and a line of figures for each answer."""
        pair = self.item
        if pair is None:
            return [(), (), ()]
        plain = painter_of(self).plain
        said = (Span("   "), *difference(pair.difference, plain=plain))
        name = [Span(sanitize(pair.custom_id) or "(no custom_id)", Tone.STRONG)]
        return [
            (Span(" "), *shorten(name, columns - 1 - width(said)), *said),
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
        return (Span(f" {sign} ", tone), *shorten([Span(one_line(name))], room), Span("   "), *said)
