"""Which states say what of a batch."""

from __future__ import annotations

import pytest

from batchtui.domain.batches.states import LAWFUL, BatchState, UnlawfulChange, advance


def those(word: str) -> set[str]:
    return {str(state) for state in BatchState if getattr(state, word)}


def test_each_state_says_whether_the_part_is_open_at_the_api_running_or_settled() -> None:
    assert those("is_open") == {"planned", "submitting", "unknown"}
    assert those("is_at_api") == {"in_progress", "canceling", "ended", "missing", "deleted"}
    assert those("is_running") == {"in_progress", "canceling"}
    assert those("is_settled") == {"ended", "missing", "deleted"}


@pytest.mark.parametrize("current", list(BatchState))
def test_a_change_that_is_allowed_gives_the_new_state_and_any_other_is_refused(current: BatchState) -> None:
    for target in BatchState:
        if target is current or target in LAWFUL[current]:
            assert advance(current, target) is target
        else:
            with pytest.raises(UnlawfulChange):
                advance(current, target)
