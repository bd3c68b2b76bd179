"""A rule: one thin line across, where others would draw a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Sequence


class Rule(LinesView):
    """Divides; says nothing."""

    DEFAULT_CSS = "Rule { height: 1; }"

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Draw the line."""
        return [(Span(("-" if painter_of(self).plain else "─") * columns, Tone.FAINT),)]
