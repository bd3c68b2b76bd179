"""Tell each notice once through each channel, however many processes are open: `Notifier`."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import BatchtuiError, StorageError
from batchtui.domain.limits import RESULTS_EXPIRE_SOON, RESULTS_KEPT
from batchtui.domain.notice import LEFT_AFTER, LimitShare, NoticeKind
from batchtui.runtime import process_identity
from batchtui.runtime.clock import sleep_until_any
from batchtui.services.notifications.digest import create_digest
from batchtui.services.spending.limit_notices import create_limit_notices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.notice import Notice
    from batchtui.services.notifications.channels import Channel
    from batchtui.services.workspace import Workspace

log = logging.getLogger(__name__)
STALE = timedelta(days=1)
"""Older notices are not delivered; they remain in the activity screen."""
LOOK = 5.0
"""Seconds between two checks for notices that become due by time alone."""


class Notifier:
    """Delivers notices through channels. A channel that fails is noted in the journal; the others go on."""

    def __init__(self, workspace: Workspace, channels: Sequence[Channel]) -> None:
        self._workspace = workspace
        self._channels = tuple(channels)

    async def run(self) -> None:
        """Deliver until canceled: after every commit, and every few seconds what became due by time alone."""
        committed = self._workspace.commits.follow()
        while True:
            await self.tell()
            await sleep_until_any(self._workspace.clock, LOOK, committed)

    async def tell(self) -> int:
        """Deliver what was not delivered yet. Returns how many deliveries there were; whatever fails is only logged."""
        try:
            return await self._tell_all()
        except StorageError as error:
            log.warning("notices: %s", error)
        except Exception:
            log.exception("notices could not be delivered")
        return 0

    async def _tell_all(self) -> int:
        await create_due_notices(self._workspace)
        if not self._channels:
            return 0
        registry, since = self._workspace.registry, self._workspace.clock.now() - STALE
        await self._take_over(since)
        due = await registry.notices.untold([channel.name for channel in self._channels], since)
        ready = [(notice, names) for notice, names in due if _is_due(self._workspace, notice)]
        # Concurrently: a webhook that hangs must not hold up the bell.
        done = await asyncio.gather(
            *(self._through(channel, [one for one, names in ready if channel.name in names])
              for channel in self._channels)
        )  # fmt: skip
        return sum(done)

    async def _take_over(self, since: datetime) -> None:
        """Release the claims of processes that have died before they delivered."""
        for seq, channel, holder in await self._workspace.registry.notices.unsettled(since):
            # None, a process of another machine, keeps its claim: it may still deliver.
            if process_identity.is_gone(holder):
                await self._workspace.registry.notices.release(seq, channel, holder)

    async def _through(self, channel: Channel, notices: Sequence[Notice]) -> int:
        groups = [notices] if channel.at_once else [[notice] for notice in notices]
        return sum([await self._tell(channel, group) for group in groups if group])

    async def _tell(self, channel: Channel, notices: Sequence[Notice]) -> int:
        """Claim, deliver and settle notices. When canceled in between, the claims are given back."""
        registry = self._workspace.registry.notices
        # Claimed one by one in the registry: of several open processes each gets some, and none twice.
        mine = [notice for notice in notices if await registry.claim(notice.seq, channel.name)]
        now = self._workspace.clock.now()
        news = [notice for notice in mine if is_current(notice, now)]
        outcome = "told"
        try:
            if news:
                await channel.tell(news)
        except BatchtuiError as error:
            outcome = "failed"
            await self._note(channel, news, error)
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(channel, mine))
            raise
        for notice in mine:
            await registry.settle(notice.seq, channel.name, outcome if notice in news else "passed")
        return len(news)

    async def _give_back(self, channel: Channel, notices: Sequence[Notice]) -> None:
        for notice in notices:
            await self._workspace.registry.notices.release(notice.seq, channel.name)

    async def _note(self, channel: Channel, notices: Sequence[Notice], error: BatchtuiError) -> None:
        log.warning("%s: %s", error.heading, error.message)
        kind = channel.name.partition(" ")[0]
        for notice in notices:
            await self._workspace.registry.journal.record(
                self._workspace.clock.now(), "notice.failed", job=notice.batch.job, key=notice.batch.key,
                batch_id=notice.batch.id, about=str(notice.kind), through=kind, reason=error.message,
            )  # fmt: skip


async def create_due_notices(workspace: Workspace) -> None:
    """Create the notices that become due by time alone, and the digest of the day.

    They are about unsent parts, results that expire soon, and limits that are nearly spent.
    """
    await create_limit_notices(workspace)
    now = workspace.clock.now()
    # One for each attempt that is left, however often it is: its number of sends tells one time from the next.
    left = await workspace.registry.queries.left_unsent(now - LEFT_AFTER)
    for batch in left:
        await _make_once(workspace, NoticeKind.NOT_SENT, {f"{batch.key}.{batch.sends}": batch.key})
    # Only those whose time is nearly over: of all others there may be 100,000, and this is asked every few seconds.
    soon = now - RESULTS_KEPT + RESULTS_EXPIRE_SOON
    uncollected = await workspace.registry.queries.uncollected(now, created_before=soon)
    going = [batch for batch in uncollected if goes_soon(batch, now)]
    await _make_once(workspace, NoticeKind.RESULTS_GOING, {str(batch.id): batch.key for batch in going})
    await create_digest(workspace, left, going)


async def _make_once(workspace: Workspace, kind: NoticeKind, subjects: Mapping[str, int]) -> None:
    """Make the notices that are not there yet; `subjects` maps each to the key of its batch. Most times none is due."""
    if not subjects:
        return
    known = await workspace.registry.notices.made(kind, list(subjects))
    for subject in subjects.keys() - known:
        await workspace.registry.notices.make(kind, subjects[subject], subject)


def goes_soon(batch: Batch, now: datetime) -> bool:
    """Return whether the API will soon delete results that are not saved here."""
    is_here = batch.results in (ResultsState.SAVED, ResultsState.GONE)
    return not is_here and batch.results_until is not None and now < batch.results_until <= now + RESULTS_EXPIRE_SOON


def is_current(notice: Notice, now: datetime) -> bool:
    """Return whether a notice is still true: what was settled meanwhile is not delivered."""
    batch = notice.batch
    match notice.kind:
        case NoticeKind.ENDED:
            return batch.state is BatchState.ENDED
        case NoticeKind.UNKNOWN:
            return batch.state is BatchState.UNKNOWN
        case NoticeKind.SPEND_LIMIT | NoticeKind.NOT_SENT:
            return batch.state is BatchState.PLANNED
        case NoticeKind.LIMIT_NEAR:
            # A notice of yesterday's limit says nothing about today.
            share = LimitShare.from_subject(notice.subject)
            return share is not None and share.day == f"{now.astimezone():%Y-%m-%d}"
        case NoticeKind.DIGEST:
            return True
        case NoticeKind.RESULTS_GOING:
            return batch.results not in (ResultsState.SAVED, ResultsState.GONE)


def _is_due(workspace: Workspace, notice: Notice) -> bool:
    """Return whether a notice is due: most lost answers are found again within the grace period."""
    if notice.kind is not NoticeKind.UNKNOWN or not is_current(notice, workspace.clock.now()):
        return True
    return workspace.clock.now() - notice.at >= timedelta(seconds=workspace.settings.submit.grace)
