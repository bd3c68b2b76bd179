"""From the registry to the screen: notices every commit, also those of other processes, and says what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.services.commits import Commits
from batchtui.tui.messages import BatchesChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchtui.domain.clock import Clock
    from batchtui.registry.registry import Registry
    from batchtui.registry.views import Tally


class Bridge:
    """Watches the registry and tells. It changes nothing, and asks for nothing while nothing has been committed."""

    def __init__(
        self, registry: Registry, clock: Clock, tell: Callable[[BatchesChanged], object], *, pace: float = 0.0
    ) -> None:
        """`pace`: seconds that lie at least between two tellings; what comes meanwhile is told at once."""
        self._clock = clock
        self._pace = pace
        self._registry = registry
        self._commits = Commits(registry, clock)
        self._tell = tell
        self._revision = 0

    async def begin(self) -> Tally:
        """Take the registry as it stands as the beginning: what comes later is a change."""
        tally = await self._registry.views.tally()
        self._revision = tally.revision
        return tally

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            await self._commits.next()
            await self._look()
            if self._pace:
                await self._clock.sleep(self._pace)

    async def _look(self) -> None:
        tally = await self._registry.views.tally()
        if tally.revision != self._revision:
            changed = await self._registry.views.changed_since(self._revision)
            self._revision = max([tally.revision, *(batch.revision for batch in changed)])
            self._tell(BatchesChanged(changed, tally))
