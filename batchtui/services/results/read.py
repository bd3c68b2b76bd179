"""Read saved results one by one for a program: `read_results`."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from batchtui.exporters.record import ExportRecord
from batchtui.registry.original_ids import read_original_ids
from batchtui.registry.results.index import OUTCOMES
from batchtui.registry.results.merge import MergedResults
from batchtui.runtime.threads import run_cancellable, run_in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterator, Mapping

    from batchtui.registry.results.merge import Found
    from batchtui.services.results.export_plan import ExportPlan
    from batchtui.services.workspace import Workspace

AT_ONCE = 200
"""Results read in one visit to the disk."""


async def read_results(workspace: Workspace, plan: ExportPlan) -> AsyncGenerator[ExportRecord]:
    """Yield the results that an export of this plan would write, each with its request where the plan wants it.

    Raises:
        StorageError: the disk refuses.
        ResultsUnavailable: a file that was there when the plan was made is gone.
    """
    registry = workspace.registry
    merged = await run_cancellable(
        lambda _: MergedResults(
            plan.batches, registry.results.salvaged() if plan.salvage else registry.results, registry.requests
        ),
        let_go=MergedResults.close,
    )
    try:
        originals = await run_in_thread(lambda: read_original_ids(workspace.paths, registry, plan.batches[0].job))
    except BaseException:
        merged.close()
        raise
    entries = _entries(plan, merged, originals)
    try:
        while block := await run_in_thread(lambda: list(islice(entries, AT_ONCE))):
            for entry in block:
                yield entry
    finally:
        entries.close()
        merged.close()


def in_input_order(plan: ExportPlan, merged: MergedResults) -> bool:
    """Return whether results come in the order of the input: where that is wanted, and the requests are kept."""
    return plan.order == "input" and merged.has_requests


def result_locations(plan: ExportPlan, merged: MergedResults) -> Iterator[Found]:
    """Yield where the results of a plan lie, in its order."""
    found = merged.in_input_order(plan.only) if in_input_order(plan, merged) else merged.in_arrival_order(plan.only)
    if plan.picked is None:
        return found
    # A byte a result: a set of a million numbers would take many times as much memory.
    masks = [bytearray(reader.count + 1) for reader in merged.readers]
    for mask, batch in zip(masks, merged.batches, strict=True):
        for seq in plan.picked.get(batch.key, ()):
            mask[seq] = 1
    return (place for place in found if masks[place.source][place.seq])


def origin_of(plan: ExportPlan, merged: MergedResults, place: Found, entry: ExportRecord) -> str | None:
    """Return the batch that made a reused answer; None for an answer of the batch's own."""
    origins = plan.origins.get(merged.batches[place.source].key)
    root = merged.root_of(place, entry.answer.custom_id) if origins else None
    return origins.get(root) if origins and root is not None else None


def _entries(plan: ExportPlan, merged: MergedResults, originals: Mapping[str, str]) -> Generator[ExportRecord]:
    outcomes = [reader.outcomes for reader in merged.readers]
    joined = plan.with_requests and merged.has_requests
    for place in result_locations(plan, merged):
        entry = ExportRecord(merged.line(place))
        entry.read_as = OUTCOMES[outcomes[place.source][place.seq]]
        if joined:
            entry.request = merged.request(place, "" if place.request else entry.answer.custom_id)
        if plan.origins:
            entry.reused_from = origin_of(plan, merged, place, entry)
        if originals:
            entry.original = originals.get(entry.answer.custom_id)
        if plan.notes:
            entry.note = plan.notes.get(entry.answer.custom_id)
        yield entry
