"""Noticing that the registry was written to, by this process or by another one, without asking it anything else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batchtui.services.clock import rest

if TYPE_CHECKING:
    from batchtui.domain.clock import Clock
    from batchtui.registry.registry import Registry

LOOK = 0.5
"""Seconds between two looks at the file; a commit of this process is seen at once."""


class Commits:
    """Waits for the next commit to the registry. It changes nothing, and reads nothing but a number."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock
        self._wake = asyncio.Event()
        self._version: int | None = None
        registry.on_commit(self._wake.set)

    async def next(self, seconds: float | None = None) -> bool:
        """Return once something was committed after the last return: True; or after this time: False."""
        if self._version is None:
            self._version = await self._registry.views.data_version()
        began = self._clock.monotonic()
        while True:
            left = LOOK if seconds is None else min(LOOK, seconds - (self._clock.monotonic() - began))
            if left <= 0:
                return False
            await rest(self._clock, left, self._wake)
            version = await self._registry.views.data_version()
            if version != self._version:
                self._version = version
                return True
