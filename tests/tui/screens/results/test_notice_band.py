"""What a batch's screen says of its results: how long they can still be had, where they lie, what does not add up."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from batchtui.domain.batches.states import ResultsState
from batchtui.domain.limits import RESULTS_KEPT
from batchtui.domain.results.result import Outcome
from batchtui.domain.results.usage import Usage
from batchtui.registry.results.summary import IdMismatch, ResultSummary
from batchtui.tui.rendering.spans import Tone, plain, width
from batchtui.tui.screens.results.notice_band import discrepancies, expiry_notice, file_line
from tests.support.clock import START
from tests.tui.sample_batches import batch, ended


def _summary(**fields: object) -> ResultSummary:
    told = {"results": 3, "bytes": 9, "types": {"succeeded": 3}, "outcomes": {Outcome.SUCCEEDED: 3}, "usage": Usage()}
    return ResultSummary(**{**told, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("left", "words", "tone"),
    [
        (timedelta(days=20), "", None),
        (timedelta(days=2), "deletes these results in 2 days", Tone.WARN),
        (timedelta(hours=3), "deletes these results in 3h", Tone.WARN),
        (timedelta(days=-1), "has probably deleted", Tone.BAD),
    ],
)
def test_results_that_will_be_gone_are_warned_of(left: timedelta, words: str, tone: Tone | None) -> None:
    old = ended(created_at=START - RESULTS_KEPT + left)
    said = list(expiry_notice(old, START))
    assert [piece.tone for piece in said] == ([tone] if tone else [])
    assert words in "".join(piece.text for piece in said)


def test_saved_results_are_not_warned_of() -> None:
    assert not list(expiry_notice(ended(created_at=START - RESULTS_KEPT, results=ResultsState.SAVED), START))
    assert not list(expiry_notice(batch(), START))


def test_results_that_are_gone_are_said_to_be_gone() -> None:
    assert "before they were saved" in "".join(
        piece.text for piece in expiry_notice(ended(results=ResultsState.GONE), START)
    )


def test_count_mismatches_are_shown_with_an_example() -> None:
    ids = IdMismatch(2, 1, ("a\x1b",), ("b",))
    said = " / ".join(
        piece.text for piece in discrepancies(_summary(ids=ids, duplicates=3, types={"": 1, "succeeded": 2}))
    )
    for words in ("2 requests without a result, such as a␛", "1 result of no request", "3 results with a custom_id",
                  "1 line that cannot be read"):  # fmt: skip
        assert words in said
    assert not list(discrepancies(_summary()))


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_long_path_shows_its_end(columns: int) -> None:
    line = file_line(Path("/a/very/long/way") / ("down/" * 20) / "1-msgbatch_01.jsonl", columns)
    assert width(line) <= columns
    assert plain(line).endswith("1-msgbatch_01.jsonl")
