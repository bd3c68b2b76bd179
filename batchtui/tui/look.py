"""How pictures come by their colours: every widget asks the app it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from rich.style import Style
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


class HasLook(Protocol):
    """An app that knows how it looks."""

    painting: Painting


def look_of(node: DOMNode) -> Painting:
    """Return how the app of this widget paints."""
    return cast("HasLook", node.app).painting
