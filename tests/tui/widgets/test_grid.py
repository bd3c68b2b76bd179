"""The grid: the cursor stays with its item, only what is in sight is fetched, only what changed is painted."""

from __future__ import annotations

import asyncio
from array import array
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from rich.style import Style
from textual.app import App, ComposeResult

from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.painter import Painter
from batchtui.tui.rendering.spans import Line, Span
from batchtui.tui.rendering.themes import DARK
from batchtui.tui.widgets.grid.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.pilot import Pilot

COLUMNS = (
    Column("key", "KEY", 8, 8, 100, right=True, fixed=True),
    Column("text", "TEXT", 12, 30, 90, sort="text"),
    Column("extra", "EXTRA", 10, 10, 50),
    Column("more", "MORE", 10, 10, 40),
)


class Shelf(App[None]):
    """A grid over texts by key, which notes what it is asked for and what it paints."""

    def __init__(self, *, plain: bool = False, columns: Sequence[Column] = COLUMNS) -> None:
        super().__init__()
        self.painter = Painter(DARK.styles(), Style.parse(DARK.cursor), plain)
        self.asked: list[int] = []
        self.painted: list[int] = []
        self.texts: dict[int, str] = {}
        self.messages: list[str] = []
        self.grid: Grid[tuple[int, str]] = Grid(columns, self._fetch, self._paint)

    def compose(self) -> ComposeResult:
        yield self.grid

    async def _fetch(self, keys: Sequence[int]) -> Sequence[tuple[int, tuple[int, str]]]:
        self.asked += keys
        await asyncio.sleep(0)
        return [(key, (key, self.texts.get(key, f"text {key}"))) for key in keys]

    def _paint(self, item: tuple[int, str], column: Column, width: int) -> Line:
        key, text = item
        if column.id == "key":
            self.painted.append(key)
            return (Span(f"{key}"),)
        return (Span(text if column.id == "text" else column.id),)

    def on_grid_sort_asked(self, event: Grid.SortAsked) -> None:
        self.messages.append(f"sort {event.sort} {event.reverse}")

    def on_grid_opened(self, event: Grid.Opened) -> None:
        self.messages.append(f"open {event.key}")

    @property
    def lines(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.screen._compositor.render_strips()]


async def settled(pilot: Pilot[None]) -> None:
    """Let fetches come back and be painted."""
    app = pilot.app
    for _ in range(3):
        await pilot.pause()
        await app.workers.wait_for_complete()
    await pilot.pause()


async def show(pilot: Pilot[None], order: Sequence[int]) -> Shelf:
    app = pilot.app
    assert isinstance(app, Shelf)
    app.grid.focus()
    app.grid.show(order)
    await settled(pilot)
    return app


async def test_a_million_rows_open_at_once_and_only_those_in_sight_are_fetched() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = await show(pilot, range(1_000_000))
        assert len(app.asked) <= 23 + 2 * 40
        assert "text 22" in app.lines[23]


async def test_the_far_end_of_a_million_rows_costs_as_little() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = await show(pilot, range(1_000_000))
        app.asked.clear()
        await pilot.press("G")
        await settled(pilot)
        assert app.lines[23].split()[:3] == ["▌", "999999", "text"]
        assert len(app.asked) <= 23 + 2 * 40


async def test_nothing_is_asked_for_twice() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = await show(pilot, range(500))
        await pilot.press(*["ctrl+d"] * 6, *["ctrl+u"] * 6)
        await settled(pilot)
        assert len(app.asked) == len(set(app.asked))


async def test_rows_that_are_not_here_yet_hold_their_place() -> None:
    gate = asyncio.Event()

    class Slow(Shelf):
        async def _fetch(self, keys: Sequence[int]) -> Sequence[tuple[int, tuple[int, str]]]:
            await gate.wait()
            return await super()._fetch(keys)

    async with Slow().run_test(size=(80, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, Shelf)
        app.grid.show(range(5))
        await pilot.pause()
        assert [line.strip("▌ ") for line in app.lines[1:6]] == ["·"] * 5
        gate.set()
        await settled(pilot)
        assert "text 4" in app.lines[5]


async def test_the_cursor_stays_on_its_item_when_rows_come_in_above() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = await show(pilot, array("q", [5, 4, 3, 2, 1]))
        await pilot.press("j", "j")
        assert app.grid.key == 3
        await show(pilot, array("q", [9, 8, 5, 4, 3, 2, 1]))
        assert app.grid.key == 3
        assert app.lines[5].startswith("▌")


async def test_the_cursor_stays_where_it_is_when_its_item_goes() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = await show(pilot, [5, 4, 3, 2, 1])
        await pilot.press("j", "j")
        await show(pilot, [5, 4, 2, 1])
        assert app.grid.key == 2


async def test_the_row_under_the_cursor_keeps_its_place_on_the_screen() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = await show(pilot, range(1000, 1200))
        await pilot.press("G")
        y = next(at for at, line in enumerate(app.lines) if line.startswith("▌"))
        await show(pilot, [*range(500, 510), *range(1000, 1200)])
        assert app.grid.key == 1199
        assert app.lines[y].startswith("▌")


async def test_an_empty_order_takes_no_cursor_and_says_so() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, Shelf)
        app.grid.empty = ((Span("nothing here"),),)
        await show(pilot, [])
        assert app.grid.key is None
        assert any("nothing here" in line for line in app.lines)
        await pilot.press("enter", "space", "j", "G", "V")
        assert app.messages == []


async def test_a_changed_row_is_the_only_one_painted_again() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = await show(pilot, range(20))
        app.painted.clear()
        app.grid.update([(7, (7, "changed"))])
        await settled(pilot)
        assert set(app.painted) == {7}
        assert "changed" in app.lines[8]


async def test_an_item_that_is_equal_paints_nothing() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = await show(pilot, range(20))
        app.painted.clear()
        app.grid.update([(7, (7, "text 7"))])
        await settled(pilot)
        assert app.painted == []


async def test_a_row_out_of_sight_may_change_without_a_sound() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = await show(pilot, range(2000))
        app.painted.clear()
        app.grid.update([(1500, (1500, "changed"))])
        await settled(pilot)
        assert app.painted == []


async def test_columns_go_in_order_of_worth_and_nothing_wraps() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = await show(pilot, range(3))
        assert app.lines[0].split() == ["KEY", "TEXT", "EXTRA", "MORE"]
        await pilot.resize_terminal(44, 10)
        assert app.lines[0].split() == ["KEY", "TEXT", "EXTRA", "›"]
        await pilot.resize_terminal(30, 10)
        assert app.lines[0].split() == ["KEY", "TEXT", "›"]
        await pilot.resize_terminal(14, 10)
        assert app.lines[0].split() == ["KEY", "›"]


async def test_columns_that_went_can_be_brought_in() -> None:
    async with Shelf().run_test(size=(30, 10)) as pilot:
        app = await show(pilot, range(3))
        await pilot.press("l")
        await pilot.pause()
        assert app.lines[0].split() == ["KEY", "EXTRA", "‹›"]
        await pilot.press("right")
        await pilot.pause()
        assert app.lines[0].split() == ["KEY", "MORE", "‹"]
        await pilot.press("h", "left", "h")
        await pilot.pause()
        assert app.lines[0].split() == ["KEY", "TEXT", "›"]


@pytest.mark.parametrize(
    "text", ["日本語のテキスト", "🙂🙂🙂", "👩‍👩‍👧‍👦 family", "e\u0301\u0301te\u0301", "🏳️‍🌈x", "a" * 200]
)
async def test_wide_characters_do_not_move_the_columns(text: str) -> None:
    async with Shelf().run_test(size=(80, 10)) as pilot:
        app = pilot.app
        assert isinstance(app, Shelf)
        app.texts[1] = text
        await show(pilot, range(3))
        strips = list(app.screen._compositor.render_strips())
        assert {strip.cell_length for strip in strips} == {80}
        assert len({cell_len(strip.text.split("extra")[0]) for strip in strips[1:4]}) == 1


async def test_marks_are_kept_by_key_and_what_is_not_shown_is_not_marked() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = await show(pilot, [1, 2, 3, 4])
        await pilot.press("space", "j", "space")
        assert app.grid.marks == {1, 3}
        assert app.grid.chosen == [1, 3]
        await show(pilot, [4, 3, 2])
        assert app.grid.chosen == [3]
        await pilot.press("backslash")
        assert app.grid.chosen == [app.grid.key]


async def test_a_range_is_marked_from_the_last_mark_to_here() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = await show(pilot, range(10))
        await pilot.press("j", "space", "j", "j", "V")
        assert app.grid.marks == {1, 2, 3, 4}
        await pilot.press("*")
        assert app.grid.marks == set(range(10))


async def test_keys_of_vim_and_arrows_move_the_cursor() -> None:
    async with Shelf().run_test(size=(80, 11)) as pilot:
        app = await show(pilot, range(100))
        where = []
        for key in ("j", "down", "k", "up", "ctrl+d", "pagedown", "ctrl+u", "pageup", "G", "g", "end", "home"):
            await pilot.press(key)
            where.append(app.grid.cursor)
        assert where == [1, 2, 1, 0, 5, 15, 10, 0, 99, 0, 99, 0]


async def test_the_mouse_moves_opens_and_sorts() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = await show(pilot, range(10))
        await pilot.click(Grid, offset=(10, 4))
        assert app.grid.cursor == 3
        await pilot.click(Grid, offset=(10, 4), times=2)
        await pilot.click(Grid, offset=(14, 0))
        await pilot.pause()
        assert app.messages == ["open 3", "sort text False"]


async def test_enter_opens_and_s_asks_for_another_order() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = await show(pilot, range(10))
        await pilot.press("j", "enter", "s", "S")
        assert app.messages == ["open 1", "sort  False", "sort  True"]


async def test_in_ascii_cursor_mark_and_placeholder_are_ascii() -> None:
    async with Shelf(plain=True).run_test(size=(30, 10)) as pilot:
        app = await show(pilot, range(5))
        await pilot.press("space")
        await pilot.pause()
        assert all(line.isascii() for line in app.lines)
        assert app.lines[2].startswith(">")
        assert app.lines[1].startswith(" x")


@pytest.mark.parametrize("size", [(10, 3), (20, 4), (60, 15), (80, 24), (200, 50), (400, 100), (2, 1), (1, 1)])
async def test_any_size_is_painted(size: tuple[int, int]) -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = await show(pilot, range(1000))
        await pilot.press("G")
        await pilot.resize_terminal(*size)
        await settled(pilot)
        assert all(strip.cell_length == size[0] for strip in app.screen._compositor.render_strips())
        assert app.grid.key == 999


async def test_a_change_told_right_after_a_resize_is_painted() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = await show(pilot, range(3))
        app.grid.styles.height = 20  # as where a line comes up below it
        await settled(pilot)
        app.grid.update([(1, (1, "changed"))])
        await settled(pilot)
        assert "changed" in app.lines[2]


async def test_a_change_told_while_the_row_is_read_is_not_taken_back_by_what_was_read() -> None:
    async with Shelf().run_test(size=(80, 24)) as pilot:
        app = pilot.app
        assert isinstance(app, Shelf)
        app.grid.show(range(3))
        for _ in range(100):
            if app.asked:
                break
            await asyncio.sleep(0)
        app.grid.update([(1, (1, "newer"))])
        await settled(pilot)
        assert "newer" in app.lines[2]
