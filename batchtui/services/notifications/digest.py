"""Make the notice that sums up a day, at the time that `notify.digest` sets: `create_digest`.

It is made once a day, whichever process looks first. One that was missed while nothing ran is made with the next look:
only the latest one, which then covers all the time since the one before.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from batchtui.domain.batches.query import BatchQuery
from batchtui.domain.batches.states import BatchState
from batchtui.domain.notice import DigestDay, NoticeKind
from batchtui.services.spending.ledger import read_ledger
from batchtui.text.sentences.digest import digest_sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace

THROUGH = "digest_through"
"""Name of the value that keeps until when the latest digest goes; before the first one, when digests were turned on."""


async def create_digest(workspace: Workspace, unsent: Sequence[Batch], expiring: Sequence[Batch]) -> bool:
    """Make the digest that is due. Returns whether it was made.

    Args:
        workspace: its settings say when, its registry what happened.
        unsent: parts that a program left unsent.
        expiring: batches whose results the API will soon delete, and which are not saved.
    """
    at = workspace.settings.notify.digest
    if not at:
        return False
    registry, now = workspace.registry, workspace.clock.now()
    stored = await registry.values.get(THROUGH)
    if stored is None:
        # Turned on in the evening it does not begin with a digest of the day, which nobody has asked for.
        await registry.values.put(THROUGH, now.isoformat())
        return False
    since, due = datetime.fromisoformat(stored[0]), latest_due(now, time.fromisoformat(at))
    day = f"{due.astimezone():%Y-%m-%d}"
    if due <= since or await registry.notices.made_on(NoticeKind.DIGEST, DigestDay.prefix(day)):
        return False
    newest = await registry.queries.select(BatchQuery(limit=1))
    made = False
    if newest:
        said = await _sum_up(workspace, since, now, unsent, expiring)
        made = await registry.notices.make(
            NoticeKind.DIGEST, newest[0].key, DigestDay(day, said).subject, unless=DigestDay.prefix(day)
        )
    await registry.values.put(THROUGH, now.isoformat())
    return made


def latest_due(now: datetime, at: time) -> datetime:
    """Return the latest moment, up to now, at which it was this time of day on this machine."""
    # Each day by itself and not 24 hours back: a day on which the clocks change has 23 or 25 hours. A time that such a
    # day does not have comes an hour later, and one that it has twice counts the first time.
    today = now.astimezone().date()
    for day in (today, today - timedelta(days=1)):
        # `timestamp` and not `astimezone`, which puts a time that the day does not have an hour before it.
        due = datetime.fromtimestamp(datetime.combine(day, at).timestamp(), now.tzinfo)
        if due <= now:
            return due
    return due


async def _sum_up(
    workspace: Workspace, since: datetime, now: datetime, unsent: Sequence[Batch], expiring: Sequence[Batch]
) -> str:
    queries = workspace.registry.queries
    ended = await queries.ended_between(since, now)
    ledger = await read_ledger(workspace, batches=[batch.key for batch in ended]) if ended else None
    planned = await queries.in_states(BatchState.PLANNED)
    # What has a time of its own is sent by itself; a reason without one is a spend limit or a refusal.
    stopped = [batch for batch in planned if batch.reason and batch.not_before is None]
    unknown = await queries.in_states(BatchState.UNKNOWN)
    return digest_sentence(
        since.astimezone(),
        ended,
        spent=ledger.total.known if ledger else None,
        saved=ledger.total.saved if ledger else None,
        uncounted=ledger.uncounted if ledger else 0,
        unknown=len(unknown),
        unsent=len({batch.key for batch in (*unsent, *stopped)}),
        expiring=len(expiring),
    )
