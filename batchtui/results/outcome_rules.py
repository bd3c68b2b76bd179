"""Classify a result: the rules for what "succeeded" really meant: `classify_outcome`."""

from __future__ import annotations

from typing import Any

from batchtui.domain.results.result import Outcome

OUTCOME_OF_TYPE = {
    "errored": Outcome.ERRORED,
    "canceled": Outcome.CANCELED,
    "expired": Outcome.EXPIRED,
}
OUTCOME_OF_STOP = {
    "max_tokens": Outcome.TRUNCATED,
    "model_context_window_exceeded": Outcome.TRUNCATED,
    "refusal": Outcome.REFUSED,
    "pause_turn": Outcome.PAUSED,
    "tool_use": Outcome.TOOL_USE,
}
"""Stop reasons that decide alone. The others (end_turn, stop_sequence, unknown ones, none) depend on the content."""
_SILENT_BLOCKS = frozenset({"text", "thinking", "redacted_thinking"})


def classify_outcome(result_type: str, stop_reason: str | None, content: list[Any], text: str) -> Outcome:
    """Return the outcome of a result.

    Args:
        result_type: the API's word for it.
        stop_reason: of the message, where there is one.
        content: the message's blocks.
        text: the message's text, its blocks joined.
    """
    if result_type != "succeeded":
        return OUTCOME_OF_TYPE.get(result_type, Outcome.UNRECOGNIZED)
    # The batch calls all of these succeeded, and bills them; what a person has to look at is in the stop_reason.
    decided = OUTCOME_OF_STOP.get(stop_reason or "")
    if decided is not None:
        return decided
    if text and not text.isspace():
        return Outcome.SUCCEEDED
    # An image or a block that batchtui does not know is an answer, even without a text.
    says_nothing = all(isinstance(block, dict) and block.get("type") in _SILENT_BLOCKS for block in content)
    return Outcome.EMPTY if says_nothing else Outcome.SUCCEEDED
