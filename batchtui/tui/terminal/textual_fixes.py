"""Work-arounds of Textual, and what has no public API: `QuietApp`, `CachedStylesheet`, `PaintedInput` and others.

An override of a private method dies silently when Textual renames it: text would be painted that drives the terminal,
or a failure would be painted over the screen. Therefore each is announced by `require`, which fails at import.
`tests/architecture/test_textual_internals.py` names every private part that is used here and in `driver.py`; Textual is
pinned below its next minor version and raised by hand (see CONTRIBUTING).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual._styles_cache import StylesCache
from textual.app import App
from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.style import Style
from textual.widgets import Input

if TYPE_CHECKING:
    from textual.color import Color


def require(owner: type, *names: str) -> None:
    """Fail where Textual's class does not have what is overridden or set here.

    Raises:
        ImportError: "Textual changed Input._value", say.
    """
    for name in names:
        if not hasattr(owner, name):
            raise ImportError(f"Textual changed {owner.__name__}.{name}: batchtui needs a version that has it.")


require(App, "_fatal_error", "_close_messages_no_wait")
require(Input, "_value", "_position_to_cell")
require(ScrollBar, "renderer")
require(StylesCache, "get_inner_outer")
require(ScrollBarRender, "VERTICAL_BARS", "HORIZONTAL_BARS")
require(Stylesheet, "set_variables", "reparse", "parse")


class QuietApp(App[int]):
    """An app that leaves its terminal clean: a failure that ends it is kept for the caller, not painted."""

    def _fatal_error(self) -> None:
        # Textual's own prints a traceback with the values of all local variables: prompts and keys among them.
        self._close_messages_no_wait()

    @property
    def failure(self) -> Exception | None:
        """The exception that ended the app; None where it was left by a person or a signal."""
        return self._exception

    def write_to_terminal(self, sequence: str) -> None:
        """Write a control sequence, such as a window title, between two frames; nothing where no terminal is there."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)


class CachedStylesheet(Stylesheet):
    """A stylesheet that parses the rules of each widget once for a theme.

    Textual remembers those of 64 widgets and goes through all of them in turn, so that from the 65th on it remembers
    none; and it forgets them when a theme is set that was in force already, as at every start.
    """

    def __init__(self, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._parse_cache = LRUCache(1024)

    def set_variables(self, variables: dict[str, str]) -> None:
        """Set the variables of the theme; what was parsed with the same ones is kept."""
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        """Parse what was not parsed with these variables yet."""
        # Textual's own parses into a new stylesheet, which remembers nothing, to keep this one whole after an error:
        # `parse` keeps it whole as well.
        self.parse()


class PaintedInput(Input):
    """An `Input` whose text is painted as `painted` returns it, while its value stays as it was typed.

    Textual has a highlighter for styles, but nothing that replaces characters.
    """

    def painted(self, text: str) -> str:
        """Return what is painted for a text; of the same number of characters, so that the cursor stands right."""
        raise NotImplementedError

    @property
    def _value(self) -> Text:
        return Text(self.painted(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        return cell_len(self.painted(self.value[:position]))


class WholeCellScrollBar(ScrollBarRender):
    """Draws scroll bars of whole cells: the eighths of a cell are not in ASCII, and cost bytes with every move."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]


def use_whole_cells() -> None:
    """Have all scroll bars of this process drawn by `WholeCellScrollBar`: Textual has one renderer for all."""
    ScrollBar.renderer = WholeCellScrollBar


@lru_cache(1024)
def _inner_outer(base_background: Color, background: Color) -> tuple[Style, Style]:
    return Style(background=base_background + background), Style(background=base_background)


def _get_inner_outer(_: StylesCache, base_background: Color, background: Color) -> tuple[Style, Style]:
    return _inner_outer(base_background, background)


def let_go_of_closed_widgets() -> None:
    """Have Textual free what a closed screen has painted.

    `StylesCache.get_inner_outer` is a method with an `lru_cache` of 1,024 entries, each of which keeps a widget's cache
    with all its lines: opening the help 300 times cost 40 MB. The same is remembered here without the widget.
    """
    StylesCache.get_inner_outer = _get_inner_outer  # type: ignore[method-assign, assignment]
