"""The sign and the word of every state and outcome, in Unicode and in ASCII: `STATES`, `OUTCOMES`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState, Success
from batchtui.domain.results.comparison import AnswerChange
from batchtui.domain.results.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Sign:
    """A glyph of one column, its ASCII twin, and the word that is always shown with it."""

    glyph: str
    ascii: str
    word: str

    def glyph_in(self, *, plain: bool) -> str:
        """Return the glyph, or its ASCII twin where the terminal is `plain`."""
        return self.ascii if plain else self.glyph


STATES: Mapping[BatchState, Sign] = {
    BatchState.PLANNED: Sign("◌", "o", "planned"),
    BatchState.SUBMITTING: Sign("↑", "^", "sending"),
    BatchState.UNKNOWN: Sign("!", "!", "unknown"),
    BatchState.IN_PROGRESS: Sign("●", "*", "in progress"),
    BatchState.CANCELING: Sign("◑", "~", "canceling"),
    BatchState.ENDED: Sign("✓", "+", "ended"),
    BatchState.MISSING: Sign("?", "?", "missing"),
    BatchState.DELETED: Sign("−", "-", "deleted"),
}
ENDED: Mapping[Success, Sign] = {
    Success.ALL: STATES[BatchState.ENDED],
    Success.SOME: Sign("◐", "%", "ended"),
    Success.FEW: Sign("✗", "x", "ended"),
}
"""Ended, by how much of it succeeded."""

OUTCOMES: Mapping[Outcome, Sign] = {
    Outcome.SUCCEEDED: Sign("✓", "+", "succeeded"),
    Outcome.TOOL_USE: Sign("✓", "+", "tool use"),
    Outcome.TRUNCATED: Sign("✂", "<", "truncated"),
    Outcome.REFUSED: Sign("⊘", "/", "refused"),
    Outcome.PAUSED: Sign("‖", "=", "paused"),
    Outcome.EMPTY: Sign("○", "0", "empty"),
    Outcome.INVALID: Sign("≁", "~", "invalid"),
    Outcome.UNRECOGNIZED: Sign("?", "?", "unrecognized"),
    Outcome.ERRORED: Sign("✗", "x", "errored"),
    Outcome.CANCELED: Sign("−", "-", "canceled"),
    Outcome.EXPIRED: Sign("◷", "@", "expired"),
}

DIFFERENCES: Mapping[AnswerChange, Sign] = {
    AnswerChange.SAME: Sign("=", "=", "same"),
    AnswerChange.CHANGED: Sign("≠", "!", "changed"),
    AnswerChange.BETTER: Sign("↑", "^", "now succeeds"),
    AnswerChange.WORSE: Sign("↓", "v", "now fails"),
    AnswerChange.FAILED: Sign("✗", "x", "both failed"),
    AnswerChange.ONLY_FIRST: Sign("‹", "<", "only in A"),
    AnswerChange.ONLY_SECOND: Sign("›", ">", "only in B"),
}


def state_sign(state: BatchState, success: Success = Success.ALL) -> Sign:
    """Return the sign of a batch's state; `success` is how much of it succeeded, once it has ended."""
    return ENDED[success] if state is BatchState.ENDED else STATES[state]
