"""`TextView` shows a text that is wrapped to its width and moved through with the keys of a pager.

`PagerView` is what it shares with the JSON tree: the keys.
"""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView

from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.hits import NO_HITS, find_hits
from batchtui.tui.rendering.painter import painter_of
from batchtui.tui.rendering.spans import Line, Span, Tone, marked, width, wrapped
from batchtui.tui.workers import run_worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.binding import BindingType
    from textual.strip import Strip

AT_ONCE = 200
"""Lines that are made at once on a thread; between two such lots other work of the loop gets its turn."""


class PagerView(ScrollView, can_focus=True):
    """Lines that are moved through with the keys of a pager. Subclasses say what they are."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.TEXT)

    @property
    def number(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def move(self, lines: int) -> None:
        """Scroll by this many lines, upwards for a negative number."""
        self.scroll_to(y=self.scroll_offset.y + lines, animate=False, immediate=True)

    def _action_text_down(self) -> None:
        self.move(1)

    def _action_text_up(self) -> None:
        self.move(-1)

    def _action_text_first(self) -> None:
        self.move(-self.number)

    def _action_text_last(self) -> None:
        self.move(self.number)

    def _action_text_half_down(self) -> None:
        self.move(max(1, self.size.height // 2))

    def _action_text_half_up(self) -> None:
        self.move(-max(1, self.size.height // 2))

    def _action_text_page_down(self) -> None:
        self.move(max(1, self.size.height - 1))

    def _action_text_page_up(self) -> None:
        self.move(-max(1, self.size.height - 1))


class TextView(PagerView):
    """Shows lines of spans, sanitised by whoever makes them; they are never taken for markup.

    Finished lines are wrapped at once. A function that makes lines for a width is asked for them little by little on a
    thread, and what has come so far can be read meanwhile. A text that is searched for is marked in them.
    """

    class Searched(Message):
        """The text that is searched for was found at other places, or another one of them was gone to."""

    def __init__(self, lines: Sequence[Line] = (), *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self._source: Sequence[Line] | Callable[[int], Iterator[Line]] = lines
        self._lines: list[Line] = []
        self._wrapped_to = 0
        self._needle = ""
        self._hits = NO_HITS
        self._hit = -1
        self._goes_to_hit = False
        self._searched = 0
        """Lines that were there when the text was last searched for."""

    @property
    def number(self) -> int:
        """How many lines there are so far."""
        return len(self._lines)

    # ── searching ──────────────────────────────────────────────────────────────────────────────────────────────────

    def find(self, text: str, *, moves: bool = True) -> None:
        """Mark a text wherever it stands, empty for none; with `moves` go to the first place from here on."""
        self._goes_to_hit = moves
        if text != self._needle:
            self._needle, self._hit = text, -1
            self._search()

    def to_hit(self, step: int) -> bool:
        """Go to the next place where the text stands, or with -1 the one before, round the end. False where none is."""
        total = len(self._hits.starts)
        if not total:
            return False
        self._go_to_hit((max(self._hit, 0 if step < 0 else -1) + step) % total)
        return True

    @property
    def hits(self) -> tuple[int, int]:
        """The number of the place that was gone to, from 1 (0 for none), and of all places."""
        return self._hit + 1, len(self._hits.starts)

    def _go_to_hit(self, at: int) -> None:
        self._hit = at
        y = self._hits.starts[at]
        if not self.scroll_offset.y <= y < self.scroll_offset.y + self.size.height:
            self.scroll_to(y=max(0, y - self.size.height // 3), animate=False, immediate=True, force=True)
        self.refresh()
        self.post_message(self.Searched())

    def _search(self) -> None:
        self._hits = find_hits(self._lines, self._needle) if self._needle else NO_HITS
        starts = self._hits.starts
        self._hit = min(self._hit, len(starts) - 1)
        # The text may have been searched for before any of it was there.
        if starts and self._hit < 0 and self._goes_to_hit:
            here = int(self.scroll_offset.y)
            self._go_to_hit(next((at for at, y in enumerate(starts) if y >= here), 0))
        self.refresh()
        self.post_message(self.Searched())

    # ── showing ────────────────────────────────────────────────────────────────────────────────────────────────────

    def show(self, source: Sequence[Line] | Callable[[int], Iterator[Line]], *, stays: bool = False) -> None:
        """Show lines, or what makes them for a width, from the beginning; with `stays` from the same line on."""
        self._source = source
        self._wrapped_to = 0  # while it is hidden it has no width: it is wrapped when it gets one, even the same
        # Places in the text before mean nothing in this one.
        self._hits, self._hit = NO_HITS, -1
        if not stays:
            self.scroll_to(y=0, animate=False, immediate=True, force=True)
        self._wrap()

    def _wrap(self) -> None:
        columns = self.scrollable_content_region.width
        if not columns:
            return
        self._wrapped_to = columns
        source = self._source
        if callable(source):
            # A group of its own, and exclusive: of an older text nothing is added any more.
            run_worker(self, partial(self._gather, source(columns), columns), group="show-text", exclusive=True)
            return
        # An older text may still be coming in.
        self.workers.cancel_group(self, "show-text")
        self._lines = [part for line in source for part in broken(line, columns)]
        self._shown()

    async def _gather(self, coming: Iterator[Line], columns: int) -> None:
        """Take lines as they are made; the first ones replace the text before, so that nothing flickers."""

        def some() -> list[Line]:
            return [part for line in islice(coming, AT_ONCE) for part in broken(line, columns)]

        lines = await asyncio.to_thread(some)
        while len(lines) < self.scroll_offset.y + self.size.height and (more := await asyncio.to_thread(some)):
            lines += more  # where one reads further down, nothing shorter may come in between
        self._lines = lines
        self._shown()
        while more := await asyncio.to_thread(some):
            self._lines += more
            self.virtual_size = Size(0, len(self._lines))
        if self._needle and len(self._lines) > self._searched:
            self._shown()

    def _shown(self) -> None:
        self.virtual_size = Size(0, len(self._lines))
        self._searched = len(self._lines)
        if self._needle:
            self._search()
        self.refresh()

    def on_resize(self) -> None:
        """Wrap to the new width."""
        if self.scrollable_content_region.width != self._wrapped_to:
            self._wrap()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines at this width, for texts whose height is automatic."""
        source = self._source
        # The column of the scroll bar is kept free (`scrollbar-gutter: stable`), and `width` still has it.
        columns = max(1, width - self.styles.scrollbar_size_vertical)
        return len(self._lines) if callable(source) else sum(len(broken(line, columns)) for line in source)

    def render_line(self, y: int) -> Strip:
        """Return one line as it is painted."""
        at = int(self.scroll_offset.y) + y
        line = self._lines[at] if at < len(self._lines) else ()
        if at in self._hits.lines:
            is_here = self._hit >= 0 and self._hits.starts[self._hit] == at
            line = marked(line, self._hits.lines[at], Tone.CHIP if is_here else Tone.HIT)
        return painter_of(self).strip(line, self.scrollable_content_region.width, self.rich_style)


def broken(line: Line, columns: int) -> list[Line]:
    """Return one line broken to a width. Of several spans only the last is broken, and goes on below its beginning."""
    if width(line) <= columns:
        return [line]
    head, last = line[:-1], line[-1]
    indent = width(head)
    # Too little room beside what comes before it: all of it is wrapped together.
    if columns - indent < 12:
        return [(Span(part, last.tone),) for part in wrapped("".join(piece.text for piece in line), columns)]
    first, *rest = wrapped(last.text, columns - indent)
    space = Span(" " * indent)
    return [(*head, Span(first, last.tone)), *((space, Span(part, last.tone)) for part in rest)]
