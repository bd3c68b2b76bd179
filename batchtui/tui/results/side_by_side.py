"""`SideBySide` is the screen of a request and its answer, each as text, Markdown or tree.

A result of a batch and a row that was tried while composing are shown by the same screen.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Container

from batchtui.text.numbers import size
from batchtui.tui.chrome.base_screen import BaseScreen
from batchtui.tui.commands.keymap import bindings
from batchtui.tui.commands.table import Scope
from batchtui.tui.results.header import ResultHeader
from batchtui.tui.terminal import external
from batchtui.tui.widgets.document_pane import DocumentPane, ViewMode

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

    def content(self) -> Iterator[Widget]:
        """Lay out the header, the request and the answer."""
        yield self._head
        with Container(id="readings"):
            yield self._request
            yield self._answer

    @property
    def _ahead(self) -> DocumentPane:
        return self._request if self._request.is_ahead else self._answer

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
        self.refresh_frame()

    def _action_result_other(self) -> None:
        (self._answer if self._ahead is self._request else self._request).target.focus()

    def _action_result_view(self) -> None:
        self._ahead.turn()
        self.refresh_frame()

    def _action_result_zoom(self) -> None:
        self.toggle_class("-zoomed")

    async def _action_result_pager(self) -> None:
        external.open_pager(self.app, await asyncio.to_thread(self._ahead.whole))

    async def _action_result_copy_text(self) -> None:
        # Laying out a long text whole takes time.
        text = await asyncio.to_thread(self._ahead.whole)
        self.dashboard.copy(text, f"{self._ahead.id}, {size(len(text))}")
