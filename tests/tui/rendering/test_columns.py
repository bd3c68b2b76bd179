"""Which columns a width has room for."""

from __future__ import annotations

import pytest

from batchtui.tui.rendering import batch_columns as batch_cells
from batchtui.tui.rendering import result_columns as result_cells
from batchtui.tui.rendering.columns import Column, ColumnLayout, lay_out, title_line
from batchtui.tui.rendering.spans import plain


def titles(layout: ColumnLayout) -> list[str]:
    return [place.column.id for place in layout.places]


def test_80_columns_have_room_for_what_matters_of_a_batch() -> None:
    assert titles(lay_out(batch_cells.COLUMNS, 79)) == ["state", "name", "progress", "ok", "some", "bad"]


def test_200_columns_have_room_for_everything() -> None:
    assert titles(lay_out(batch_cells.COLUMNS, 200)) == [column.id for column in batch_cells.COLUMNS]


@pytest.mark.parametrize("columns", [batch_cells.COLUMNS, result_cells.COLUMNS])
@pytest.mark.parametrize("width", [*range(1, 60), 79, 100, 120, 139, 160, 200, 400])
def test_columns_never_overlap_nor_leave_the_width(columns: tuple[Column, ...], width: int) -> None:
    x = 0
    for place in lay_out(columns, width).places:
        assert place.x >= x
        assert place.width >= 1
        x = place.x + place.width
    fixed = sum(column.least + 2 for column in columns if column.fixed) + 3
    assert x <= max(width, fixed)


def test_a_wider_screen_never_shows_fewer_columns() -> None:
    shown = [len(lay_out(batch_cells.COLUMNS, width).places) for width in range(30, 260)]
    assert shown == sorted(shown)


def test_an_answer_is_given_room_before_its_side_facts() -> None:
    places = {place.column.id: place.width for place in lay_out(result_cells.COLUMNS, 119).places}
    assert places["message"] >= 40


def test_shifting_reaches_every_column() -> None:
    seen: set[str] = set()
    for shift in range(len(batch_cells.COLUMNS)):
        seen |= set(titles(lay_out(batch_cells.COLUMNS, 60, shift)))
    assert seen == {column.id for column in batch_cells.COLUMNS}


@pytest.mark.parametrize("turned", [False, True])
def test_the_arrow_of_the_order_shows_however_narrow_its_column_is(turned: bool) -> None:
    layout = lay_out(batch_cells.COLUMNS, 200)
    for place in layout.places:
        shown = plain(title_line(layout, (place.column.sort, turned), 200, plain=False))
        assert ("▴" if turned else "▾") in shown, place.column.id
