"""`ResultPreview` shows the answer under the cursor of the list beside it, and below that its request."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.containers import Vertical

from batchtui.tui.screens.results.header import ResultHeader
from batchtui.tui.widgets.document_pane import DocumentPane
from batchtui.tui.workers import CoalescedWorker

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from batchtui.tui.screens.results.source import ResultSource


class ResultPreview(Vertical):
    """Follows a cursor: of the results that it passes quickly only the last is read."""

    def __init__(self) -> None:
        super().__init__()
        self._head = ResultHeader()
        self._answer = DocumentPane("answer", id="preview-answer")
        self._request = DocumentPane("request", id="preview-request")
        self._wanted: tuple[ResultSource, int] | None = None
        self._shown: tuple[ResultSource, int] | None = None
        self._searched = ""
        self._reading = CoalescedWorker(self, self._read)

    def compose(self) -> ComposeResult:
        """Lay out the facts, the answer and the request."""
        yield self._head
        yield self._answer
        yield self._request

    def follow(self, source: ResultSource | None, seq: int | None, searched: str) -> None:
        """Show this result, with a text marked in it; nothing is read while the preview is hidden."""
        self._wanted = None if source is None or seq is None else (source, seq)
        self._searched = searched
        if self.display and self.size.width:
            self._reading.request()

    def on_show(self) -> None:
        """Read what was gone to while the preview was hidden."""
        self._reading.request()

    def on_resize(self) -> None:
        """Read what was gone to before there was room."""
        self._reading.request()

    async def _read(self) -> None:
        wanted = self._wanted
        if wanted is not None and wanted != self._shown:
            source, seq = wanted
            read = await asyncio.to_thread(source.load, seq)
            self._shown = wanted
            self._head.show(read.answer, len(read.raw), read.cost, read.fit, read.origin)
            self._answer.show(read.answer_document)
            self._request.show(read.request_document)
        self._answer.find(self._searched)
        self._request.find(self._searched)

    def turn(self) -> None:
        """Show the answer in the next view: text, Markdown or a tree."""
        self._answer.turn()

    def scroll_answer(self, lines: int) -> None:
        """Scroll the answer by so many lines."""
        self._answer.scroll_lines(lines)
