"""How two answers to the same request differ."""

from __future__ import annotations

from enum import StrEnum


class AnswerChange(StrEnum):
    """What became of one custom_id in the second of two sets of results, seen from the first."""

    SAME = "same"
    """Both answered, and said the same."""
    CHANGED = "changed"
    """Both answered, and said something else."""
    BETTER = "better"
    """The first needs a second look, the second does not."""
    WORSE = "worse"
    """The other way round."""
    FAILED = "both_failed"
    """Neither is an answer as it should be."""
    ONLY_FIRST = "only_first"
    """The second has no result of this custom_id."""
    ONLY_SECOND = "only_second"

    @property
    def is_change(self) -> bool:
        """Whether both have it and something became of it that had not before."""
        return self in (AnswerChange.CHANGED, AnswerChange.BETTER, AnswerChange.WORSE)
