"""Count what saved results turned out to be, of batches saved by earlier versions: `count_missing_outcomes`.

Since then `collect` notes the outcomes in the transaction that calls them saved.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from batchtui.domain.errors import ResultsUnavailable, StorageError
from batchtui.domain.results.result import OutcomeCounts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace

AT_ONCE = 200
"""Batches that are counted and noted at a time: a transaction for each of 100,000 would take minutes."""
log = logging.getLogger(__name__)


async def count_missing_outcomes(workspace: Workspace, on_progress: Callable[[int, int], None] | None = None) -> int:
    """Count the outcomes of every batch whose results are saved and were never counted. Returns how many there were.

    Each is looked at once: where the results cannot be read, that is noted, and nothing is said of their outcomes.

    Args:
        workspace: whose registry.
        on_progress: hears how many are counted, and of how many.
    """
    registry = workspace.registry
    keys = await registry.batches.uncounted()
    for start in range(0, len(keys), AT_ONCE):
        if on_progress:
            on_progress(start, len(keys))
        batches = await registry.queries.page(keys[start : start + AT_ONCE])
        found = await asyncio.to_thread(_count_each, workspace, batches)
        try:
            await registry.batches.set_outcomes(found)
        except StorageError as error:  # a list must not fail for it
            log.warning("outcomes could not be noted: %s", error)
            break
    return len(keys)


def _count_each(workspace: Workspace, batches: Sequence[Batch]) -> dict[int, OutcomeCounts | None]:
    return {batch.key: _count(workspace, batch) for batch in batches}


def _count(workspace: Workspace, batch: Batch) -> OutcomeCounts | None:
    registry = workspace.registry
    try:
        # An index of an earlier version lacks outcomes that came since; it is made again from the saved bytes.
        registry.results.rebuild_old_index(batch, registry.requests)
        with registry.results.reader(batch) as reader:
            return OutcomeCounts.from_mapping(reader.by_outcome)
    except (ResultsUnavailable, StorageError) as error:
        log.warning("the outcomes of %s could not be counted: %s", batch.id, error)
        return None
