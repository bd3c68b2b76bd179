"""What every list screen shares: the row in the path rule, a detail that follows the cursor, commands that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.tui.chrome.list_screen import UNMARKED, UNSORTED, ListScreen
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.widgets.grid.grid import Grid
from batchtui.tui.widgets.lines_view import ItemView
from tests.tui.stage import stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from batchtui.services.workspace import Workspace

COLUMNS = (Column("word", "WORD", 10, 20, 100, fixed=True),)


class Letter(ItemView[str]):
    """Draws the word under the cursor."""

    DEFAULT_CSS = "Letter { height: 1; }"

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return it."""
        return [(Span(f"about {self.item}"),)]


class Words(ListScreen[str]):
    """A list of three words."""

    SCOPES = (Scope.LIST, Scope.EVERYWHERE)
    TITLE_IN_PATH = "Words"
    DETAIL_TITLE = "the word"
    UNAVAILABLE = UNSORTED

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self.items = ("alpha", "beta", "gamma")
        self.detail = Letter()
        self.grid = Grid(COLUMNS, self.page, lambda item, _column, _width: (Span(item),), id="words")

    def on_mount(self) -> None:
        """Show them."""
        self.grid.update(enumerate(self.items))
        self.grid.show(range(len(self.items)))

    def aside(self) -> Line:
        """Return what they are sorted by."""
        return (Span("by alphabet", Tone.DIM),)


async def test_the_position_and_the_detail_follow_the_cursor(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as shown:
        await shown.app.push_screen(Words(shown.workspace))
        await shown.shows("─ Batches › Words ─", "by alphabet · row 1 of 3 ─", "─ the word ─", "about alpha")
        await shown.press("j", "j")
        await shown.shows("row 3 of 3", "about gamma")


async def test_marks_are_counted_beside_the_position(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as shown:
        await shown.app.push_screen(Words(shown.workspace))
        await shown.press("space")
        await shown.shows("by alphabet · 1 marked · row 2 of 3")


async def test_keys_arrive_in_the_list_and_what_means_nothing_there_is_not_offered(tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        screen = Words(shown.workspace)
        await shown.app.push_screen(screen)
        await shown.shows("row 1 of 3")
        assert screen.grid.has_focus
        offered = {command.id for command, _ in screen.offers()}
        assert "list.mark" in offered
        assert not offered & UNSORTED
        assert offered >= UNMARKED


async def test_an_item_that_went_while_the_list_asked_for_it_is_left_out(tmp_path: Path) -> None:
    async with stage(tmp_path) as shown:
        screen = Words(shown.workspace)
        assert await screen.page([0, 7]) == [(0, "alpha")]
