"""Do what the dashboard does in the background without a screen, as a stream of events: `watch`."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import StorageError
from batchtui.services.notifications.notifier import Notifier
from batchtui.services.polling.poller import Poller
from batchtui.services.workspace import is_elsewhere
from batchtui.text.events import PASSING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from typing import Any

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.errors import BatchtuiError
    from batchtui.registry.journal import Entry
    from batchtui.services.notifications.channels import Channel
    from batchtui.services.polling.poller import PollStatus
    from batchtui.services.workspace import Workspace

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """An entry of the journal, by this process or another, with its batch as it is now."""

    entry: Entry
    batch: Batch | None


@dataclass(frozen=True, slots=True)
class Listeners:
    """Functions that are called during a watch."""

    on_happening: Callable[[WatchEvent], None]
    on_status: Callable[[PollStatus], None]
    on_error: Callable[[BatchtuiError], None]


@dataclass(frozen=True, slots=True)
class Watched:
    """The result of a watch."""

    unknown: int
    """Parts whose fate needs a decision."""
    uncollected: bool
    """Whether fetching some results has failed."""
    elsewhere: int = 0
    """Batches that run, or parts that are open, at another account than that of the credentials: they were left."""


async def watch(
    workspace: Workspace,
    listeners: Listeners,
    channels: Sequence[Channel],
    *,
    interval: float | None = None,
    until_idle: bool = False,
) -> Watched:
    """Refresh the registry, fetch results, send waiting parts and deliver notices, until canceled or nothing pends.

    A network that is down or a rate limit is waited out.

    Raises:
        CredentialsMissing, Refused: with `until_idle`, the API does not accept the credentials.
    """
    poller = Poller(
        workspace,
        on_status=listeners.on_status,
        on_error=listeners.on_error,
        collects=workspace.settings.refresh.fetch_results,
        interval=interval,
    )
    notifier, follower = Notifier(workspace, channels), JournalFollower(workspace, listeners.on_happening)
    # Before anything runs: what the first round brings about is news.
    await follower.begin()
    await _first_of(poller.run(until_idle=until_idle), workspace.commits.run(), notifier.run(), follower.run())
    # What the last commit brought: the loops may have been canceled before they saw it.
    await notifier.tell()
    await follower.look()
    tally = await workspace.registry.views.tally()
    going_on = [state for state in BatchState if state.is_running or state.is_open]
    elsewhere = [
        batch for batch in await workspace.registry.views.in_states(*going_on) if is_elsewhere(batch, workspace.account)
    ]
    return Watched(tally.states.get(BatchState.UNKNOWN, 0), poller.left_uncollected, len(elsewhere))


class JournalFollower:
    """Follows the journal of all processes and reports the entries that matter to a person."""

    def __init__(self, workspace: Workspace, tell: Callable[[WatchEvent], None]) -> None:
        self._workspace = workspace
        self._tell = tell
        self._seq = 0

    async def begin(self) -> None:
        """Skip the entries that exist already."""
        self._seq = await self._workspace.registry.journal.last()

    async def run(self) -> None:
        """Go on until canceled."""
        committed = self._workspace.commits.follow()
        while True:
            try:
                await self.look()
            except StorageError as error:  # told with the next commit: what was passed on is not passed on twice
                log.warning("the journal cannot be followed for now: %s", error)
            await committed.wait()
            committed.clear()

    async def look(self) -> None:
        """Pass on what has happened since the last look."""
        while entries := await self._workspace.registry.journal.after(self._seq, actions_only=True):
            keys = list({entry.batch_key for entry in entries if entry.batch_key is not None})
            batches = {batch.key: batch for batch in await self._workspace.registry.views.page(keys)}
            for entry in entries:
                if entry.event not in PASSING:
                    self._tell(WatchEvent(entry, None if entry.batch_key is None else batches.get(entry.batch_key)))
            self._seq = entries[-1].seq


async def _first_of(*work: Coroutine[Any, Any, None]) -> None:
    """Run coroutines until the first one ends; cancel the others, and raise its exception."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
