"""`PairScreen` shows two answers to one request with their differences marked."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from batchtui.domain.results.comparison import AnswerChange
from batchtui.results.parsed_result import parse_result
from batchtui.text.safe import one_line
from batchtui.tui.chrome.base_screen import BaseScreen
from batchtui.tui.chrome.path_rule import row_words
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.answer import answer_parts
from batchtui.tui.rendering.plain import MOST_SHOWN, plain_lines, plain_parts, pretty_json
from batchtui.tui.rendering.spans import Line, Span, Tone, plain
from batchtui.tui.screens.compare.diff import side_by_side, unified
from batchtui.tui.screens.compare.headers import PairHeader
from batchtui.tui.terminal import external
from batchtui.tui.widgets.grid.viewport import next_match
from batchtui.tui.widgets.text_view import TextView
from batchtui.tui.workers import CoalescedWorker, run_guarded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.registry.results.pairs import Pair
    from batchtui.services.results.compare import Comparison
    from batchtui.services.workspace import Workspace
    from batchtui.tui.widgets.grid.grid import Grid

SIDE_BY_SIDE = 96
"""Columns from which on there is room for both texts beside each other."""
UNBROKEN = 1_000_000
"""Columns of a line for the pager, which wraps lines itself."""
CHANGES = [difference for difference in AnswerChange if difference.is_change]


class PairScreen(BaseScreen):
    """One pair of a comparison. Next and previous go through the list that it was opened from."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.PAIR)
    SCOPES = (Scope.PAIR, Scope.TEXT, Scope.EVERYWHERE)

    def __init__(self, workspace: Workspace, comparison: Comparison, grid: Grid[Pair]) -> None:
        super().__init__(workspace)
        self._comparison = comparison
        self._grid = grid
        self._head = PairHeader(comparison.first.name, comparison.second.name)
        self._prose = TextView()
        self._reading = CoalescedWorker(self, self._read)
        self._is_json = False
        self._custom_id = ""

    def content(self) -> Iterator[Widget]:
        """Lay out whose answers they are, and the answers."""
        yield self._head
        yield self._prose

    def on_mount(self) -> None:
        """Show the pair under the cursor of the list."""
        self._prose.focus()
        self._reading.request()

    async def _read(self) -> None:
        number = self._grid.key
        if number is None:
            return
        [pair] = await asyncio.to_thread(self._comparison.pairs.page, [number])
        # Results are read from the disk as they are looked at.
        first, second = await asyncio.to_thread(self._read_from_disk, number)
        self._head.show(pair)
        self._custom_id = pair.custom_id
        self._prose.show(partial(_differences, first, second))
        self.refresh_frame()

    def _read_from_disk(self, number: int, most: int | None = MOST_SHOWN) -> tuple[str, str]:
        said = _json if self._is_json else _text
        first, second = self._comparison.pairs.lines(number)
        return said(first, most), said(second, most)

    def crumbs(self) -> tuple[str, ...]:
        """Return the custom_id of the pair that is shown."""
        return (one_line(self._custom_id) or "pair",)

    def position(self) -> Line:
        """Return the position in the list."""
        what = (Span("JSON", Tone.DIM), Span(" · ", Tone.FAINT)) if self._is_json else ()
        return (*what, *row_words(self._grid.cursor, len(self._grid.order), "pair"))

    def _go(self, step: int) -> None:
        self._grid.go_to(self._grid.cursor + step)
        self._reading.request()

    def _action_pair_next(self) -> None:
        self._go(1)

    def _action_pair_previous(self) -> None:
        self._go(-1)

    def _action_pair_next_change(self) -> None:
        run_guarded(self, partial(self._go_to_change, 1), group="latest-change")

    def _action_pair_previous_change(self) -> None:
        run_guarded(self, partial(self._go_to_change, -1), group="latest-change")

    async def _go_to_change(self, step: int) -> None:
        # One byte a pair, so that a jump over a million of them takes no time.
        changes = await asyncio.to_thread(self._comparison.pairs.mask, CHANGES)
        row = next_match(self._grid.order, changes, self._grid.cursor, step)
        if row is None:
            self.dashboard.say(f"No pair {'below' if step > 0 else 'above'} this one has changed.")
        else:
            self._go(row - self._grid.cursor)

    def _action_pair_view(self) -> None:
        self._is_json = not self._is_json
        self._reading.request()

    async def _action_pair_pager(self) -> None:
        number = self._grid.key
        if number is not None:
            external.open_pager(self.app, await asyncio.to_thread(self._whole, number))

    def _whole(self, number: int) -> str:
        """Return both answers as one text, sanitised: `-` marks lines of the first, `+` of the second. Blocking."""
        first, second = self._read_from_disk(number, None)
        names = f"--- {one_line(self._comparison.first.name)}\n+++ {one_line(self._comparison.second.name)}\n"
        return names + "\n".join(plain(line) for line in unified(first, second, UNBROKEN))

    def _action_pair_copy_id(self) -> None:
        if self._grid.item is not None:
            self.dashboard.copy(self._grid.item.custom_id, self._grid.item.custom_id)


def _text(line: bytes | None, most: int | None) -> str:
    """Return an answer as its screen shows it, at most so many characters; empty where there is none."""
    if line is None:
        return ""
    return "\n".join(plain(part) for part in plain_parts(answer_parts(parse_result(line), most, raw=line), most))


def _json(line: bytes | None, most: int | None) -> str:
    """Return everything that the API sent, indented."""
    return "" if line is None else "\n".join(plain(part) for part in plain_lines(pretty_json(line), most))


def _differences(first: str, second: str, columns: int) -> Iterator[Line]:
    return (side_by_side if columns >= SIDE_BY_SIDE else unified)(first, second, columns)
