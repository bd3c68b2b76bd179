"""`Rule` is a thin line across, and `TitledRule` one with the name of what is below it.

They take one row where a frame would take two rows and two columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, plain, shorten, width
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Sequence


class Rule(LinesView):
    """A line without words."""

    DEFAULT_CSS = "Rule { height: 1; }"

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return a line across; of hyphens where only ASCII may be drawn."""
        return [(Span(("-" if painter_of(self).plain else "─") * columns, Tone.FAINT),)]


class TitledRule(LinesView):
    """A rule with the name of what is below it, what there is to say about that, and whether keys arrive there."""

    DEFAULT_CSS = "TitledRule { height: 1; }"

    def __init__(self, words: str, choices: Line = (), *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        """`words` name what is below; `choices` stand at the right end and are never cut."""
        super().__init__(id=id)
        self._words = words
        self._aside = ""
        self._choices = choices
        self._is_ahead = False

    def say(self, words: str, aside: str = "") -> None:
        """Name what is below it now, and say something about it at the right end, as far as there is room."""
        self._words, self._aside = words, aside
        self.redraw()

    def offer(self, choices: Line) -> None:
        """Show these choices at the right end."""
        self._choices = choices
        self.redraw()

    def mark(self, *, is_ahead: bool) -> None:
        """Show whether keys arrive below."""
        self._is_ahead = is_ahead
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the line: the name at the left, what is said about it at the right."""
        rule = "-" if painter_of(self).plain else "─"
        name = Span(f" {self._words} " if self._words else "", Tone.ACCENT if self._is_ahead else Tone.DIM)
        room = columns - width([name, *self._choices]) - 2
        right = self._choices
        # The name comes first; what is said about it gets what is left.
        if self._aside and room > 3:
            right = (Span(f" {plain(shorten([Span(self._aside)], room - 3))} ", Tone.DIM), *right)
        line = Span(rule * max(1, columns - width([name, *right]) - 2), Tone.FAINT)
        return [(Span(rule, Tone.FAINT), name, line, *right, Span(rule, Tone.FAINT))]
