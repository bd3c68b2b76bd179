"""`DraftSession` holds a draft while it is edited: it stores each change, opens the draft again, and checks all rows.

It works beside the keys. Its screen listens as `DraftListener`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from batchtui.domain.errors import BatchtuiError, InputError
from batchtui.services.compose import draft as drafts
from batchtui.services.compose.compose import check_all_rows, with_token_counts
from batchtui.services.compose.draft_preview import OpenedDraft, complaint, has_changed, open_draft
from batchtui.text.numbers import bytes_done
from batchtui.tui.workers import CoalescedWorker, run_worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.dom import DOMNode

    from batchtui.services.compose.compose import Composed
    from batchtui.services.compose.draft import Draft
    from batchtui.services.submission.staging.stage import ReadProgress
    from batchtui.services.workspace import Workspace

AHEAD = 200
"""Rows that are read before the cursor gets there."""
NEAR = 50
"""Rows before the last one read at which more are read."""
QUIET = 0.4
"""Seconds without a change before all rows are checked."""
PATIENT = 5
"""The factor of `QUIET` where rows are files, which may be many gigabytes."""


class DraftListener(Protocol):
    """A screen that shows the draft of a session."""

    async def on_opened(self, *, is_other_table: bool) -> None:
        """The draft was opened as it is now."""
        ...

    async def on_checked(self, complaints: Sequence[str]) -> None:
        """All rows were checked; or no row can be, for these reasons."""
        ...

    def waits(self, complaints: Sequence[str], words: str) -> None:
        """The result of all rows is out of date; `words` say how far the new one is."""
        ...


class DraftSession:
    """A draft, what it comes to, and the work that finds that out. It sends nothing."""

    def __init__(self, owner: DOMNode, onlooker: DraftListener, workspace: Workspace, draft: Draft) -> None:
        self._owner = owner
        self._onlooker = onlooker
        self._workspace = workspace
        self.draft = draft
        self.opened = OpenedDraft(draft)
        self.composed: Composed | None = None
        """What all rows come to; None until they were checked."""
        self.is_unfit = False
        """Whether no row can be made into a request."""
        self._keeping = CoalescedWorker(owner, self._keep)
        self._opening = CoalescedWorker(owner, self._open)
        self._watching = CoalescedWorker(owner, self._watch)
        self._reading = CoalescedWorker(owner, self._read_on)

    def take(self, draft: Draft) -> None:
        """Continue with another draft, or begin with the first: store it and open it."""
        self.draft, self.composed = draft, None
        self._keeping.request()
        self._opening.request()

    def watch(self) -> None:
        """Open the draft again if its file has changed."""
        self._watching.request()

    def go_further(self, row: int) -> None:
        """Read more rows where this one is near the last that was read."""
        rows = self.opened.rows
        if rows is not None and self.composed is None and not rows.is_whole and row > rows.read - NEAR:
            self._reading.request()

    async def fresh(self) -> OpenedDraft:
        """Return the draft as it is at this moment, opened."""
        return await open_draft(self._workspace, self.draft, self.opened)

    async def count(self) -> bool:
        """Have the API count tokens of a few requests. Returns whether there were any and the draft is the same."""
        composition, composed = self.opened.composition, self.composed
        if composition is None or composed is None or not composed.loads:
            return False
        result = await with_token_counts(self._workspace, composition, composed)
        # The draft was changed while the API counted: the numbers are of another one.
        if self.composed is not composed:
            return False
        self.composed = result
        return True

    async def _keep(self) -> None:
        await drafts.keep(self._workspace, self.draft)

    async def _open(self) -> None:
        before, opened = self.opened, await self.fresh()
        # The same rows object means the same file in the same state, which need not be read again.
        is_other = opened.rows is not None and opened.rows is not before.rows
        if opened.rows is not None and is_other:
            try:
                await asyncio.to_thread(opened.rows.page, 1, AHEAD)
            except BatchtuiError as error:
                opened = OpenedDraft(opened.draft, opened.source, complaints=(complaint(error),))
        self.opened = opened
        await self._onlooker.on_opened(is_other_table=is_other or (opened.rows is None) != (before.rows is None))
        # Exclusive: of two drafts only the newer one is checked.
        run_worker(self._owner, self._look_over, group="show-sum", exclusive=True)

    async def _look_over(self) -> None:
        """Check all rows, once nothing has changed for a moment; another change cancels this."""
        opened = self.opened
        self._onlooker.waits(opened.complaints, "")
        if opened.composition is None:
            return
        await asyncio.sleep(QUIET * (PATIENT if opened.composition.table.has_blocks else 1))
        composed, complaints = None, []
        try:
            composed = await check_all_rows(self._workspace, opened.composition, self._say_how_far)
        except InputError as error:
            complaints = [complaint(error)]
        if self.draft is opened.draft:  # else there is another one already, and this says nothing about that
            self.composed, self.is_unfit = composed, composed is None
            await self._onlooker.on_checked(complaints)

    def _say_how_far(self, reading: ReadProgress) -> None:
        """Tell the screen about the progress. Called on a thread."""
        words = bytes_done(reading.read, reading.total)
        # On a thread: widgets may only be touched on the loop.
        self._owner.app.call_later(self._wait, f"checking all rows: {words}")

    def _wait(self, words: str) -> None:
        if self.composed is None:  # else the looking was over before this could be said
            self._onlooker.waits((), words)

    async def _watch(self) -> None:
        if await asyncio.to_thread(has_changed, self.opened):
            self._opening.request()

    async def _read_on(self) -> None:
        rows = self.opened.rows
        if rows is not None:
            await asyncio.to_thread(rows.page, rows.read, AHEAD)
            await self._onlooker.on_opened(is_other_table=False)
