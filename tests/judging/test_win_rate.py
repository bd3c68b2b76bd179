"""A planted position bias is unmasked and cancelled, and the interval covers the truth as often as it says."""

from __future__ import annotations

import os
from random import Random

import pytest

from batchtui.domain.results.judgment import Verdict
from batchtui.domain.results.win_rate import PairCounts, count_pairs, score_interval

RUNS = int(os.environ.get("BATCHTUI_JUDGE_RUNS", "400"))
"""Seeded runs of each case; by hand also 5,000."""
ITEMS = 200
F, S, T = Verdict.FIRST, Verdict.SECOND, Verdict.TIE


def judged(seed: int, *, wins: float, ties: float, bias: float) -> PairCounts:
    """What a judge says of items whose truth is drawn, and who takes the first answer in a share of its answers."""
    draw = Random(seed)
    items = []
    for _ in range(ITEMS):
        at = draw.random()
        truth = S if at < wins else T if at < wins + ties else F
        forward = F if draw.random() < bias else truth
        items.append((forward, S if draw.random() < bias else truth, None))
    return count_pairs(items)


@pytest.mark.parametrize(
    ("wins", "ties", "bias"), [(0.6, 0.0, 0.25), (0.5, 0.1, 0.3), (0.7, 0.05, 0.0), (0.35, 0.05, 0.15)]
)
def test_the_interval_covers_the_truth_and_the_bias_is_found(wins: float, ties: float, bias: float) -> None:
    runs = [judged(seed, wins=wins, ties=ties, bias=bias) for seed in range(RUNS)]
    truth = wins + ties / 2
    covered = sum(run.interval is not None and run.interval.low <= truth <= run.interval.high for run in runs)
    assert 0.87 <= covered / RUNS <= 0.93
    found = [run.position_bias for run in runs if run.position_bias is not None]
    assert sum(found) / len(found) == pytest.approx(bias, abs=0.03)
    rates = [run.win_rate for run in runs if run.win_rate is not None]
    assert sum(rates) / len(rates) == pytest.approx(truth, abs=0.01)


def test_items_are_decided_by_both_orders_and_everything_else_is_counted() -> None:
    items = [(F, F, None), (S, S, None), (T, F, None), (F, S, None), (S, F, None), (F, None, None),
             (F, Verdict.INVALID, None), (None, None, S)]  # fmt: skip
    counts = count_pairs(items)
    assert counts == PairCounts(
        first=1, second=2, ties=1, by_first_position=1, by_second_position=1, incomplete=2, by_rule=1
    )
    assert (counts.decided, counts.win_rate, counts.contradictions) == (4, 2.5 / 4, 2)


def test_without_ties_it_is_wilsons_interval() -> None:
    # By the formula of Wilson (1927) for 7 of 10 and z = 1.6448536.
    interval = score_interval(7, 0, 3)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.4417, 0.8731)


@pytest.mark.parametrize("counts", [(5, 0, 0), (0, 5, 0), (0, 0, 5), (1, 0, 0)])
def test_few_items_that_all_agree_leave_doubt(counts: tuple[int, int, int]) -> None:
    interval = score_interval(*counts)
    assert 0.0 <= interval.low < interval.high <= 1.0
    assert interval.high - interval.low > 0.15
