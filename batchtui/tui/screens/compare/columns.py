"""The columns of the list of pairs, and `PairPainter`, which draws one pair in each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.results.comparison import AnswerChange
from batchtui.domain.results.result import Outcome
from batchtui.text.glyphs import DIFFERENCES, OUTCOMES
from batchtui.text.numbers import count
from batchtui.text.safe import one_line, sanitize
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.result_columns import OUTCOME_TONES
from batchtui.tui.rendering.spans import Line, Span, Tone, elide_middle

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchtui.domain.results.result import ResultFacts
    from batchtui.registry.results.pairs import Pair

TONES = {
    AnswerChange.CHANGED: Tone.WARN,
    AnswerChange.BETTER: Tone.GOOD,
    AnswerChange.WORSE: Tone.BAD,
    AnswerChange.FAILED: Tone.BAD,
    AnswerChange.ONLY_FIRST: Tone.DIM,
    AnswerChange.ONLY_SECOND: Tone.DIM,
    AnswerChange.SAME: Tone.DIM,
}
KINDS = {difference: (DIFFERENCES[difference], tone) for difference, tone in TONES.items()}
"""Each change with its sign and colour, in the order of the keys that choose them."""
LONGEST_NAME = 18
"""Columns of a name above a column; longer ones are cut in the middle."""


def columns_of(first: str, second: str) -> tuple[Column, ...]:
    """Return the columns of a comparison of two batches or jobs of these names, which are A and B."""
    one, other = (f"{side}: {_short(name)}" for side, name in (("A", first), ("B", second)))
    return (
        Column("difference", "CHANGE", 14, 14, 100, fixed=True),
        Column("custom_id", "CUSTOM_ID", 12, 22, 95, fixed=True, good=16),
        Column("first", one, 14, 200, 90, good=20),
        Column("second", other, 14, 200, 90, good=20),
        Column("tokens", "TOKENS OUT", 13, 17, 40, right=True),
    )


def _short(name: str) -> str:
    return elide_middle(one_line(name), LONGEST_NAME).rstrip()


def difference(of: AnswerChange, *, plain: bool) -> Line:
    """Return a change as sign and word in its colour."""
    sign, tone = KINDS[of]
    return (Span(f"{sign.glyph_in(plain=plain)} {sign.word}", tone),)


class PairPainter:
    """Draws the cells of a pair."""

    def __init__(self, *, plain: Callable[[], bool]) -> None:
        self._plain = plain

    def __call__(self, item: Pair, column: Column, width: int) -> Line:
        """Return one cell."""
        match column.id:
            case "difference":
                return difference(item.difference, plain=self._plain())
            case "custom_id":
                return (Span(elide_middle(sanitize(item.custom_id) or "(none)", width)),)
            case "tokens":
                return (Span(f"{_tokens(item.first)} → {_tokens(item.second)}", Tone.DIM),)
        facts, other = (item.first, item.second) if column.id == "first" else (item.second, item.first)
        return change_words(facts, other, plain=self._plain())


def change_words(facts: ResultFacts | None, other: ResultFacts | None, *, plain: bool) -> Line:
    """Return the beginning of an answer; before it its outcome, where that is not success."""
    if facts is None:
        return (Span("no result", Tone.PALE),)
    # An equal answer is dimmed: only differences matter here.
    words = Span(one_line(facts.message), Tone.DIM if other and other.message == facts.message else Tone.TEXT)
    if facts.outcome is Outcome.SUCCEEDED:
        return (words,)
    sign = OUTCOMES[facts.outcome]
    return (Span(f"{sign.glyph_in(plain=plain)} {sign.word}  ", OUTCOME_TONES[facts.outcome]), words)


def _tokens(facts: ResultFacts | None) -> str:
    return "·" if facts is None or not facts.usage.output_tokens else count(facts.usage.output_tokens)
