"""`Painter` turns spans into strips of styled text, and `painter_of` finds the one of the app.

Widgets ask the app with every line they paint, so a change of theme needs no message to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from batchtui.tui.rendering.spans import Span, Tone, Tones, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.dom import DOMNode

_TYPEWRITER = str.maketrans("·…“”‘’—–−←→↑↓⏎─│•▸▾≠›‹", "-~\"\"''---<>^v<-|*>v!><")
"""Characters of ours that ASCII does not have, each with one of the same width."""


@dataclass(frozen=True, slots=True)
class Painter:
    """The styles of all tones, and whether only ASCII may be drawn."""

    tones: Tones
    cursor: Style
    """The style laid over the row under the cursor."""
    plain: bool = False
    """Whether only ASCII may be drawn."""

    @property
    def cursor_tones(self) -> Tones:
        """The styles in the cursor's row: none where it is reversed, since colours would become grounds there."""
        if not self.cursor.reverse:
            return self.tones
        return {**dict.fromkeys(self.tones, Style()), Tone.HIT: Style(bold=True, underline=True)}

    def strip(self, pieces: Sequence[Span], columns: int, base: Style, tones: Tones | None = None) -> Strip:
        """Return one styled line, cut or filled to exactly so many columns."""
        styles = tones or self.tones
        segments = [
            Segment(piece.text.translate(_TYPEWRITER) if self.plain else piece.text, base + styles[piece.tone])
            for piece in fit(pieces, columns)
            if piece.text
        ]
        # Neighbours of one style become one: each change of style costs forty bytes on the wire.
        return Strip(segments, max(0, columns)).simplify()


class HasPainter(Protocol):
    """An app that has a painter."""

    painter: Painter


def painter_of(node: DOMNode) -> Painter:
    """Return the painter of the app that a widget belongs to."""
    return cast("HasPainter", node.app).painter
