"""`ResultScreen` shows one result of a batch: the request and its answer, as text, Markdown or tree."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from batchtui.domain.errors import BatchtuiError
from batchtui.results.parsed_result import ParsedResult, parse_result
from batchtui.results.structured_output import SchemaMatch, match_schema
from batchtui.text.numbers import count
from batchtui.tui.rendering.answer import answer_parts
from batchtui.tui.rendering.request import params_of, request_parts
from batchtui.tui.rendering.spans import Line, Span, Tone
from batchtui.tui.results.side_by_side import SideBySide
from batchtui.tui.terminal import external
from batchtui.tui.widgets.document_pane import Document
from batchtui.tui.workers import CoalescedWorker, run_guarded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.domain.batch import Batch
    from batchtui.domain.cost import Cost
    from batchtui.registry.results.reader import ResultReader
    from batchtui.services.workspace import Workspace
    from batchtui.tui.rendering.plain import Part
    from batchtui.tui.results.grid import ResultGrid

_UNFIT = re.compile(r"[^A-Za-z0-9_-]")
"""Characters of a custom_id that are replaced in the name of a copy."""


class LoadedResult(NamedTuple):
    """Everything that is shown of one result, read on a thread."""

    raw: bytes
    answer: ParsedResult
    request: bytes | None
    """None where it is not stored here."""
    fit: SchemaMatch | None
    cost: Cost | None


class ResultScreen(SideBySide):
    """One result of a batch. Next and previous go through the list that it was opened from."""

    def __init__(self, workspace: Workspace, batch: Batch, reader: ResultReader, grid: ResultGrid) -> None:
        super().__init__(workspace)
        self._batch = batch
        self._reader = reader
        self._grid = grid
        self._reading = CoalescedWorker(self, self._read)

    def on_mount(self) -> None:
        """Show the result under the cursor of the list."""
        self._answer.target.focus()
        self._reading.request()

    async def _read(self) -> None:
        seq = self._grid.key
        if seq is None:
            return
        read = await asyncio.to_thread(self._read_from_disk, seq)
        self._head.show(read.answer, len(read.raw), read.cost, read.fit)
        self._answer.show(Document(partial(answer_parts, read.answer, raw=read.raw), read.raw))
        if read.request is None:
            self._request.show(Document(_not_stored))
        else:
            self._request.show(Document(partial(request_parts, read.request), read.request))
        self.refresh_footer()

    def _read_from_disk(self, seq: int) -> LoadedResult:
        raw = self._reader.raw(seq)
        [facts] = self._reader.page([seq])
        answer = parse_result(raw).with_outcome(facts.outcome)
        request = self._find(answer.custom_id)
        # The schema is in the request, so an answer alone cannot be judged.
        fit = match_schema(answer, params_of(request)) if request and answer.message else None
        return LoadedResult(raw, answer, request, fit, self._grid.price(facts))

    def _find(self, custom_id: str) -> bytes | None:
        """Return the request as it was stored when it was sent: the API does not return requests."""
        store = self.workspace.registry.requests
        # A request that was pruned or never here is no failure of showing the answer.
        with suppress(BatchtuiError, FileNotFoundError):
            if store.has(self._batch.job):
                with store.reader(self._batch.job, self._batch.attempt) as requests:
                    return requests.find(custom_id)
        return None

    def footer_status(self) -> Line:
        """Return the position in the list."""
        return (Span(f"{count(self._grid.cursor + 1)} of {count(len(self._grid.order))}", Tone.DIM),)

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

    async def _action_result_editor(self) -> None:
        # The name is in the title of many editors; it says which result one reads.
        name = f"{_UNFIT.sub('_', self._head.custom_id)[:60] or 'result'}{self._ahead.suffix}"
        external.view_in_editor(self.app, await asyncio.to_thread(self._ahead.whole), name)

    def _action_result_copy_id(self) -> None:
        custom_id = self._head.custom_id
        self.dashboard.copy(custom_id, custom_id)


def _not_stored(_most: int | None) -> Iterator[Part]:
    yield (Span("The request is not stored here: the batch was made elsewhere.", Tone.DIM),)
