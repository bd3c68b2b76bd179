"""Sentences that go away by themselves."""

from __future__ import annotations

import time

from batchtui.tui.terminal.textual_fixes import LEAST, Toast


def test_a_note_that_is_over_is_not_shown_and_yet_never_counted_down_to_a_moment_that_has_passed() -> None:
    over = Toast("over", timeout=5, raised_at=time.time() - 5.001)
    assert over.has_expired
    assert over.time_left == LEAST


def test_a_note_stays_for_as_long_as_it_should() -> None:
    fresh = Toast("fresh", timeout=5)
    assert not fresh.has_expired
    assert 4 < fresh.time_left <= 5
