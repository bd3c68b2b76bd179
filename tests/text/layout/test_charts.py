"""Bars and histograms in character cells: nothing above zero vanishes, and ASCII stays ASCII."""

from __future__ import annotations

import random

import pytest

from batchtui.text.layout.charts import EMPTY, column_chart, divide, share_bar, ticks


@pytest.mark.parametrize("columns", [1, 3, 10, 76])
def test_the_parts_of_a_bar_fill_it_and_each_that_is_there_can_be_seen(columns: int) -> None:
    generator = random.Random(columns)
    for _ in range(300):
        parts = [generator.choice([0, 0, 1, 5, 100, 99_999]) for _ in range(generator.randint(1, 7))]
        cells = divide(parts, columns)
        assert sum(cells) == (columns if sum(parts) else 0)
        there = [number for number, part in zip(cells, parts, strict=True) if part]
        assert len(there) > columns or all(there)
        assert not any(number for number, part in zip(cells, parts, strict=True) if not part)


def test_equal_parts_are_equally_wide() -> None:
    assert divide([5, 5, 5], 9) == [3, 3, 3]


@pytest.mark.parametrize("plain", [False, True])
def test_the_smallest_share_can_be_seen_and_nothing_cannot(plain: bool) -> None:
    assert share_bar(0.00001, 10, plain=plain)
    assert share_bar(0.0, 10, plain=plain) == ""
    assert len(share_bar(1.0, 10, plain=plain)) == len(share_bar(7.0, 10, plain=plain)) == 10
    assert share_bar(0.5, 10, plain=True).isascii()


def test_a_chart_is_as_tall_and_wide_as_it_was_asked_for() -> None:
    rows = column_chart([[1, 0], [3, 1], [0, 0]], 4, 2, highest=4, gap=1)
    assert ["".join(run.text for run in row) for row in rows] == ["   ▒▒    ", "   ██    ", "   ██    ", "██ ██    "]


def test_parts_of_a_stack_are_told_apart_without_colour() -> None:
    [row, *_] = column_chart([[1], [0, 1]], 1, 1, highest=1, plain=True)
    assert [(run.text, run.part) for run in row] == [("#", 0), ("%", 1)]


def test_small_values_are_drawn_in_the_lowest_row() -> None:
    for plain in (False, True):
        rows = column_chart([[1], [10_000]], 5, 1, highest=10_000, plain=plain)
        assert rows[-1][0].text[0] != " "
        assert rows[0][0].part == EMPTY


def test_three_amounts_stand_beside_a_chart() -> None:
    assert ticks(100, 6) == {0: 100, 3: 50.0, 5: 0.0}
    assert ticks(100, 2) == {0: 100, 1: 0.0}
