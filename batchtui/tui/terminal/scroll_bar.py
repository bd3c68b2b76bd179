"""Scroll bars of whole cells: without signs that a typewriter has not, and with fewer bytes when they move."""

from __future__ import annotations

from typing import ClassVar

from textual.scrollbar import ScrollBar, ScrollBarRender


class WholeCells(ScrollBarRender):
    """Draws no eighths of a cell, only cells in the colour of the bar."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]


def use_whole_cells() -> None:
    """Have all scroll bars of this process drawn so: Textual knows but one way to draw them."""
    ScrollBar.renderer = WholeCells
