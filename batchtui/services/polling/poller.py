"""Run maintenance in the background at an adaptive interval, in one of all open processes: `Poller`.

What a round imports is imported in the first one: the dashboard shows its first frame before.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from batchtui.domain.errors import (
    BatchtuiError,
    CredentialsMissing,
    GatewayError,
    RateLimited,
    Refused,
    StorageError,
)
from batchtui.runtime.clock import sleep_until_any
from batchtui.services.polling.collector import Collector, as_batchtui_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchtui.services.workspace import Workspace

log = logging.getLogger(__name__)
SETTLING = 0.2
"""Seconds between two looks whether the last results are saved, once nothing runs any more."""
BACK_OFF = (5.0, 15.0, 30.0, 60.0)
"""Seconds after the first, second … failure in a row."""


class PollerState(StrEnum):
    """What the background is doing."""

    IDLE = "idle"
    """Nothing is running, so nothing is asked."""
    WAITING = "waiting"
    """Between two sweeps."""
    REFRESHING = "refreshing"
    PAUSED = "paused"
    ELSEWHERE = "elsewhere"
    """Another open terminal does the asking; what it learns shows up here."""
    RATE_LIMITED = "rate_limited"
    OFFLINE = "offline"
    NO_CREDENTIALS = "no_credentials"
    """There are none, or the API does not take them."""


@dataclass(frozen=True, slots=True)
class PollStatus:
    """What the background does, for the status bar."""

    state: PollerState = PollerState.IDLE
    asked_at: datetime | None = None
    """When the API last answered any process: the age of the data."""
    next_at: datetime | None = None
    message: str = ""
    collecting: str = ""
    """The id of the batch whose results are being fetched; empty when none are."""
    collected: int = 0
    """How many results are saved of those that are being fetched one after the other, the one at hand included."""
    to_collect: int = 0
    """How many there are in all."""


class Poller:
    """Decides when maintenance runs while a front end is open, and collects results beside it."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        on_status: Callable[[PollStatus], None] | None = None,
        on_error: Callable[[BatchtuiError], None] | None = None,
        collects: bool = True,
        interval: float | None = None,
        sends: bool = True,
    ) -> None:
        """Nothing runs before `run`.

        `interval`: seconds between two sweeps, in place of one that adapts. `sends`: whether waiting parts are sent.
        """
        self._workspace = workspace
        self._sends = sends
        self._interval = interval
        self._on_status = on_status
        self._on_error = on_error
        self._collects = collects
        self._wake = asyncio.Event()
        # Each loop has its own: whoever waits for a commit clears it.
        self._turn_committed = workspace.commits.follow()
        self._collector = Collector(workspace, on_progress=self._show_collecting, on_error=self._report)
        self._is_paused = False
        self._failures = 0
        self._forced = False
        self._failure: BatchtuiError | None = None
        self.status = PollStatus()

    async def run(self, *, until_idle: bool = False) -> None:
        """Run until canceled, or with `until_idle` until nothing more happens by itself; collect results meanwhile.

        Raises:
            CredentialsMissing, Refused: with `until_idle`, the API does not accept the credentials.
        """
        from batchtui.services.polling import maintenance

        collector = asyncio.create_task(self._collector.run(), name="collector") if self._collects else None
        try:
            while True:
                seconds = await self._safe_turn()
                if until_idle and await self._is_done():
                    return
                await sleep_until_any(self._workspace.clock, seconds, self._wake, *self._signs_of_work)
        finally:
            if collector is not None:
                collector.cancel()
                await asyncio.gather(collector, return_exceptions=True)
            # Else the other open processes would wait until they find this one gone.
            with suppress(StorageError):
                await asyncio.shield(self._workspace.registry.leases.release(maintenance.POLLING))

    def refresh_now(self) -> None:
        """Run maintenance at once, also while paused."""
        self._forced = True
        self._wake.set()

    def prefer(self, key: int) -> None:
        """Fetch the results of this batch before those of all others: somebody is looking at it."""
        self._collector.prefer(key)

    def pause(self, paused: bool | None = None) -> None:
        """Pause or resume; without an argument toggle."""
        self._is_paused = not self._is_paused if paused is None else paused
        self._wake.set()

    @property
    def _signs_of_work(self) -> tuple[asyncio.Event, ...]:
        """What ends a wait early: while nothing is asked, a commit may bring something to do."""
        is_still = self.status.state in (PollerState.IDLE, PollerState.PAUSED)
        return (self._turn_committed,) if is_still else ()

    async def _safe_turn(self) -> float:
        """Do one turn; whatever it meets is logged and reported, and the next turn comes after a while."""
        try:
            return await self._turn()
        except Exception as error:
            log.exception("a round of the poller failed")
            failure = as_batchtui_error(error, "Refreshing failed")
            seconds = self._back_off()
            if self._failures == 1:
                self._report(failure)
            self._failure = failure
            next_at = self._workspace.clock.now() + timedelta(seconds=seconds)
            # The status bar says it for as long as it lasts; the notice comes with the first failure only.
            self._show(replace(self.status, state=PollerState.OFFLINE, next_at=next_at, message=failure.message))
            return seconds

    async def _turn(self) -> float:
        """Do one turn. Returns the seconds until the next one."""
        from batchtui.services.polling import maintenance

        forced, self._forced = self._forced, False
        # First of all: with another file in its place, every row known here would be judged by the wrong registry.
        self._workspace.registry.refuse_if_replaced()
        if self._is_paused and not forced:
            await self._say(PollerState.PAUSED)
            return self._workspace.settings.refresh.slow
        if not forced and not await maintenance.has_work(self._workspace):
            await self._say(PollerState.IDLE)
            return self._workspace.settings.refresh.slow
        seconds = self._interval or await maintenance.poll_interval(self._workspace)
        # Longer than the interval, so that the holder keeps it; short enough that another takes over if it is killed.
        ttl = timedelta(seconds=seconds * 2 + 10)
        # Who asks for a refresh by hand gets one, whoever else asks in the background.
        if not await self._workspace.registry.leases.take(maintenance.POLLING, ttl) and not forced:
            await self._say(PollerState.ELSEWHERE)
            return min(seconds, self._workspace.settings.refresh.quick)
        return await self._sweep(seconds)

    async def _sweep(self, seconds: float) -> float:
        from batchtui.services.polling import maintenance

        await self._say(PollerState.REFRESHING)
        try:
            sweep = await maintenance.run_maintenance(self._workspace, sends=self._sends)
        except (CredentialsMissing, Refused) as error:
            if _is_locked_out(error):
                return await self._failed(PollerState.NO_CREDENTIALS, BACK_OFF[-1], error)
            return await self._failed(PollerState.OFFLINE, self._back_off(), error)
        # Before GatewayError, of which it is one: here the server says how long to wait.
        except RateLimited as error:
            return await self._failed(PollerState.RATE_LIMITED, error.retry_after or self._back_off(), error)
        except GatewayError as error:
            return await self._failed(PollerState.OFFLINE, self._back_off(), error)
        except BatchtuiError as error:
            seconds = self._back_off()
            if self._failures == 1:
                self._report(error)
            return await self._failed(PollerState.OFFLINE, seconds, error)
        self._failures, self._failure = 0, None
        seconds = max(seconds, sweep.retry_after or 0.0)
        await self._say(PollerState.WAITING, seconds)
        return seconds

    async def _is_done(self) -> bool:
        """Return whether nothing more happens by itself, and no results are left to fetch."""
        from batchtui.services.polling import maintenance

        if self._failure is not None and _is_locked_out(self._failure):
            raise self._failure
        try:
            while not await maintenance.has_pending(self._workspace, sends=self._sends):
                if not self._collects or not await self._collector.has_hope():
                    return True
                await self._workspace.clock.sleep(SETTLING)
        except StorageError as error:
            log.warning("the registry cannot be read: %s", error)
        return False

    @property
    def left_uncollected(self) -> bool:
        """Whether some results could not be fetched."""
        return self._collector.has_failed

    def _report(self, error: BatchtuiError) -> None:
        if self._on_error:
            self._on_error(error)

    def _show_collecting(self, batch_id: str, number: int, total: int) -> None:
        self._show(replace(self.status, collecting=batch_id, collected=number, to_collect=total))

    def _back_off(self) -> float:
        self._failures += 1
        return BACK_OFF[min(self._failures, len(BACK_OFF)) - 1]

    async def _failed(self, state: PollerState, seconds: float, error: BatchtuiError) -> float:
        self._failure = error
        await self._say(state, seconds, error.message)
        return seconds

    async def _say(self, state: PollerState, seconds: float | None = None, message: str = "") -> None:
        from batchtui.services.polling.refresh import LAST_SWEEP

        asked = await self._workspace.registry.values.get(LAST_SWEEP)
        next_at = None if seconds is None else self._workspace.clock.now() + timedelta(seconds=seconds)
        self._show(
            replace(self.status, state=state, asked_at=asked[1] if asked else None, next_at=next_at, message=message)
        )

    def _show(self, status: PollStatus) -> None:
        if status != self.status:
            self.status = status
            if self._on_status:
                self._on_status(status)


def _is_locked_out(error: BatchtuiError) -> bool:
    return isinstance(error, CredentialsMissing) or (isinstance(error, Refused) and error.status in (401, 403))
