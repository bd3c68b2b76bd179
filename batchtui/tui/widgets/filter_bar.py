"""`FilterBar` is the line in which a filter is typed, with suggestions below it, and its terms as chips afterwards.

It knows text only: the screen reads the filter, and gives it what can follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal, Vertical
from textual.message import Message

from batchtui.text.safe import one_line
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.spans import Line, Span, Tone, width
from batchtui.tui.widgets.lines_view import LinesView
from batchtui.tui.widgets.safe_input import SafeInput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widgets import Input

    from batchtui.text.filters.completion import Continuation

    Completing = Callable[[str, int], list[Continuation]]
    """How a text can be completed at a place in it."""

PAGE = 5
"""Suggestions that page up and page down move by."""


class FilterBar(Vertical):
    """Shown while a filter is typed or in force."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.FIELD)

    class Changed(Message):
        """The text of the filter has changed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """Typing is over, and the list should take the focus."""

    def __init__(self, placeholder: str, *, completing: Completing | None = None) -> None:
        super().__init__()
        self._completing = completing
        self._field = SafeInput(placeholder=placeholder)
        self._chips = _Chips(self.edit)
        self._said = _Said(id="filter-said")
        self._ways = _Suggestions()
        self.display = False

    def compose(self) -> ComposeResult:
        """Lay out the sign, the field, the chips and what the filter leaves; below them the suggestions."""
        with Horizontal():
            yield _Said(Span(" / ", Tone.ACCENT), id="filter-sign")
            yield self._field
            yield self._chips
            yield self._said
        yield self._ways

    @property
    def text(self) -> str:
        """What is typed."""
        return self._field.value

    def open(self, text: str | None = None) -> None:
        """Show the bar: with the focus, or with a text that is in force already."""
        self.display = True
        if text is not None:
            self._field.value = text
            self._show_field(self._field.has_focus)
        else:
            self.edit()

    def edit(self) -> None:
        """Take the focus."""
        self._show_field(True)
        self._field.focus()
        self._offer()

    def close(self) -> None:
        """Clear the filter and hide the bar."""
        self._field.value = ""
        self._show_chips(())
        self.display = False
        self.post_message(self.Left())

    def say(self, *pieces: Span, chips: Sequence[str] = ()) -> None:
        """Show at the end of the line what the filter leaves; `chips` are the terms in force."""
        self._said.say(*pieces)
        self._show_chips(chips)

    def _show_chips(self, chips: Sequence[str]) -> None:
        self._chips.show(chips)
        self._show_field(self._field.has_focus)

    def _show_field(self, is_typed: bool) -> None:
        # Field and chips share one place: words while typing, chips afterwards.
        self._field.display = is_typed or not self._chips.are_any
        self._chips.display = not self._field.display
        self._ways.display = is_typed and self._completing is not None

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while typing."""
        event.stop()
        self._offer()
        self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the filter and leave the field; an empty one hides the bar."""
        event.stop()
        # An empty filter is none.
        if not event.value.strip():
            self.display = False
        self.post_message(self.Left())

    def on_descendant_blur(self) -> None:
        """Show the chips, now that nobody types."""
        self._show_field(False)

    # ── going on ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _offer(self) -> None:
        if self._completing is not None:
            self._ways.show(self._completing(self._field.value, self._field.cursor_position))

    def _action_field_complete(self) -> None:
        way = self._ways.chosen
        if way is not None:
            self._field.value = way.text
            self._field.cursor_position = way.at

    def _action_field_down(self) -> None:
        self._ways.choose(1)

    def _action_field_up(self) -> None:
        self._ways.choose(-1)

    def _action_field_page_down(self) -> None:
        self._ways.choose(PAGE)

    def _action_field_page_up(self) -> None:
        self._ways.choose(-PAGE)

    def _action_field_close(self) -> None:
        self.close()


class _Said(LinesView):
    """A few words on one line, as wide as they are."""

    def __init__(self, *pieces: Span, id: str) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._pieces = pieces

    def say(self, *pieces: Span) -> None:
        self._pieces = pieces
        # As wide as its words, so that the field gets the rest.
        self.styles.width = width(pieces)
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        return [self._pieces]


class _Chips(LinesView):
    """The terms in force, a chip each. A click goes back to typing."""

    def __init__(self, edit: Callable[[], None]) -> None:
        super().__init__(id="filter-chips")
        self._shown: Sequence[str] = ()
        self._edit = edit

    @property
    def are_any(self) -> bool:
        return bool(self._shown)

    def show(self, shown: Sequence[str]) -> None:
        self._shown = shown
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        line: list[Span] = []
        for text in self._shown:
            line += [Span(f" {one_line(text)} ", Tone.CHIP), Span(" ")]
        return [tuple(line)]

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self._edit()


class _Suggestions(LinesView):
    """How the typed text may continue; tab takes the one on a ground of its own."""

    def __init__(self) -> None:
        super().__init__(id="filter-ways")
        self._ways: Sequence[Continuation] = ()
        self._chosen = 0

    @property
    def chosen(self) -> Continuation | None:
        return self._ways[self._chosen] if self._ways else None

    def show(self, ways: Sequence[Continuation]) -> None:
        self._ways, self._chosen = ways, 0
        self.redraw()

    def choose(self, step: int) -> None:
        if self._ways:
            self._chosen = (self._chosen + step) % len(self._ways)
            self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        if not self._ways:
            return [()]
        line: list[Span] = [Span(" tab ", Tone.STRONG)]
        first = self._first_in_sight(columns - width(line))
        # The chosen suggestion is always in sight.
        for at, way in enumerate(self._ways[first:], first):
            line += [Span(f" {one_line(way.label)} ", Tone.CHIP if at == self._chosen else Tone.DIM)]
        return [tuple(line)]

    def _first_in_sight(self, room: int) -> int:
        """Return the first suggestion to draw, so that the chosen one is in sight."""
        first, taken = self._chosen, 0
        for at in range(self._chosen, -1, -1):
            taken += len(one_line(self._ways[at].label)) + 2
            if taken > room:
                break
            first = at
        return first
