"""`FormGrid` is a form: a field a row with all its choices in sight, and at the end the button that does it.

It is a `Grid`, so its keys and the mouse are those of every list; left and right go on to the next choice. What a
field changes is decided by the screen, which makes the fields anew from what was chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from textual.geometry import Region
from textual.message import Message

from batchtui.text.safe import one_line
from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.rendering.columns import Column
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, elide_middle, fit, width
from batchtui.tui.widgets.grid.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from textual import events

COLUMNS = (Column("title", "", 12, 14, 100, fixed=True), Column("value", "", 20, 400, 95, fixed=True))
ARROWS, ARROWS_PLAIN = ("‹", "›"), ("<", ">")
"""Stand around one choice of many."""
OPEN_BOX = "[ "
"""Begins a box to type in."""
BOX = 40
"""Columns of a field that is typed in, at most."""


class FieldKind(StrEnum):
    """How a field is filled in."""

    CHOICE = "choice"
    SWITCH = "switch"
    TEXT = "text"
    BUTTON = "button"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form."""

    id: str
    title: str
    """What stands before it; of a button what stands on it, with keys in braces."""
    kind: FieldKind
    value: str = ""
    """The choice in force, or the text; of a switch what it means now."""
    choices: tuple[str, ...] = ()
    is_on: bool = False
    """Whether a switch is on, or a button can be pressed."""
    note: str = ""
    """What is said beside it."""


class FormGrid(Grid[Field]):
    """A form. It posts what is asked for and changes nothing itself."""

    class Stepped(Message):
        """Another choice is asked for: the one after, or with -1 before, the one in force."""

        def __init__(self, key: int, step: int) -> None:
            super().__init__()
            self.key = key
            self.step = step

    class Picked(Message):
        """A choice was picked with the mouse."""

        def __init__(self, key: int, choice: str) -> None:
            super().__init__()
            self.key = key
            self.choice = choice

    def __init__(self, fetch: Callable[[Sequence[int]], Awaitable[Sequence[tuple[int, Field]]]], *, id: str) -> None:  # noqa: A002  (Textual's name)
        super().__init__(COLUMNS, fetch, self._paint_field, id=id)

    def _paint_field(self, item: Field, column: Column, width: int) -> Line:
        if column.id == "title":
            return () if item.kind is FieldKind.BUTTON else (Span(item.title, Tone.DIM),)
        if item.kind is FieldKind.BUTTON:
            tone = Tone.CHIP if item.is_on else Tone.PALE
            return text_with_keys(self, f" {item.title} ", tone, tone)
        return field_line(item, width, plain=painter_of(self).plain)

    def region_of_text(self) -> Region:
        """Return where on the screen the box of the field under the cursor is filled in."""
        cell = self.region_of_cell("value")
        room = text_room(self.item, cell.width) if self.item is not None else cell.width
        return Region(cell.x + len(OPEN_BOX), cell.y, room, 1)

    def _action_list_right(self) -> None:
        self._step(1)

    def _action_list_left(self) -> None:
        self._step(-1)

    def _step(self, step: int) -> None:
        if self.key is not None:
            self.post_message(self.Stepped(self.key, step))

    def on_click(self, event: events.Click) -> None:
        """Pick the choice under the mouse; on any other part of a field do what enter does."""
        row = self._top + event.y - 1
        if not 0 <= row < len(self.order):
            return
        event.prevent_default()
        self.go_to(row)
        item, place = self.item, self.layout_now.places[1]
        if item is None or self.key is None or event.x < place.x:
            return
        picked = choice_at(item, event.x - place.x, place.width)
        if picked is not None:
            self.post_message(self.Picked(self.key, picked))
        elif item.kind is not FieldKind.CHOICE:
            self._action_list_open()


def field_line(item: Field, columns: int, *, plain: bool) -> Line:
    """Return a field as it is filled in: all choices beside each other, a box that is checked, or one to type in."""
    note = (Span(f"  {item.note}", Tone.DIM),) if item.note else ()
    if item.kind is FieldKind.SWITCH:
        box = Span("[x] " if item.is_on else "[ ] ", Tone.ACCENT if item.is_on else Tone.DIM)
        return (box, Span(item.value, Tone.STRONG if item.is_on else Tone.TEXT), *note)
    if item.kind is FieldKind.TEXT:
        return (*text_box(item.value, text_room(item, columns)), *note)
    pieces = _choices(item)
    if _fits(item, columns):
        return (*pieces, *note)
    return _one_of_many(item, plain=plain)


def _choices(item: Field) -> list[Span]:
    # In brackets, too: in the reversed row under the cursor, and without colour, a ground of its own does not show.
    return [
        Span(f"[{choice}]", Tone.CHIP) if choice == item.value else Span(f" {choice} ", Tone.DIM)
        for choice in item.choices
    ]


def _fits(item: Field, columns: int) -> bool:
    """Whether there is room for all choices beside each other, and for what is said beside them."""
    note = width((Span(f"  {item.note}"),)) if item.note else 0
    return width(_choices(item)) + note <= columns


def text_room(item: Field, columns: int) -> int:
    """Return how many columns of a text there are between the brackets of its field."""
    note = width((Span(f"  {item.note}"),)) if item.note else 0
    return max(8, min(BOX, columns - note - 2 * len(OPEN_BOX)))


def text_box(value: str, room: int, otherwise: str = "") -> Line:
    """Return a box to type in with this text in it; `otherwise` says what an empty one means."""
    text = one_line(value)
    inside = fit((Span(elide_middle(text or otherwise, room), Tone.STRONG if text else Tone.PALE),), room)
    return (Span(OPEN_BOX, Tone.DIM), *inside, Span(" ]", Tone.DIM))


def _one_of_many(item: Field, *, plain: bool) -> Line:
    """Return the choice in force alone, with how many there are: there is no room for all of them."""
    left, right = ARROWS_PLAIN if plain else ARROWS
    at = item.choices.index(item.value) + 1 if item.value in item.choices else 0
    chosen = Span(f"[{item.value}]", Tone.CHIP)
    return (Span(f"{left} ", Tone.DIM), chosen, Span(f" {right}  {at} of {len(item.choices)}", Tone.DIM))


def choice_at(item: Field, x: int, columns: int) -> str | None:
    """Return the choice at a column of the field; None where there is none, or only one of them is in sight."""
    if item.kind is not FieldKind.CHOICE or not _fits(item, columns):
        return None
    start = 0
    for choice, piece in zip(item.choices, _choices(item), strict=True):
        end = start + width([piece])
        if start <= x < end:
            return choice
        start = end
    return None


def stepped(item: Field, step: int) -> str:
    """Return the choice after the one in force, or with -1 before it; the first one where it is none of them."""
    if item.value not in item.choices:
        return item.choices[0]
    return item.choices[(item.choices.index(item.value) + step) % len(item.choices)]
