from __future__ import annotations

import pytest

from batchtui.text.layout.tables import TextColumn, table
from batchtui.text.layout.widths import width

COLUMNS = (TextColumn("NAME", least=6, worth=90), TextColumn("N", right=True, worth=80), TextColumn("MODEL", worth=10))
ROWS = (("nightly-tickets", "100,000", "haiku-5-5"), ("日本", "2", "opus"))


def test_columns_line_up_and_numbers_stand_to_the_right() -> None:
    assert list(table(COLUMNS, ROWS)) == [
        "NAME                   N  MODEL",
        "nightly-tickets  100,000  haiku-5-5",
        "日本                   2  opus",
    ]


def test_a_table_without_rows_is_its_heading() -> None:
    assert list(table(COLUMNS, ())) == ["NAME  N  MODEL"]


def test_a_column_that_can_be_squeezed_gives_way_before_another_is_dropped() -> None:
    assert list(table(COLUMNS, ROWS, fit_to=28))[1] == "nightly…  100,000  haiku-5-5"


def test_the_least_worthy_column_is_dropped_first() -> None:
    assert next(iter(table(COLUMNS, ROWS, fit_to=20))) == "NAME               N"


@pytest.mark.parametrize("columns", [1, 5, 9, 14, 20, 26, 30, 80])
def test_no_line_is_wider_than_asked_for(columns: int) -> None:
    assert max(width(line) for line in table(COLUMNS, ROWS, fit_to=columns)) <= columns


def test_two_long_texts_end_up_alike() -> None:
    columns = (TextColumn("ID"), TextColumn("FIRST", least=6), TextColumn("SECOND", least=6))
    heading, row = table(columns, [("a", "x" * 40, "y" * 50)], fit_to=40)
    assert row == f"a   {'x' * 16}…  {'y' * 16}…"
    assert len(heading) <= 40
