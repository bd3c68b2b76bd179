"""A rule with the name of what is below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, plain, width
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Sequence


def shortened(text: str, most: int) -> str:
    """Return a text in so many columns at most."""
    pieces = (Span(text),)
    return text if width(pieces) <= most else plain(fit(pieces, most))


class TitledRule(LinesView):
    """Divides, says what comes, and whether keys arrive there."""

    DEFAULT_CSS = "TitledRule { height: 1; }"

    def __init__(self, words: str, aside: str = "", *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._words = words
        self._aside = aside
        self._is_ahead = False

    def say(self, words: str, aside: str = "") -> None:
        """Name what is below it now, and what there is to say about it."""
        self._words, self._aside = words, aside
        self.redraw()

    def mark(self, *, is_ahead: bool) -> None:
        """Show whether keys arrive below."""
        self._is_ahead = is_ahead
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Draw the line."""
        rule = "-" if painter_of(self).plain else "─"
        name = Span(f" {self._words} ", Tone.ACCENT if self._is_ahead else Tone.DIM)
        most = columns - width([name]) - 5
        aside = Span(f" {shortened(self._aside, most)} " if self._aside and most > 0 else "", Tone.DIM)
        room = columns - width([name, aside]) - 2
        return [(Span(rule, Tone.FAINT), name, Span(rule * max(1, room), Tone.FAINT), aside, Span(rule, Tone.FAINT))]
