"""Count what saved results turned out to be, of batches saved by earlier versions: `count_missing_outcomes`.

Since then `collect` notes the outcomes in the transaction that calls them saved.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from batchtui.domain.errors import ResultsUnavailable, StorageError
from batchtui.domain.result import OutcomeCounts

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchtui.domain.batch import Batch
    from batchtui.services.workspace import Workspace

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
    for done, batch in enumerate(await registry.views.page(keys)):
        if on_progress:
            on_progress(done, len(keys))
        outcomes = await asyncio.to_thread(_count, workspace, batch)
        try:
            await registry.batches.set_outcomes(batch.key, outcomes)
        except StorageError as error:  # a list must not fail for it
            log.warning("the outcomes of %s could not be noted: %s", batch.id, error)
            break
    return len(keys)


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
