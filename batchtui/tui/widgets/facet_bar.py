"""`FacetBar` is a line of kinds with their numbers, of which one is in force, such as outcomes of results.

It filters nothing: the screen does when it gets `Chosen`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from textual.message import Message

from batchtui.text.numbers import count
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, width
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual import events

    from batchtui.text.glyphs import Sign

T = TypeVar("T")


class FacetBar(LinesView, Generic[T]):
    """Shows how many items there are of each kind, and which kind is shown."""

    DEFAULT_CSS = "FacetBar { height: auto; }"

    class Chosen(Message):
        """One kind is to be shown, or all of them for None."""

        def __init__(self, choice: Any) -> None:
            super().__init__()
            self.choice = choice

    def __init__(
        self, kinds: Mapping[T, tuple[Sign, Tone]], heading: str, keys: Callable[[int], str] = lambda _at: ""
    ) -> None:
        """Build it.

        Args:
            kinds: all kinds there may be, in their order.
            heading: what is shown before numbers are known.
            keys: returns the key of a choice by its place, from 0; empty where it has none.
        """
        super().__init__()
        self._keys = keys
        self._kinds = kinds
        self._heading = heading
        self._numbers: Mapping[T, int] = {}
        self._only: T | None = None
        self._besides = ""
        self._places: list[tuple[int, int, int, T | None]] = []
        """Row, first column and end column of each choice, for the mouse."""

    def show(self, numbers: Mapping[T, int], only: T | None, *, besides: str = "") -> None:
        """Draw these numbers with one kind in force; `besides` names another filter that is in force instead."""
        self._numbers, self._only, self._besides = numbers, only, besides
        self.redraw()

    @property
    def choices(self) -> list[T | None]:
        """What can be chosen, in the order shown: all of them, which is None, then each kind that occurs."""
        return [None, *(kind for kind in self._kinds if self._numbers.get(kind))]

    def next(self, step: int) -> T | None:
        """Return the kind after the one in force, or before it for a step of -1."""
        choices = self.choices
        at = choices.index(self._only) if self._only in choices else 0
        return choices[(at + step) % len(choices)]

    def has(self, number: int) -> bool:
        """Return whether there is a choice of this number; 1 is all of them."""
        return 0 < number <= len(self.choices)

    def choice(self, number: int) -> T | None:
        """Return the kind of this number; None for 1, which is all of them.

        Raises:
            IndexError: there is none; see `has`.
        """
        return self.choices[number - 1]

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Draw the kinds on as many lines as they need: a sign without its word is not understood."""
        if not self._numbers:
            return [(Span(f" {self._heading}", Tone.HEADING),)]
        lines: list[list[Span]] = [[]]
        # Where each choice was drawn, since clicks come with positions.
        self._places = []
        x = 0
        for at, choice in enumerate(self.choices):
            key = self._keys(at)
            pieces = (Span(f"[{key}]", Tone.DIM), self._piece(choice)) if key else (self._piece(choice),)
            taken = width(pieces)
            # A choice is never broken over two lines.
            if x and x + 1 + taken > columns:
                lines.append([])
                x = 0
            lines[-1] += [Span(" "), *pieces]
            self._places.append((len(lines) - 1, x + 1, x + 1 + taken, choice))
            x += taken + 1
        if self._besides:
            # Cut short it would not say which filter it is: it gets a line of its own where this one has no room.
            needed = min(len(self._besides), columns - 6) + 5
            lines.append([Span("  ")] if x + needed > columns else [*lines.pop(), Span("  ")])
            room = columns - width(lines[-1]) - 2
            lines[-1] += fit([Span(f" {self._besides} ", Tone.CHIP)], min(room, len(self._besides) + 2))
        return [tuple(line) for line in lines]

    def _piece(self, choice: T | None) -> Span:
        if choice is None:
            text, tone = f" {count(sum(self._numbers.values()))} all ", Tone.TEXT
        else:
            sign, tone = self._kinds[choice]
            text = f" {sign.glyph_in(plain=painter_of(self).plain)} {count(self._numbers[choice])} {sign.word} "
        return Span(text, Tone.CHIP if choice is self._only and not self._besides else tone)

    def on_click(self, event: events.Click) -> None:
        """Choose with the mouse."""
        for row, start, end, choice in self._places:
            if row == event.y and start <= event.x < end:
                self.post_message(self.Chosen(choice))
