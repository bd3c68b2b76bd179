"""The list of results: its columns, and how one result is drawn in each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.result import Outcome
from batchtui.text.counts import count
from batchtui.text.glyphs import OUTCOMES
from batchtui.text.safe import safe, squeezed
from batchtui.tui.pieces import Line, Piece, Tone
from batchtui.tui.widgets.columns import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batchtui.domain.result import ResultFacts

COLUMNS = (
    Column("outcome", "OUTCOME", 14, 14, 100, fixed=True),
    Column("custom_id", "CUSTOM_ID", 16, 36, 75, fixed=True, good=20),
    Column("message", "ANSWER", 20, 400, 80, good=60),
    Column("tokens", "TOKENS", 7, 9, 60, right=True),
    Column("model", "MODEL", 12, 18, 30),
    Column("stop", "STOPPED", 10, 14, 20),
    Column("seq", "NO.", 7, 9, 15, right=True),
)
OUTCOME_TONES = {
    Outcome.SUCCEEDED: Tone.GOOD,
    Outcome.TOOL_USE: Tone.GOOD,
    Outcome.TRUNCATED: Tone.WARN,
    Outcome.REFUSED: Tone.WARN,
    Outcome.PAUSED: Tone.WARN,
    Outcome.EMPTY: Tone.WARN,
    Outcome.UNRECOGNIZED: Tone.WARN,
    Outcome.ERRORED: Tone.BAD,
    Outcome.CANCELED: Tone.DIM,
    Outcome.EXPIRED: Tone.WARN,
}


def outcome(of: Outcome, *, plain: bool = False) -> Line:
    """Say an outcome: glyph and word, in its colour."""
    return (Piece(f"{OUTCOMES[of].glyph_in(plain=plain)} {OUTCOMES[of].word}", OUTCOME_TONES[of]),)


class ResultPainter:
    """Draws the cells of a result."""

    def __init__(self, *, plain: Callable[[], bool]) -> None:
        self._plain = plain

    def __call__(self, item: ResultFacts, column: Column, width: int) -> Line:
        """Draw one cell."""
        if column.id == "outcome":
            return outcome(item.outcome, plain=self._plain())
        return _DRAWN[column.id](item)


def _message(facts: ResultFacts) -> Line:
    failed = facts.error_type is not None
    head = (Piece(f"{safe(facts.error_type)}  ", Tone.BAD),) if facts.error_type else ()
    return (*head, Piece(squeezed(facts.message), Tone.TEXT if not failed else Tone.DIM))


def _tokens(facts: ResultFacts) -> Line:
    return (Piece(count(facts.usage.output_tokens) if facts.usage.output_tokens else "·", Tone.DIM),)


_DRAWN: Mapping[str, Callable[[ResultFacts], Line]] = {
    "custom_id": lambda facts: (Piece(safe(facts.custom_id) or "(none)"),),
    "message": _message,
    "tokens": _tokens,
    "model": lambda facts: (Piece(safe((facts.model or "").removeprefix("claude-")), Tone.DIM),),
    "stop": lambda facts: (Piece(safe(facts.stop_reason or ""), Tone.DIM),),
    "seq": lambda facts: (Piece(count(facts.seq), Tone.DIM),),
}
