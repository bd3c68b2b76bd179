"""`ResultScreen` shows one result: the request and its answer, as text, Markdown or tree."""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import TYPE_CHECKING

from batchtui.text.safe import one_line
from batchtui.tui.chrome.path_rule import row_words
from batchtui.tui.screens.results.history_screen import HistoryScreen
from batchtui.tui.screens.results.side_by_side import SideBySide
from batchtui.tui.terminal import external
from batchtui.tui.workers import CoalescedWorker, run_guarded

if TYPE_CHECKING:
    from batchtui.services.workspace import Workspace
    from batchtui.tui.rendering.spans import Line
    from batchtui.tui.screens.results.grid import ResultGrid
    from batchtui.tui.screens.results.source import ResultSource

_UNFIT = re.compile(r"[^A-Za-z0-9_-]")
"""Characters of a custom_id that are replaced in the name of a copy."""


class ResultScreen(SideBySide):
    """One result. Next and previous go through the list that it was opened from."""

    def __init__(self, workspace: Workspace, source: ResultSource, grid: ResultGrid) -> None:
        super().__init__(workspace)
        self._source = source
        self._grid = grid
        self._batch = source.batches[0]
        self._is_conversation = False
        """Whether the whole conversation is shown in place of the answer."""
        self._reading = CoalescedWorker(self, self._read)

    def on_mount(self) -> None:
        """Show the result under the cursor of the list, with what the list was searched for."""
        self._answer.target.focus()
        self._find(self._grid.searched)
        self._reading.request()

    async def _read(self) -> None:
        seq = self._grid.key
        if seq is None:
            return
        read = await asyncio.to_thread(self._source.load, seq)
        self._batch = read.batch
        self._head.show(read.answer, len(read.raw), read.cost, read.fit, read.origin, read.annotations)
        self._answer.show(read.conversation_document if self._is_conversation else read.answer_document)
        self._request.show(read.request_document)
        self.refresh_frame()

    def crumbs(self) -> tuple[str, ...]:
        """Return the custom_id of the result that is shown."""
        return (one_line(self._head.custom_id) or "result",)

    def position(self) -> Line:
        """Return the position in the list, after the position among what was searched for."""
        return (*self.hit_words(), *row_words(self._grid.cursor, len(self._grid.order), "result"))

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _go(self, step: int) -> None:
        self._grid.go_to(self._grid.cursor + step)
        self._reading.request()

    def _action_result_next(self) -> None:
        self._go(1)

    def _action_result_previous(self) -> None:
        self._go(-1)

    def _action_result_next_failure(self) -> None:
        run_guarded(self, partial(self._go_to_failure, 1), group="latest-failure")

    def _action_result_previous_failure(self) -> None:
        run_guarded(self, partial(self._go_to_failure, -1), group="latest-failure")

    async def _go_to_failure(self, step: int) -> None:
        if await self._grid.to_failure(step):
            self._reading.request()
        else:
            self.dashboard.say(f"There is no failure {'below' if step > 0 else 'above'} this one.")

    async def _action_result_history(self) -> None:
        await self.settled()
        self.app.push_screen(HistoryScreen(self.workspace, self._batch.job, self._head.custom_id))

    async def _action_result_conversation(self) -> None:
        self._is_conversation = not self._is_conversation
        self._reading.request()
        await self.settled()
        self._answer.target.focus()

    async def settled(self) -> None:
        """Return when the result under the cursor of the list is the one that is shown."""
        await self._reading.settled()

    async def _action_result_editor(self) -> None:
        await self.settled()
        # The name is in the title of many editors; it says which result one reads.
        name = f"{_UNFIT.sub('_', self._head.custom_id)[:60] or 'result'}{self._ahead.suffix}"
        external.view_in_editor(self.app, await asyncio.to_thread(self._ahead.whole), name)

    async def _action_result_copy_id(self) -> None:
        await self.settled()
        custom_id = self._head.custom_id
        self.dashboard.copy(custom_id, custom_id)
