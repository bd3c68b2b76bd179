"""`RetryFields` shows what is changed in all requests of a retry, in boxes, and the button that sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Region

from batchtui.results.failure_groups import SuggestedAction
from batchtui.text.numbers import amount, count
from batchtui.tui.commands.key_text import text_with_keys
from batchtui.tui.rendering.spans import Line, Span, Tone, fit, joined, width
from batchtui.tui.widgets.form import OPEN_BOX, text_box
from batchtui.tui.widgets.lines_view import LinesView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events

    from batchtui.services.retry.retry import RetryOptions, RetryPlan
    from batchtui.services.retry.unresolved import FailureChoice

BOX = 24
"""Columns of a box to type in."""
UNCHANGED = "unchanged"
BETWEEN = "   "
"""Stands between the two boxes."""


class RetryFields(LinesView):
    """Draws two boxes and a button; a click on one does what its key does."""

    DEFAULT_CSS = "RetryFields { height: 3; }"

    def __init__(self, actions: Sequence[Callable[[], None]]) -> None:
        """`actions`: what changes max_tokens, what changes the model, and what sends."""
        super().__init__(id="retry-fields")
        self._actions = actions
        self._options: RetryOptions | None = None
        self._plan: RetryPlan | None = None
        self._failed: Sequence[FailureChoice] = ()
        self._inside = [Region(), Region()]
        self._places: list[tuple[int, int, int, int]] = []
        """Line, first column, end column and place among the actions."""

    def show(self, options: RetryOptions, plan: RetryPlan | None, failed: Sequence[FailureChoice]) -> None:
        """Draw what was chosen, and what sending it means; without a plan the button cannot be pressed."""
        self._options, self._plan, self._failed = options, plan, failed
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Return the boxes, what a higher max_tokens would add, and the button."""
        options = self._options
        if options is None:
            return [(), (), ()]
        tokens = count(options.max_tokens) if options.max_tokens else ""
        asked = [("max_tokens", tokens, "{retry.max-tokens}"), ("model", options.model or "", "{retry.model}")]
        # Keys can be mapped to longer ones, and must not be cut.
        around = width(self._boxes(asked, 0))
        room = max(8, min(BOX, (columns - around) // 2))
        line = self._boxes(asked, room)
        button = self._button()
        start = max(1, columns - width(button) - 1)
        split = 1 + width(self._box(*asked[0], room)) + 1
        second = 1 + width(self._box(*asked[0], room)) + len(BETWEEN)
        starts = (1 + len(asked[0][0]) + 1 + len(OPEN_BOX), second + len(asked[1][0]) + 1 + len(OPEN_BOX))
        # The prompt for a value is laid over its box, so it has to know where that is.
        self._inside = [Region(start, 0, room, 1) for start in starts]
        self._places = [(0, 0, split, 0), (0, split, columns, 1), (2, start, start + width(button), 2)]
        return [fit(line, columns), fit(self._truncated(), columns), (Span(" " * start), *button)]

    def _boxes(self, asked: Sequence[tuple[str, str, str]], room: int) -> Line:
        return (Span(" "), *joined([self._box(*each, room) for each in asked], BETWEEN))

    def region_of_box(self, at: int) -> Region:
        """Return where on the screen a box is filled in: 0 for max_tokens, 1 for the model."""
        return self._inside[at].translate(self.content_region.offset)

    def _box(self, title: str, value: str, key: str, room: int) -> Line:
        box = text_box(value, room, UNCHANGED)
        return (Span(f"{title} ", Tone.DIM), *box, Span(" "), *text_with_keys(self, key, named=Tone.STRONG))

    def _truncated(self) -> Line:
        """Return what a higher max_tokens would do for answers that were truncated and are not sent."""
        left = [one for one in self._failed if one.group.advice.action is SuggestedAction.RAISE and not one.max_tokens]
        number = sum(one.group.count for one in left)
        if not number:
            return ()
        said = f" {amount(number, 'truncated answer')}: with a higher max_tokens ({{retry.max-tokens}}) they are sent"
        return text_with_keys(self, said, Tone.TRUNCATED, Tone.STRONG)

    def _button(self) -> Line:
        requests = f" {amount(self._plan.requests, 'request')}" if self._plan else ""
        tone = Tone.CHIP if self._plan else Tone.PALE
        return text_with_keys(self, f"  Retry{requests}   {{retry.send}}  ", tone, tone)

    def on_click(self, event: events.Click) -> None:
        """Do what the key of the box or the button does."""
        for row, start, end, action in self._places:
            if row == event.y and start <= event.x < end:
                self._actions[action]()
                return
