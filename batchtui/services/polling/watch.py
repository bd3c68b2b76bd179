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
from batchtui.text.numbers import amount
from batchtui.text.sentences.events import PASSING

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
LOOK_FOR_REPLACED = 2.0
"""Seconds between two looks whether another file has the registry's name: two `stat` calls."""


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
    on_note: Callable[[str], None] | None = None
    """Told in a sentence what is no event of the journal."""


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

    A network that is down or a rate limit is waited out. Where another file takes the registry's place it is opened and
    watched, but no parts are sent from it: it may be an older copy, and what waits in it may have been sent since.

    Raises:
        CredentialsMissing, Refused: with `until_idle`, the API does not accept the credentials.
    """
    sends = True
    while True:
        poller = Poller(
            workspace,
            on_status=listeners.on_status,
            on_error=listeners.on_error,
            collects=workspace.settings.refresh.fetch_results,
            interval=interval,
            sends=sends,
        )
        notifier, follower = Notifier(workspace, channels), JournalFollower(workspace, listeners.on_happening)
        # Before anything runs: what the first round brings about is news.
        await follower.begin()
        replacement = _Replacement(workspace)
        await _first_of(
            replacement.wait(),
            poller.run(until_idle=until_idle),
            workspace.commits.run(),
            notifier.run(),
            follower.run(),
        )
        if not replacement.is_there:
            break
        # With the loops ended: what they were about to write belongs to rows of the other file.
        await replacement.open(listeners)
        sends = False
    # What the last commit brought: the loops may have been canceled before they saw it.
    await notifier.tell()
    await follower.look()
    tally = await workspace.registry.queries.tally()
    going_on = [state for state in BatchState if state.is_running or state.is_open]
    elsewhere = [
        batch
        for batch in await workspace.registry.queries.in_states(*going_on)
        if is_elsewhere(batch, workspace.account)
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
            batches = {batch.key: batch for batch in await self._workspace.registry.queries.page(keys)}
            for entry in entries:
                if entry.event not in PASSING:
                    self._tell(WatchEvent(entry, None if entry.batch_key is None else batches.get(entry.batch_key)))
            self._seq = entries[-1].seq


class _Replacement:
    """The file that has taken the registry's place."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.is_there = False

    async def wait(self) -> None:
        """Wait until there is such a file, and nobody is writing it any more."""
        before: tuple[int, ...] | None = None
        while True:
            now = self._now() if self._workspace.registry.is_replaced else None
            if now is not None and now == before:
                self.is_there = True
                return
            before = now
            await self._workspace.clock.sleep(LOOK_FOR_REPLACED)

    async def open(self, listeners: Listeners) -> None:
        """Open it in place of the registry, as soon as it can be opened; what is wrong with it is told once."""
        registry, told = self._workspace.registry, ""
        while True:
            try:
                await registry.reopen()
                tally = await registry.queries.tally()
                break
            except StorageError as error:
                log.warning("the registry cannot be opened again: %s", error)
                if error.message != told:
                    told = error.message
                    listeners.on_error(error)
            await self._workspace.clock.sleep(LOOK_FOR_REPLACED)
        if listeners.on_note:
            waiting = tally.states.get(BatchState.PLANNED, 0)
            left = f" {amount(waiting, 'part')} in it not sent by this watch: run `batchtui resume`." if waiting else ""
            found = amount(tally.total, "batch", "batches")
            listeners.on_note(f"The registry was replaced; watching the file that is there now: {found}.{left}")

    def _now(self) -> tuple[int, ...] | None:
        try:
            found = self._workspace.registry.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns


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
