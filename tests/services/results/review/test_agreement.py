"""Cohen's kappa and its interval, against the figures of scikit-learn and statsmodels (`kappa.json` names versions)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from batchtui.domain.results.agreement import measure_agreement
from batchtui.domain.results.mark import ReviewMark, ReviewVerdict
from batchtui.services.results.review.summary import summarize_marks

FIGURES = json.loads(Path(__file__).with_name("kappa.json").read_text(encoding="utf-8"))
"""Marks of two reviewers with kappa as scikit-learn has it and the interval as statsmodels has it; null for NaN."""


@pytest.mark.parametrize("case", FIGURES["cases"], ids=lambda case: case["name"])
def test_kappa_is_that_of_scikit_learn_and_its_interval_that_of_statsmodels(case: dict[str, Any]) -> None:
    pairs = list(zip(case["first"], case["second"], strict=True))

    found = measure_agreement(pairs)

    assert (found.items, found.agreed) == (len(pairs), sum(one == other for one, other in pairs))
    if case["kappa"] is None:
        assert (found.kappa, found.low, found.high) == (None, None, None)
        return
    assert found.kappa == pytest.approx(case["kappa"], abs=1e-12)
    low, high = case["interval"]
    # No kappa is above 1 or below -1, which a normal approximation does not know.
    assert found.low == pytest.approx(max(-1, low), abs=1e-7)
    assert found.high == pytest.approx(min(1, high), abs=1e-7)


def test_without_items_nothing_is_said() -> None:
    found = measure_agreement([])
    assert (found.items, found.share, found.kappa) == (0, None, None)


def test_only_marks_of_the_same_answer_are_compared() -> None:
    yes, no = ReviewVerdict.ACCEPTED, ReviewVerdict.REJECTED
    marks = [
        ReviewMark("a", "ada", "1", yes, ("x", "y")), ReviewMark("a", "grace", "1", yes, ("x",)),
        ReviewMark("b", "ada", "1", no), ReviewMark("b", "grace", "1", yes, ("x",)),
        ReviewMark("c", "ada", "old", no, is_stale=True), ReviewMark("c", "grace", "new", yes),
        ReviewMark("d", "ada", "1", note="unsure"), ReviewMark("e", "grace", "1", no),
    ]  # fmt: skip

    summary = summarize_marks(marks)

    [pair] = summary.pairs
    assert (pair.verdicts.items, pair.verdicts.agreed, pair.apart) == (2, 1, 1)
    assert (pair.labels.items, pair.labels.agreed) == (1, 0)
    assert [(name, one.agreed) for name, one in pair.by_label] == [("x", 1), ("y", 0)]
    assert (summary.marked, summary.disputed) == (5, 1)
    ada, grace = summary.reviewers
    assert (ada.accepted, ada.rejected, ada.labelled, ada.noted, ada.stale) == (1, 1, 1, 1, 1)
    assert (grace.accepted, grace.rejected) == (3, 1)
