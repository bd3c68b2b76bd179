"""Reading saved results one after the other, for a program: what counts over parts and attempts, lazily."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING

from batchtui.exporters.entry import Entry
from batchtui.registry.result_merge import MergedResults
from batchtui.services.threads import undisturbed

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from batchtui.services.export import ExportPlan
    from batchtui.services.workspace import Workspace

AT_ONCE = 200
"""Results read in one visit to the disk."""


async def read_results(workspace: Workspace, plan: ExportPlan) -> AsyncGenerator[Entry]:
    """Yield the results that an export of this plan would write, each with its request where the plan wants it.

    Raises:
        StorageError: the disk refuses.
        ResultsUnavailable: a file that was there when the plan was made is gone.
    """
    merged = await asyncio.to_thread(
        MergedResults, plan.batches, workspace.registry.results, workspace.registry.requests
    )
    entries = _entries(plan, merged)
    try:
        while block := await undisturbed(lambda: list(islice(entries, AT_ONCE))):
            for entry in block:
                yield entry
    finally:
        entries.close()
        merged.close()


def _entries(plan: ExportPlan, merged: MergedResults) -> Generator[Entry]:
    by_input = plan.order == "input" and merged.has_requests
    joined = plan.with_requests and merged.has_requests
    for place in merged.in_input_order(plan.only) if by_input else merged.in_arrival_order(plan.only):
        entry = Entry(merged.line(place))
        if joined:
            entry.request = merged.request(place, "" if place.request else entry.answer.custom_id)
        yield entry
