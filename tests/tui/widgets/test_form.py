"""A form's field shows how it is filled in, also where neither colour nor a reversed row can show it."""

from __future__ import annotations

import pytest

from batchtui.tui.rendering.spans import plain, width
from batchtui.tui.widgets.form import Field, FieldKind, choice_at, field_line, text_box

CHOICES = ("jsonl", "csv", "parquet")


@pytest.mark.parametrize("ascii_only", [True, False])
def test_the_choice_in_force_stands_in_brackets(ascii_only: bool) -> None:
    field = Field("format", "format", FieldKind.CHOICE, "csv", CHOICES)
    assert plain(field_line(field, 80, plain=ascii_only)) == " jsonl [csv] parquet "
    assert "[csv]" in plain(field_line(field, 12, plain=ascii_only)), "also where only that one has room"


def test_a_click_takes_the_choice_under_it_and_none_where_only_one_is_in_sight() -> None:
    field = Field("format", "format", FieldKind.CHOICE, "csv", CHOICES)
    assert [choice_at(field, x, 80) for x in (0, 6, 7, 12, 20, 30)] == [
        "jsonl",
        "jsonl",
        "csv",
        "parquet",
        "parquet",
        None,
    ]
    assert choice_at(field, 3, 12) is None


@pytest.mark.parametrize("value", ["", "evals.csv", "a/very/long/path/" * 9, "\x1b[2J", "名前" * 40])
def test_a_box_is_as_wide_as_its_room_whatever_is_in_it(value: str) -> None:
    assert width(text_box(value, 24, "not set")) == 28
