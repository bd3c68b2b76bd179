"""From the registry to the screen: notices every commit, also those of other processes, and says what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.tui.messages import BatchesChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchtui.registry.batch_queries import BatchCounts
    from batchtui.services.workspace import Workspace


class RegistryWatcher:
    """Watches the registry and tells. It changes nothing, and asks for nothing while nothing has been committed."""

    def __init__(self, workspace: Workspace, tell: Callable[[BatchesChanged], object], *, pace: float = 0.0) -> None:
        """`pace`: seconds that lie at least between two tellings; what comes meanwhile is told at once."""
        self._clock = workspace.clock
        self._pace = pace
        self._registry = workspace.registry
        self._committed = workspace.commits.follow()
        self._tell = tell
        self._revision = 0

    async def begin(self) -> BatchCounts:
        """Take the registry as it stands as the beginning: what comes later is a change."""
        tally = await self._registry.views.tally()
        self._revision = tally.revision
        return tally

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await self._committed.wait()
            self._committed.clear()
            if await self._look() and self._pace:
                await self._clock.sleep(self._pace)

    async def _look(self) -> bool:
        """Tell what has changed. Returns whether anything has."""
        tally = await self._registry.views.tally()
        if tally.revision == self._revision:
            return False
        changed = await self._registry.views.changed_since(self._revision)
        self._revision = max([tally.revision, *(batch.revision for batch in changed)])
        self._tell(BatchesChanged(changed, tally))
        return True
