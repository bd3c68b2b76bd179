"""How pictures come by their colours: every widget asks the app it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from batchtui.tui.rendering.spans import Span, Tones, fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.dom import DOMNode

_TYPEWRITER = str.maketrans("·…“”‘’—–−←→↑↓⏎─│•▸▾≠", "-~\"\"''---<>^v<-|*>v!")
"""Signs of ours that a typewriter does not have, each for one that takes as many columns."""


@dataclass(frozen=True, slots=True)
class Painter:
    """What is needed to paint: styles, and whether only ASCII may be drawn."""

    tones: Tones
    cursor: Style
    """Laid over the row under the cursor."""
    plain: bool = False
    """Only ASCII."""

    @property
    def cursor_tones(self) -> Tones:
        """The styles within the cursor's row: where that is painted in reverse, colours would turn into grounds."""
        return dict.fromkeys(self.tones, Style()) if self.cursor.reverse else self.tones

    def strip(self, pieces: Sequence[Span], columns: int, base: Style, tones: Tones | None = None) -> Strip:
        """Return one painted line, exactly so many columns wide."""
        styles = tones or self.tones
        segments = [
            Segment(piece.text.translate(_TYPEWRITER) if self.plain else piece.text, base + styles[piece.tone])
            for piece in fit(pieces, columns)
            if piece.text
        ]
        # Neighbours of one style become one: each change of style costs forty bytes on the wire.
        return Strip(segments, max(0, columns)).simplify()


class HasLook(Protocol):
    """An app that knows how it looks."""

    painting: Painter


def painter_of(node: DOMNode) -> Painter:
    """Return how the app of this widget paints."""
    return cast("HasLook", node.app).painting
