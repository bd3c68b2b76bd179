"""Two answers to one request, with their differences marked."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from batchtui.answers.answer import read_answer
from batchtui.text.counts import count
from batchtui.tui.background import Latest
from batchtui.tui.bindings import bindings
from batchtui.tui.commands import Scope
from batchtui.tui.differing import below, beside
from batchtui.tui.passages import as_text
from batchtui.tui.pieces import Line, Piece, Tone, plain
from batchtui.tui.reading import answer_parts
from batchtui.tui.screens.frame import Frame
from batchtui.tui.widgets.pair_head import PairHead
from batchtui.tui.widgets.prose import Prose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.registry.result_pairs import Pair
    from batchtui.services.compare import Comparison
    from batchtui.services.workspace import Workspace
    from batchtui.tui.widgets.grid import Grid

SIDE_BY_SIDE = 96
"""Columns from which on there is room for two texts beside each other."""


class PairScreen(Frame):
    """One pair of a comparison. Next and previous go through the list that it was opened from."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.PAIR)
    SCOPES = (Scope.PAIR, Scope.TEXT, Scope.EVERYWHERE)

    def __init__(self, workspace: Workspace, comparison: Comparison, grid: Grid[Pair]) -> None:
        super().__init__(workspace)
        self._comparison = comparison
        self._grid = grid
        self._head = PairHead(comparison.first.name, comparison.second.name)
        self._prose = Prose()
        self._reading = Latest(self, self._read)

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
        pair, first, second = await asyncio.to_thread(self._read_from_disk, number)
        self._head.show(pair)
        self._prose.show(partial(_differences, first, second))
        self.refresh_footer()

    def _read_from_disk(self, number: int) -> tuple[Pair, str, str]:
        pairs = self._comparison.pairs
        first, second = (_text(line) for line in pairs.lines(number))
        return pairs.page([number])[0], first, second

    def aside(self) -> Line:
        """Say which one of how many it is."""
        return (Piece(f"{count(self._grid.cursor + 1)} of {count(len(self._grid.order))}", Tone.DIM),)

    def _go(self, step: int) -> None:
        self._grid.go_to(self._grid.cursor + step)
        self._reading.request()

    def _action_pair_next(self) -> None:
        self._go(1)

    def _action_pair_previous(self) -> None:
        self._go(-1)

    def _action_pair_copy_id(self) -> None:
        if self._grid.item is not None:
            self.dashboard.copy(self._grid.item.custom_id, self._grid.item.custom_id)


def _text(line: bytes | None) -> str:
    """Return an answer as its screen shows it as text; nothing where there is none."""
    return "" if line is None else "\n".join(plain(part) for part in as_text(answer_parts(read_answer(line))))


def _differences(first: str, second: str, columns: int) -> Iterator[Line]:
    return (beside if columns >= SIDE_BY_SIDE else below)(first, second, columns)
