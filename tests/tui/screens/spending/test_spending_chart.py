"""The chart of spending: full width, three amounts, today marked, models told apart, the limit of a day as a line."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from batchtui.services.spending.ledger import LedgerLine
from batchtui.tui.rendering.spans import plain, width
from batchtui.tui.screens.spending.chart import Bar, Chart
from batchtui.tui.screens.spending.screen import bars_of, dearest_models, legend_of
from tests.tui.stage import furnished_stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TODAY = date(2026, 11, 30)


def lines_of(
    monkeypatch: pytest.MonkeyPatch,
    bars: Sequence[Bar],
    columns: int,
    rows: int,
    *,
    limit: str | None = None,
    models: Sequence[str] = (),
    ascii_only: bool = False,
) -> list[str]:
    class Look:
        plain = ascii_only

    monkeypatch.setattr("batchtui.tui.screens.spending.chart.painter_of", lambda _: Look)
    chart = Chart()
    chart._bars, chart._models, chart._limit = bars, models, None if limit is None else Decimal(limit)
    drawn = chart.draw(columns, rows)
    assert all(width(line) <= columns for line in drawn)
    assert len(drawn) <= rows
    return [plain(line) for line in drawn]


def days(number: int, *amounts: str) -> list[Bar]:
    return [
        Bar(TODAY - timedelta(days=number - 1 - at), tuple(Decimal(amount) for amount in amounts))
        for at in range(number)
    ]


@pytest.mark.parametrize(("columns", "rows"), [(78, 9), (118, 16), (198, 20), (40, 6), (20, 4)])
@pytest.mark.parametrize("number", [1, 14, 60])
def test_it_fits_any_size_and_today_is_marked(
    monkeypatch: pytest.MonkeyPatch, columns: int, rows: int, number: int
) -> None:
    lines = lines_of(monkeypatch, days(number, "1.25", "0.5"), columns, rows, limit="2", models=("a", "b"))
    assert any("today" in line for line in lines)


def test_three_amounts_stand_at_the_left_and_one_above_each_wide_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = lines_of(monkeypatch, days(7, "4.00"), 100, 12)
    assert [line[:10].strip() for line in lines if line[:10].strip()] == ["$4.00", "$2.00", "$0.00"]
    assert lines[0].count("$4.00") == 7


def test_the_amount_of_a_low_bar_stands_right_above_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bars = [*days(6, "0.5"), Bar(TODAY, (Decimal(8),))]
    lines = lines_of(monkeypatch, bars, 100, 12)
    assert "$8.00" in lines[0]
    assert "$0.50" not in lines[0]
    [row] = [at for at, line in enumerate(lines) if "$0.50" in line]
    assert lines[row].count("$0.50") == 6
    assert "▅" in lines[row + 1], "the bar begins right below it"


def test_the_limit_of_a_day_is_a_line_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = lines_of(monkeypatch, days(14, "2"), 80, 10, limit="5")
    assert sum("limit $5.00 a day" in line for line in lines) == 1
    assert not any("limit" in line for line in lines_of(monkeypatch, days(14, "2"), 80, 10, limit="500"))


def test_models_are_told_apart_without_colour_and_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = lines_of(monkeypatch, days(5, "2", "2"), 80, 12, models=("haiku", "opus"), ascii_only=True)
    assert all(line.isascii() for line in lines)
    assert any("#" in line for line in lines)
    assert any("%" in line for line in lines)
    assert lines[-1].split() == ["#", "haiku", "%", "opus"]


def test_the_amounts_of_a_day_add_up_whatever_the_number_of_models() -> None:
    for number in (1, 3, 4, 9):
        line = LedgerLine("2026-11-30", known=Decimal(0))
        for at in range(number):
            line.models[f"claude-{at}"] = Decimal(at + 1)
            line.known += Decimal(at + 1)
        models = dearest_models(line)
        bars = bars_of([line], TODAY, models)
        assert bars[-1].total == line.known
        assert len(bars[-1].amounts) == 4 or number < 4
        assert all(bar.total == 0 for bar in bars[:-1])
        assert len(legend_of(models)) in (number, 4)


async def test_the_screen_shows_limits_models_and_today(tmp_path: Path) -> None:
    async with furnished_stage(tmp_path, size=(80, 24)) as shown:
        await shown.press("$")
        await shown.shows("spent $3.84", "█ claude-", "today", "in progress: at an unknown cost")
