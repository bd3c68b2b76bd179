"""`RegistryWatcher` tells the dashboard about every commit to the registry, also by other processes.

This is how a batch that `batchtui submit` sends elsewhere appears on the screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.tui.messages import BatchesChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchtui.registry.batches.queries import BatchCounts
    from batchtui.services.workspace import Workspace


class RegistryWatcher:
    """Reads what has changed after each commit. It reads nothing while nothing is committed."""

    def __init__(self, workspace: Workspace, tell: Callable[[BatchesChanged], object], *, pace: float = 0.0) -> None:
        """`pace`: seconds between two messages at least; changes in between are told together."""
        self._clock = workspace.clock
        self._pace = pace
        self._registry = workspace.registry
        self._committed = workspace.commits.follow()
        self._tell = tell
        self._revision = 0

    async def begin(self) -> BatchCounts:
        """Return the counts of the registry as it is now; later changes are told."""
        tally = await self._registry.queries.tally()
        self._revision = tally.revision
        return tally

    async def run(self) -> None:
        """Run until canceled."""
        while True:
            await self._committed.wait()
            # Cleared before reading: a commit meanwhile sets it again, and none is missed.
            self._committed.clear()
            if await self._look() and self._pace:
                await self._clock.sleep(self._pace)

    async def _look(self) -> bool:
        """Tell what has changed. Returns whether anything has."""
        tally = await self._registry.queries.tally()
        # A commit of the journal alone changes no batch.
        if tally.revision == self._revision:
            return False
        changed = await self._registry.queries.changed_since(self._revision)
        # A batch may have been committed between the two queries.
        self._revision = max([tally.revision, *(batch.revision for batch in changed)])
        self._tell(BatchesChanged(changed, tally))
        return True
