"""`Footer` is the bottom line: what can be done here, in groups, and at its right end what can be done anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.tui.commands.keymap import display_key
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, width
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from textual import events

    from batchtui.tui.commands.table import Command, Offer

GAP = 2
"""Spaces between two commands of a group."""
MOST_GENERAL = 4
"""General commands that are shown: they are the same everywhere, and the help lists them all."""
BETWEEN = Span(" ·  ", Tone.FAINT)
"""What separates the commands that show something from those that do something."""


class Footer(LinesView):
    """One line at the bottom of every screen. A click on a command carries it out."""

    DEFAULT_CSS = "Footer { height: 1; }"

    def __init__(self, offers: Callable[[], Sequence[Offer]], carry_out: Callable[[Command], Awaitable[None]]) -> None:
        super().__init__()
        self._carry_out = carry_out
        self._offers = offers
        self._spans: list[tuple[int, int, Command]] = []
        """First column and end column of each command, for the mouse."""

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the line: the screen's own commands at the left, general ones dim at the right."""
        groups = self._chosen(columns - 2)
        self._spans = []
        pieces: list[Span] = [Span(" ")]
        x = 1
        for at, group in enumerate(groups):
            if at == len(groups) - 1:
                wide = sum(self._wide(offer) for offer in group)
                pieces.append(Span(" " * (columns - 1 + GAP - x - wide)))
                x = columns - 1 + GAP - wide
            elif at and group and groups[0]:
                pieces.append(BETWEEN)
                x += width((BETWEEN,))
            for command, key in group:
                said = self._said(command, key, is_general=at == len(groups) - 1)
                pieces += [*said, Span(" " * min(GAP, columns - x - width(said)))]
                self._spans.append((x, x + width(said), command))
                x += width(said) + GAP
        return [tuple(pieces)]

    def _chosen(self, room: int) -> list[list[Offer]]:
        """Return what there is room for, by priority: commands that show, that act, and general ones."""
        # Sorted by priority and stable, so equal ones keep the order of the table.
        offers = sorted((offer for offer in self._offers() if offer[0].worth), key=lambda offer: -offer[0].worth)
        kept: list[Offer] = []
        for offer in offers:
            if sum(map(self._wide, (*kept, offer))) + width((BETWEEN,)) <= room + GAP:
                kept.append(offer)
        groups: list[list[Offer]] = [[], [], []]
        for command, key in kept:
            groups[2 if command.scope is Scope.EVERYWHERE else int(command.is_operation)].append((command, key))
        # The key that everybody looks for stands in the corner.
        return [*groups[:2], groups[2][:MOST_GENERAL][::-1]]

    def _wide(self, offer: Offer) -> int:
        return width(self._said(*offer)) + GAP

    def _said(self, command: Command, key: str, *, is_general: bool = False) -> Line:
        shown = display_key(key, plain=painter_of(self).plain)
        return (
            Span(shown, Tone.DIM if is_general else Tone.STRONG),
            Span(f" {command.title}", Tone.PALE if is_general else Tone.DIM),
        )

    async def on_click(self, event: events.Click) -> None:
        """Carry out the command under the mouse."""
        for start, end, command in self._spans:
            if start <= event.x < end:
                await self._carry_out(command)
                return
