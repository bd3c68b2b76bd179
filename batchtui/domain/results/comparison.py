"""How two answers to the same request differ: `AnswerChange`."""

from __future__ import annotations

from enum import StrEnum


class AnswerChange(StrEnum):
    """How the result of one custom_id differs between a first and a second set of results."""

    SAME = "same"
    """Both answered, and said the same."""
    CHANGED = "changed"
    """Both answered, and said something else."""
    BETTER = "better"
    """The first needs a second look, the second does not."""
    WORSE = "worse"
    """The second needs a second look, the first does not."""
    FAILED = "both_failed"
    """Both need a second look."""
    ONLY_FIRST = "only_first"
    """The second has no result of this custom_id."""
    ONLY_SECOND = "only_second"

    @property
    def is_change(self) -> bool:
        """Whether both sets have the custom_id and its result is not the same."""
        # Not ONLY_FIRST or ONLY_SECOND: a custom_id that one side never had says nothing about the answers.
        return self in (AnswerChange.CHANGED, AnswerChange.BETTER, AnswerChange.WORSE)
