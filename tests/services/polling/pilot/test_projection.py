"""The interval of a pilot is honest: it holds the true cost as often as it says, and is not without end."""

from __future__ import annotations

from random import Random
from statistics import fmean
from typing import TYPE_CHECKING

import pytest

from batchtui.domain.costs.pilot import PilotRow, project
from tests.support.marks import every

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 8192
"""Tokens: the max_tokens of every request; a token costs one dollar here."""
REQUESTS = 2_000
RUNS = 100

OUTPUTS: dict[str, Callable[[Random], float]] = {
    "lognormal, sigma 1": lambda dice: min(dice.lognormvariate(5.5, 1), LIMIT),
    "lognormal, sigma 1.5": lambda dice: min(dice.lognormvariate(5.5, 1.5), LIMIT),
    "Pareto, alpha 1.2": lambda dice: min(100 * dice.paretovariate(1.2), LIMIT),
    "Pareto, alpha 1.5": lambda dice: min(100 * dice.paretovariate(1.5), LIMIT),
    "one in twenty writes all it may": lambda dice: LIMIT if dice.random() < 0.05 else dice.lognormvariate(5, 0.5),
    "one in fifty writes all it may": lambda dice: LIMIT if dice.random() < 0.02 else dice.lognormvariate(5, 0.5),
    "exponential": lambda dice: min(dice.expovariate(1 / 300), LIMIT),
    "nearly all the same": lambda dice: dice.gauss(200, 10),
}


def drawn(costs: list[float], lengths: list[int], size: int, dice: Random) -> tuple[list[PilotRow], float, int]:
    """A pilot as the registry draws it, with the cost of the others and their bytes."""
    order = sorted(range(len(costs)), key=lambda place: lengths[place])
    cells = [(cell * len(order) // size, (cell + 1) * len(order) // size) for cell in range(size)]
    chosen = {order[dice.randrange(*cell)] for cell in cells}
    rows = [PilotRow(costs[place], lengths[place], LIMIT) for place in chosen]
    others = [place for place in range(len(costs)) if place not in chosen]
    return rows, sum(costs[place] for place in others), sum(lengths[place] for place in others)


@pytest.mark.parametrize(("kind", "size"), every(6, [(kind, size) for kind in OUTPUTS for size in (30, 100)]))
def test_nine_of_ten_intervals_hold_the_true_cost(kind: str, size: int) -> None:
    held = 0
    for seed in range(RUNS):
        dice = Random(seed)
        costs = [OUTPUTS[kind](dice) for _ in range(REQUESTS)]
        rows, true, length = drawn(costs, [dice.randrange(100, 4_000) for _ in costs], size, dice)
        found = project(rows, REQUESTS - size, length)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= true <= found.high
    assert held >= 88


@pytest.mark.parametrize("size", every(2, [30, 100]))
def test_a_file_sorted_by_length_does_not_fool_it(size: int) -> None:
    held, widths = 0, []
    for seed in range(RUNS):
        dice = Random(seed)
        # The longer the request, the longer the answer: the first 200 rows of such a file cost a fraction of the mean.
        lengths = sorted(round(dice.lognormvariate(6, 1)) + 50 for _ in range(REQUESTS))
        costs = [min(LIMIT, 0.3 * length * dice.lognormvariate(0, 0.5)) for length in lengths]
        rows, true, length = drawn(costs, lengths, size, dice)
        found = project(rows, REQUESTS - size, length)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= true <= found.high
        widths.append((found.high - found.low) / true)
    assert held >= 88
    assert fmean(widths) < (2.5 if size == 30 else 0.9)


def test_the_width_falls_with_the_size_of_the_pilot() -> None:
    dice = Random(1)
    costs = [dice.lognormvariate(5.5, 1) for _ in range(REQUESTS)]
    lengths = [1_000] * REQUESTS
    widths = []
    for size in (20, 80, 320):
        rows, _, length = drawn(costs, lengths, size, dice)
        found = project(rows, REQUESTS - size, length)
        assert found.low is not None
        assert found.high is not None
        widths.append((found.high - found.low) / found.likely)
    assert widths == sorted(widths, reverse=True)


def test_costs_that_are_all_equal_give_what_they_cost() -> None:
    found = project([PilotRow(2.0, 100, 2.0)] * 20, 80, 8_000)
    assert (found.likely, found.low, found.high) == (160.0, 160.0, 160.0)


def test_a_handful_of_requests_gives_no_interval_and_nothing_left_costs_nothing() -> None:
    few = project([PilotRow(1.0, 100, 9.0)] * 3, 10, 1_000)
    assert (few.likely, few.low, few.high) == (10.0, None, None)
    assert project([PilotRow(1.0, 100, 9.0)] * 30, 0, 0).high == 0.0


def test_the_same_pilot_says_the_same_every_time() -> None:
    dice = Random(3)
    rows = [PilotRow(dice.random(), dice.randrange(100, 200), 2.0) for _ in range(40)]
    assert project(rows, 500, 75_000) == project(rows, 500, 75_000)
