"""`HintLine` shows the hint of the moment above the footer: what happens now, and which key to try next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.tui.commands.key_text import key_of, with_keys
from batchtui.tui.commands.table import BY_ID
from batchtui.tui.hints.guide import way_to
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import GAP, Line, Span, Tone, fit, flow, width
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from batchtui.tui.commands.keymap import Keymap
    from batchtui.tui.commands.table import Scope
    from batchtui.tui.hints.guide import Hint

LOW = 20
"""Rows of a terminal below which only the key is shown."""
LONGEST = 2
"""Lines of text at most; hints are written to need no more at 80 columns."""


class HintLine(LinesView):
    """Draws the hint; without one it takes no room."""

    DEFAULT_CSS = "HintLine { height: auto; display: none; }"

    def __init__(
        self, hint: Callable[[], Hint | None], keymap: Callable[[], Keymap], scopes: Collection[Scope]
    ) -> None:
        super().__init__()
        self._hint = hint
        self._keymap = keymap
        self._scopes = scopes

    def tell(self) -> None:
        """Show the hint there is now."""
        self.display = self._hint() is not None
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the text of the hint, and below it the key to try."""
        hint = self._hint()
        if hint is None:
            return ()
        plain, keymap = painter_of(self).plain, self._keymap()
        chip = (Span(f" {hint.chip} ", Tone.CHIP), GAP)
        to_try = self._to_try(hint, keymap, plain=plain)
        # On a low screen the list needs the rows; the key alone takes one.
        is_low = bool(hint.command) and self.screen.size.height < LOW
        if not hint.said or is_low:
            return self._last((*chip, *to_try), columns, keymap, hint, plain=plain)
        said = flow((*chip, *with_keys(hint.said, keymap, Tone.TEXT, plain=plain)), columns - 2)[:LONGEST]
        return [
            *((Span(" "), *line) for line in said),
            *self._last(to_try, columns, keymap, hint, plain=plain),
        ]

    def _to_try(self, hint: Hint, keymap: Keymap, *, plain: bool) -> Line:
        if not hint.command:
            return ()
        if hint.is_done:
            return (Span("+ " if plain else "✓ ", Tone.GOOD), *with_keys(hint.does, keymap, Tone.DIM, plain=plain))
        # Where the command is not heard here, the key that leads there comes first.
        way, leads = way_to(hint.place or BY_ID[hint.command].scope, self._scopes)
        first = (Span(key_of(way, keymap, plain=plain), Tone.ACCENT), Span(f" {leads} ")) if way else ()
        does = with_keys(f" {hint.does}", keymap, Tone.TEXT, plain=plain)
        return (*first, Span(key_of(hint.command, keymap, plain=plain), Tone.ACCENT), *does)

    def _last(self, left: Line, columns: int, keymap: Keymap, hint: Hint, *, plain: bool) -> list[Line]:
        """Return the key to try, and at the right end of its last line how to go on or put the hints away."""
        off = "end tour" if hint.chip.startswith("tour") else "no hints"
        away = with_keys(f"[{{hint.skip}}] next  [{{hint.off}}] {off}", keymap, Tone.DIM, plain=plain)
        room = columns - width(away) - 3
        # Each line begins with a space, like what is said above.
        flowed = flow(left, columns - 2) if width(left) >= room else [left]
        *lines, last = [(Span(" "), *line) for line in flowed]
        if width(last) > room:
            lines, last = [*lines, last], ()
        return [*lines, (*fit(last, room), Span("  "), *away, Span(" "))]
