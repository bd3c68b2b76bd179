"""A draft on the way to its requests: kept and opened anew at each change, and all its rows looked at in between."""

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
"""Rows that are read before anybody has gone further."""
NEAR = 50
"""Rows before the last one that was read from which on more are read."""
QUIET = 0.4
"""Seconds without a change after which all rows are looked at."""
PATIENT = 5
"""So many times as long, where rows are files: those may be many gigabytes."""


class DraftListener(Protocol):
    """Whoever shows what happens on the desk."""

    async def on_opened(self, *, is_other_table: bool) -> None:
        """The draft as it is now was opened."""
        ...

    async def on_checked(self, complaints: Sequence[str]) -> None:
        """All rows were looked at; or no row fits, for these reasons."""
        ...

    def waits(self, complaints: Sequence[str], words: str) -> None:
        """What all rows come to has to be found out again; `words` say how far that is."""
        ...


class DraftSession:
    """Holds a draft and what it comes to, and works beside the keys. It draws nothing, and sends nothing."""

    def __init__(self, owner: DOMNode, onlooker: DraftListener, workspace: Workspace, draft: Draft) -> None:
        self._owner = owner
        self._onlooker = onlooker
        self._workspace = workspace
        self.draft = draft
        self.opened = OpenedDraft(draft)
        self.composed: Composed | None = None
        """What all rows come to; None until they were looked at."""
        self.is_unfit = False
        """Whether no row fits the template."""
        self._keeping = CoalescedWorker(owner, self._keep)
        self._opening = CoalescedWorker(owner, self._open)
        self._watching = CoalescedWorker(owner, self._watch)
        self._reading = CoalescedWorker(owner, self._read_on)

    def take(self, draft: Draft) -> None:
        """Go on with another draft, or begin with the first: keep it, and find out what it comes to."""
        self.draft, self.composed = draft, None
        self._keeping.request()
        self._opening.request()

    def watch(self) -> None:
        """Look whether the table is another one by now."""
        self._watching.request()

    def go_further(self, row: int) -> None:
        """Read on where a row is near the last one that was read."""
        rows = self.opened.rows
        if rows is not None and self.composed is None and not rows.is_whole and row > rows.read - NEAR:
            self._reading.request()

    async def fresh(self) -> OpenedDraft:
        """Return the draft as it is at this moment, opened."""
        return await open_draft(self._workspace, self.draft, self.opened)

    async def count(self) -> bool:
        """Have the API count a few of the requests. Returns whether there were any, and they are still the same."""
        composition, composed = self.opened.composition, self.composed
        if composition is None or composed is None or not composed.loads:
            return False
        result = await with_token_counts(self._workspace, composition, composed)
        if self.composed is not composed:
            return False
        self.composed = result
        return True

    async def _keep(self) -> None:
        await drafts.keep(self._workspace, self.draft)

    async def _open(self) -> None:
        before, opened = self.opened, await self.fresh()
        is_other = opened.rows is not None and opened.rows is not before.rows
        if opened.rows is not None and is_other:
            try:
                await asyncio.to_thread(opened.rows.page, 1, AHEAD)
            except BatchtuiError as error:
                opened = OpenedDraft(opened.draft, opened.source, complaints=(complaint(error),))
        self.opened = opened
        await self._onlooker.on_opened(is_other_table=is_other or (opened.rows is None) != (before.rows is None))
        run_worker(self._owner, self._look_over, group="show-sum", exclusive=True)

    async def _look_over(self) -> None:
        """Look at all rows, once nothing changes for a moment; any change gives that up."""
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
        """Hear, on a thread, how far the looking is."""
        words = bytes_done(reading.read, reading.total)
        self._owner.app.call_later(self._wait, f"looking at all rows: {words}")

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
