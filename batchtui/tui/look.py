"""How pictures come by their colours: every widget asks the app it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from rich.style import Style

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from batchtui.tui.pieces import Tones


@dataclass(frozen=True, slots=True)
class Painting:
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


class HasLook(Protocol):
    """An app that knows how it looks."""

    painting: Painting


def look_of(node: DOMNode) -> Painting:
    """Return how the app of this widget paints."""
    return cast("HasLook", node.app).painting
