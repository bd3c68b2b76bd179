"""`SideBySide` is the screen of a request and its answer, each as text, Markdown or tree.

A result of a batch and a row that was tried while composing are shown by the same screen.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container

from batchtui.text.numbers import amount, size
from batchtui.tui.chrome.base_screen import BaseScreen
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.screens.results.header import ResultHeader
from batchtui.tui.terminal import external
from batchtui.tui.widgets.document_pane import DocumentPane, ViewMode
from batchtui.tui.widgets.filter_bar import FilterBar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.services.workspace import Workspace


class SideBySide(BaseScreen):
    """Two panes below a header, one of them with the focus. Subclasses fill them."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.RESULT)
    SCOPES = (Scope.RESULT, Scope.TREE, Scope.TEXT, Scope.EVERYWHERE)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._head = ResultHeader()
        self._request = DocumentPane("request", id="request")
        self._answer = DocumentPane("answer", id="answer")
        self._bar = FilterBar("find in the answer and the request")
        self._searched = ""
        self._leave_to = self._answer
        """The pane that had the keys last: it gets them back when a search was typed."""

    def content(self) -> Iterator[Widget]:
        """Lay out the header, the field of a search, the request and the answer."""
        yield self._head
        yield self._bar
        with Container(id="readings"):
            yield self._request
            yield self._answer

    @property
    def _ahead(self) -> DocumentPane:
        return self._request if self._request.is_ahead else self._answer

    # ── searching ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _find(self, text: str) -> None:
        """Mark a text in both panes; the one with the keys shows the first place."""
        self._searched = text
        ahead = self._ahead
        for pane in (self._request, self._answer):
            pane.find(text, moves=pane is ahead)
        self.refresh_frame()

    def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Search while typing."""
        self._find(event.text.strip())

    def on_filter_bar_left(self) -> None:
        """Give the keys back to the pane that had them."""
        self._leave_to.target.focus()

    def on_text_view_searched(self) -> None:
        """Show how many places there are."""
        if self._bar.display:
            self._bar.say(*self.hit_words())
        self.refresh_frame()

    def hit_words(self) -> Line:
        """Return which of how many places in the pane with the keys is shown; nothing where nothing is searched for."""
        if not self._searched:
            return ()
        pane = self._leave_to
        at, total = pane.hits
        words = (
            f"{at} of {amount(total, 'hit')} " if total and at else f"{amount(total, 'hit')} " if total else "no hit "
        )
        return (Span(words, Tone.TEXT if total else Tone.WARN), Span("  "))

    def back(self) -> bool:
        """End the search. Returns whether there was one."""
        if not self._searched and not self._bar.display:
            return False
        self._bar.close()
        self._find("")
        return True

    def _action_result_find(self) -> None:
        self._leave_to = self._ahead
        # Hits are marked in texts; a tree has no lines of its own.
        if self._leave_to.form is ViewMode.TREE:
            self._leave_to.turn()
        self._bar.open()

    def _action_result_next_hit(self) -> None:
        self._to_hit(1)

    def _action_result_previous_hit(self) -> None:
        self._to_hit(-1)

    def _to_hit(self, step: int) -> None:
        # Without a search these keys go on from result to result, as they did before there was one.
        if not self._searched:
            (self._action_result_next if step > 0 else self._action_result_previous)()
        elif not self._ahead.to_hit(step):
            self.dashboard.say("The text does not occur here.")

    def _action_result_next(self) -> None:
        """Go on to the next result; where there is only one, nothing happens."""

    def _action_result_previous(self) -> None:
        """Go back to the result before; where there is only one, nothing happens."""

    def is_available(self, command_id: str) -> bool:
        """Offer the keys of the tree only where one is shown."""
        if command_id.startswith("tree."):
            return self._ahead.form is ViewMode.TREE
        return super().is_available(command_id)

    def on_descendant_focus(self) -> None:
        """Show what works in the pane with the focus; in zoom, show that pane alone."""
        # CSS hides the pane with this class in zoom.
        self._request.set_class(self._ahead is not self._request, "-aside")
        self._answer.set_class(self._ahead is not self._answer, "-aside")
        if self._request.is_ahead or self._answer.is_ahead:
            self._leave_to = self._ahead
        self.refresh_frame()

    def _action_result_other(self) -> None:
        (self._answer if self._ahead is self._request else self._request).target.focus()

    def _action_result_view(self) -> None:
        self._ahead.turn()
        self.refresh_frame()

    def _action_result_zoom(self) -> None:
        self.toggle_class("-zoomed")

    async def settled(self) -> None:
        """Return when both panes show what the last key asked for: what is lent or copied must be that."""

    async def _action_result_pager(self) -> None:
        await self.settled()
        external.open_pager(self.app, await asyncio.to_thread(self._ahead.whole))

    async def _action_result_copy_text(self) -> None:
        await self.settled()
        # Laying out a long text whole takes time.
        text = await asyncio.to_thread(self._ahead.whole)
        self.dashboard.copy(text, f"{self._ahead.id}, {size(len(text))}")
