"""`Footer` is the bottom line: the most important commands that there is room for, and how much of a list is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.tui.commands.keymap import display_key
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, width
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from textual import events

    from batchtui.tui.commands.table import Command, Offer


class Footer(LinesView):
    """One line at the bottom of every screen. A click on a command carries it out."""

    DEFAULT_CSS = "Footer { height: 1; }"

    def __init__(
        self,
        offers: Callable[[], Sequence[Offer]],
        aside: Callable[[], Line],
        carry_out: Callable[[Command], Awaitable[None]],
    ) -> None:
        super().__init__()
        self._carry_out = carry_out
        self._offers = offers
        self._aside = aside
        self._spans: list[tuple[int, int, Command]] = []

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the line: commands by priority at the left, what the screen says at the right."""
        aside = self._aside()
        room = columns - width(aside) - 1
        pieces: list[Span] = [Span(" ")]
        self._spans = []
        x = 1
        # Sorted by priority and stable, so equal ones keep the order of the table.
        for command, key in sorted(self._offers(), key=lambda offer: -offer[0].worth):
            words = (
                Span(display_key(key, plain=painter_of(self).plain), Tone.STRONG),
                Span(f" {command.title}   ", Tone.DIM),
            )
            taken = width(words)
            if command.worth and x + taken <= room:
                pieces += words
                self._spans.append((x, x + taken - 3, command))
                x += taken
        return [(*pieces, Span(" " * max(0, columns - x - width(aside) - 1)), *aside, Span(" "))]

    async def on_click(self, event: events.Click) -> None:
        """Carry out the command under the mouse."""
        for start, end, command in self._spans:
            if start <= event.x < end:
                await self._carry_out(command)
                return
