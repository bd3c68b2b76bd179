"""Limits that hold to the letter: what is just allowed, and what is just too much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.intake.builders import check_bytes, lines, request, user

if TYPE_CHECKING:
    from pathlib import Path

OLD = "claude-sonnet-4-5"


def rules(folder: Path, **params: Any) -> set[str]:
    """The rules that a request breaks."""
    _, report = check_bytes(folder, lines(request(**params)))
    return {problem.code for problem in report.problems}


@pytest.mark.parametrize(("budget", "is_allowed"), [(2999, True), (3000, False), (3001, False)])
def test_a_thinking_budget_must_be_less_than_max_tokens(tmp_path: Path, budget: int, is_allowed: bool) -> None:
    thinking = {"type": "enabled", "budget_tokens": budget}
    assert ("thinking-budget" not in rules(tmp_path, model=OLD, max_tokens=3000, thinking=thinking)) is is_allowed


@pytest.mark.parametrize(("marks", "is_allowed"), [(4, True), (5, False)])
def test_cache_control_may_stand_four_times(tmp_path: Path, marks: int, is_allowed: bool) -> None:
    block = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}
    found = rules(tmp_path, messages=[user(*[block] * marks)])
    assert ("cache-control-count" not in found) is is_allowed
