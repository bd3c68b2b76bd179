"""A rule: one thin line across, where others would draw a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.tui.rendering.painter import look_of
from batchtui.tui.rendering.spans import Line, Piece, Tone
from batchtui.tui.widgets.lines_view import Picture

if TYPE_CHECKING:
    from collections.abc import Sequence


class Rule(Picture):
    """Divides; says nothing."""

    DEFAULT_CSS = "Rule { height: 1; }"

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Draw the line."""
        return [(Piece(("-" if look_of(self).plain else "─") * columns, Tone.FAINT),)]
