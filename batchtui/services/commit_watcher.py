"""Noticing that the registry was written to, by this process or by another one, without asking it anything else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batchtui.runtime.clock import sleep_until_any

if TYPE_CHECKING:
    from batchtui.domain.clock import Clock
    from batchtui.registry.registry import Registry

LOOK = 0.5
"""Seconds between two looks at the file; a commit of this process is seen at once."""


class CommitWatcher:
    """Hears of commits to the registry; one look at the file serves all who follow. It changes nothing."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock
        self._own = asyncio.Event()
        self._followers: list[asyncio.Event] = []
        registry.on_commit(self._own.set)

    def follow(self) -> asyncio.Event:
        """Return an event that is set after each commit from now on, while `run` runs; who waits for it clears it."""
        follower = asyncio.Event()
        self._followers.append(follower)
        return follower

    async def run(self) -> None:
        """Look until cancelled; what was committed before counts as one commit."""
        version: int | None = None
        while True:
            before, version = version, await self._registry.views.data_version()
            if version != before:
                for follower in self._followers:
                    follower.set()
            await sleep_until_any(self._clock, LOOK, self._own)
