"""Notice commits to the registry, by this process or another one: `CommitWatcher`."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from batchtui.domain.errors import StorageError
from batchtui.runtime.clock import sleep_until_any

if TYPE_CHECKING:
    from batchtui.domain.clock import Clock
    from batchtui.registry.registry import Registry

log = logging.getLogger(__name__)
LOOK = 0.5
"""Seconds between two looks at the file, for commits of other processes; own ones are noticed at once."""


class CommitWatcher:
    """Sets an event in every follower after each commit to the registry, by this process or another."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock
        self._own = asyncio.Event()
        self._followers: list[asyncio.Event] = []
        registry.on_commit(self._own.set)

    def follow(self) -> asyncio.Event:
        """Return an event that is set after each commit while `run` runs; the follower clears it."""
        follower = asyncio.Event()
        self._followers.append(follower)
        return follower

    async def run(self) -> None:
        """Watch until canceled. The first look sets all events: something may have been committed before."""
        version: int | None = None
        while True:
            before = version
            try:
                version = await self._registry.queries.data_version()
            except StorageError as error:  # locked or damaged for now: the next look tells
                log.warning("%s", error)
            # SQLite's data_version and not the own event alone: other processes commit, too.
            if version != before:
                for follower in self._followers:
                    follower.set()
            await sleep_until_any(self._clock, LOOK, self._own)
