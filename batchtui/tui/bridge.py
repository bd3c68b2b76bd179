"""From the registry to the screen: notices every commit, also those of other processes, and says what changed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batchtui.tui.messages import BatchesChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchtui.domain.clock import Clock
    from batchtui.registry.registry import Registry
    from batchtui.registry.views import Tally

LOOK = 0.5
"""Seconds between two looks at the file; a commit of this process is seen at once."""


class Bridge:
    """Watches the registry and tells. It changes nothing, and asks for nothing while nothing has been committed."""

    def __init__(self, registry: Registry, clock: Clock, tell: Callable[[BatchesChanged], object]) -> None:
        self._registry = registry
        self._clock = clock
        self._tell = tell
        self._wake = asyncio.Event()
        self._revision = 0
        registry.on_commit(self._wake.set)

    async def begin(self) -> Tally:
        """Take the registry as it stands as the beginning: what comes later is a change."""
        tally = await self._registry.views.tally()
        self._revision = tally.revision
        return tally

    async def run(self) -> None:
        """Go on until cancelled."""
        version = await self._registry.views.data_version()
        while True:
            await self._rest()
            now = await self._registry.views.data_version()
            if now != version:
                version = now
                await self._look()

    async def _look(self) -> None:
        tally = await self._registry.views.tally()
        if tally.revision != self._revision:
            changed = await self._registry.views.changed_since(self._revision)
            self._revision = max([tally.revision, *(batch.revision for batch in changed)])
            self._tell(BatchesChanged(changed, tally))

    async def _rest(self) -> None:
        sleep = asyncio.ensure_future(self._clock.sleep(LOOK))
        wake = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleep, wake}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sleep, wake):
                task.cancel()
            await asyncio.gather(sleep, wake, return_exceptions=True)
        self._wake.clear()
