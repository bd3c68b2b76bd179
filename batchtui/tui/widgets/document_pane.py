"""`DocumentPane` shows one document in a chosen view: as text, as rendered Markdown, or as a JSON tree."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from textual.containers import Vertical

from batchtui.results.json_line import UnreadableLine, parse_json_object
from batchtui.tui.rendering.markdown import rendered_parts
from batchtui.tui.rendering.plain import MOST_SHOWN, plain_lines, plain_parts, pretty_json
from batchtui.tui.rendering.spans import Line, Span, Tone, plain
from batchtui.tui.widgets.json_tree_view import JsonTreeView
from batchtui.tui.widgets.rule import TitledRule
from batchtui.tui.widgets.text_view import TextView
from batchtui.tui.workers import run_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.app import ComposeResult
    from textual.widget import Widget

    from batchtui.tui.rendering.plain import Part


class ViewMode(StrEnum):
    """How a document is shown."""

    TEXT = "text"
    RENDERED = "rendered"
    TREE = "JSON"


@dataclass(frozen=True, slots=True)
class Document:
    """One document: the parts it is read in, and its bytes."""

    parts: Callable[[int | None], Iterator[Part]]
    """Returns its parts; takes the characters of each, None for all. Called on threads."""
    raw: bytes = b""
    """Its JSON as it was received; empty where there is none."""


class DocumentPane(Vertical):
    """Shows one document below a rule with its name and the views it can have."""

    def __init__(self, title: str, *, id: str) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._title = TitledRule(title, _forms(ViewMode.TEXT))
        self._prose = TextView()
        self._tree = JsonTreeView()
        self._reading: Document | None = None
        self.form = ViewMode.TEXT

    def compose(self) -> ComposeResult:
        """Lay out the rule and both ways to read, of which one is hidden."""
        yield self._title
        yield self._prose
        yield self._tree
        self._tree.display = False

    @property
    def target(self) -> Widget:
        """The widget that takes the keys in this view."""
        return self._tree if self.form is ViewMode.TREE else self._prose

    @property
    def is_ahead(self) -> bool:
        """Whether the keys arrive here."""
        return self.target.has_focus

    def show(self, reading: Document, *, stays: bool = False) -> None:
        """Show another document in the same view, from its beginning; with `stays` from the same line on."""
        self._reading = reading
        self._draw(stays=stays)

    def find(self, text: str, *, moves: bool = True) -> None:
        """Mark a text in the text and Markdown views; see `TextView.find`."""
        self._prose.find(text, moves=moves)

    def to_hit(self, step: int) -> bool:
        """Go to the next place of the text that is searched for; a tree turns to text first. False where none is."""
        if self.form is ViewMode.TREE:
            self.turn()
        return self._prose.to_hit(step)

    def scroll_lines(self, lines: int) -> None:
        """Scroll by so many lines, upwards for a negative number."""
        (self._tree if self.form is ViewMode.TREE else self._prose).move(lines)

    @property
    def hits(self) -> tuple[int, int]:
        """The number of the place that was gone to, and of all places."""
        return self._prose.hits

    def turn(self) -> None:
        """Change to the next view, and keep the focus where it was here."""
        forms = list(ViewMode)
        had_keys = self.is_ahead
        self.form = forms[(forms.index(self.form) + 1) % len(forms)]
        self._prose.display = self.form is not ViewMode.TREE
        self._tree.display = self.form is ViewMode.TREE
        if had_keys:
            self.target.focus()
        self._draw()

    def _draw(self, *, stays: bool = False) -> None:
        self._title.offer(_forms(self.form))
        reading = self._reading
        if reading is None:
            return
        if self.form is ViewMode.TREE:
            # Parsing a large document takes time, so it happens on a thread; a newer document replaces this work.
            run_worker(self, partial(self._grow, reading), group="show-tree", exclusive=True)
        elif self.form is ViewMode.TEXT:
            self._prose.show(lambda _columns: plain_parts(reading.parts(MOST_SHOWN)), stays=stays)
        else:
            self._prose.show(lambda columns: rendered_parts(reading.parts(MOST_SHOWN), columns), stays=stays)

    async def _grow(self, reading: Document) -> None:
        self._tree.show(await asyncio.to_thread(_value, reading.raw))

    def whole(self) -> str:
        """Return all of the document for the pager, sanitised: JSON in the tree view, else text. Blocking."""
        if self._reading is None:
            return ""
        if self.form is ViewMode.TREE:
            return "\n".join(plain(line) for line in plain_parts([*_raw_parts(self._reading.raw)], None))
        return "\n".join(plain(line) for line in plain_parts(self._reading.parts(None), None))

    @property
    def suffix(self) -> str:
        """The suffix of a file that holds `whole`; editors choose their highlighting by it."""
        return ".json" if self.form is ViewMode.TREE else ".md"

    def on_descendant_focus(self) -> None:
        """Show that keys arrive here."""
        self._title.mark(is_ahead=True)

    def on_descendant_blur(self) -> None:
        """Show that keys arrive elsewhere."""
        self._title.mark(is_ahead=False)


def _raw_parts(raw: bytes) -> Iterator[Part]:
    return plain_lines(pretty_json(raw), None)


def _value(raw: bytes) -> object:
    """Return the JSON of a document; its text where it cannot be read."""
    try:
        return parse_json_object(raw)
    except UnreadableLine:
        return raw.decode("utf-8", "replace")


def _forms(chosen: ViewMode) -> Line:
    """Return the names of all views, the chosen one on a ground of its own."""
    return tuple(Span(f" {form.value} ", Tone.CHIP if form is chosen else Tone.DIM) for form in ViewMode)
