"""One result in full: the answer as a person reads it, the request it answers, and the raw JSON."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from batchtui.answers.answer import read_answer
from batchtui.domain.errors import BatchtuiError
from batchtui.text.counts import amount, count, size
from batchtui.text.safe import safe
from batchtui.tui import pager
from batchtui.tui.background import Latest
from batchtui.tui.bindings import bindings
from batchtui.tui.commands import Scope
from batchtui.tui.look import look_of
from batchtui.tui.pieces import Line, Piece, Tone, joined, plain
from batchtui.tui.reading import MOST_SHOWN, answer_lines, json_lines, laid_out
from batchtui.tui.result_cells import outcome
from batchtui.tui.screens.frame import Frame
from batchtui.tui.widgets.picture import Picture
from batchtui.tui.widgets.prose import Prose
from batchtui.tui.widgets.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from batchtui.answers.answer import Answer
    from batchtui.domain.batch import Batch
    from batchtui.domain.result import ResultFacts
    from batchtui.registry.result_reader import ResultReader
    from batchtui.services.workspace import Workspace
    from batchtui.tui.widgets.grid import Grid


class View(StrEnum):
    """What is shown of a result."""

    ANSWER = "answer"
    REQUEST = "request"
    RAW = "raw"


class ResultScreen(Frame):
    """One result of a batch. Next and previous go through the list it was opened from."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.RESULT)
    SCOPES = (Scope.RESULT, Scope.TEXT, Scope.EVERYWHERE)

    def __init__(self, workspace: Workspace, batch: Batch, reader: ResultReader, grid: Grid[ResultFacts]) -> None:
        super().__init__(workspace)
        self._batch = batch
        self._reader = reader
        self._grid = grid
        self._view = View.ANSWER
        self._head = ResultHead()
        self._prose = Prose()
        self._whole: Callable[[], Sequence[Line]] = tuple
        self._reading = Latest(self, self._read)

    def content(self) -> Iterator[Widget]:
        """Lay out the facts of the result and its text."""
        yield self._head
        yield Rule()
        yield self._prose

    def on_mount(self) -> None:
        """Show the result under the cursor of the list."""
        self._prose.focus()
        self._reading.request()

    async def _read(self) -> None:
        seq = self._grid.key
        if seq is None:
            return
        raw = await asyncio.to_thread(self._reader.raw, seq)
        answer = await asyncio.to_thread(read_answer, raw)
        lines = await asyncio.to_thread(self._lines, answer, raw, MOST_SHOWN)
        self._whole = partial(self._lines, answer, raw, None)
        self._head.show(answer, len(raw), self._view)
        self._prose.show(lines)
        self.refresh_footer()

    def _lines(self, answer: Answer, raw: bytes, most: int | None) -> Sequence[Line]:
        match self._view:
            case View.ANSWER:
                return list(answer_lines(answer, most))
            case View.RAW:
                return list(json_lines(laid_out(raw), most))
            case View.REQUEST:
                request = self._request(answer.custom_id)
                if request is None:
                    return [(Piece("The request is not stored here: the batch was made elsewhere.", Tone.DIM),)]
                return list(json_lines(laid_out(request), most))

    def _request(self, custom_id: str) -> bytes | None:
        """Find the request in what was stored when it was sent: the API does not give it back."""
        store = self.workspace.registry.requests
        with suppress(BatchtuiError, FileNotFoundError):
            if store.has(self._batch.job):
                with store.reader(self._batch.job, self._batch.attempt) as requests:
                    return requests.find(custom_id)
        return None

    def _text(self) -> str:
        """What is shown, whole, also where the screen shows only its beginning."""
        return "\n".join(plain(line) for line in self._whole())

    def aside(self) -> Line:
        """Say which one of how many it is."""
        return (Piece(f"{count(self._grid.cursor + 1)} of {count(len(self._grid.order))}", Tone.DIM),)

    def _go(self, step: int) -> None:
        self._grid.go_to(self._grid.cursor + step)
        self._reading.request()

    def _action_result_next(self) -> None:
        self._go(1)

    def _action_result_previous(self) -> None:
        self._go(-1)

    def _action_result_view(self) -> None:
        views = list(View)
        self._view = views[(views.index(self._view) + 1) % len(views)]
        self._reading.request()

    def _action_result_pager(self) -> None:
        pager.page(self.app, self._text())

    def _action_result_copy_id(self) -> None:
        custom_id = self._head.custom_id
        self.dashboard.copy(custom_id, custom_id)

    def _action_result_copy_text(self) -> None:
        text = self._text()
        self.dashboard.copy(text, f"{self._view.value}, {size(len(text))}")


class ResultHead(Picture):
    """Two lines: whose answer it is and what became of it; what it took."""

    def __init__(self) -> None:
        super().__init__()
        self._answer: Answer | None = None
        self._bytes = 0
        self._view = View.ANSWER

    @property
    def custom_id(self) -> str:
        """Whose answer is shown."""
        return self._answer.custom_id if self._answer else ""

    def show(self, answer: Answer, length: int, view: View) -> None:
        """Draw this answer, of so many bytes."""
        self._answer, self._bytes, self._view = answer, length, view
        self.redraw()

    def draw(self, columns: int, rows: int) -> Sequence[Line]:
        """Draw them."""
        answer = self._answer
        if answer is None:
            return [(), ()]
        reading, usage = answer.reading, answer.usage
        first = joined([
            [Piece(f" {safe(answer.custom_id) or '(no custom_id)'}", Tone.STRONG)],
            outcome(answer.outcome, plain=look_of(self).plain),
            [Piece(safe((reading.model or "").removeprefix("claude-")), Tone.DIM)],
            [Piece(f"stopped: {safe(reading.stop_reason)}", Tone.DIM)] if reading.stop_reason else [],
        ], "   ")  # fmt: skip
        took = [f"{count(usage.total_input)} in", f"{count(usage.output_tokens)} out"] if usage.output_tokens else []
        if usage.cache_read_tokens:
            took.append(f"{count(usage.cache_read_tokens)} from the cache")
        if usage.thinking_tokens:
            took.append(f"{count(usage.thinking_tokens)} for thinking")
        if usage.web_searches:
            took.append(amount(usage.web_searches, "search", "searches"))
        said = (f"tokens {', '.join(took)}   " if took else "") + size(self._bytes)
        views = [Piece(f" {view.value} ", Tone.CHIP if view is self._view else Tone.DIM) for view in View]
        return [
            first,
            joined([[Piece(" "), *views], [Piece(said, Tone.DIM)]], "   "),
        ]
