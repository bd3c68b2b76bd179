"""Record who sends a part and what is known of its fate, each step in one transaction: `Sends`.

A send is recorded before its first byte leaves: after a crash the record shows that the batch may exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.errors import UnknownTarget
from batchtui.domain.notice import NoticeKind
from batchtui.domain.states import BatchState, ResultsState
from batchtui.registry.codecs import decode_time, encode_time
from batchtui.registry.notices import make as make_notice
from batchtui.registry.transitions import apply_remote, fetch, row_of, transition

if TYPE_CHECKING:
    from datetime import datetime
    from sqlite3 import Row

    import aiosqlite

    from batchtui.domain.batch import RemoteBatch
    from batchtui.domain.clock import Clock
    from batchtui.registry.database import Database


class Sends:
    """Moves a part from `planned` to the states of the API, as it is told how a send went."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def body_of(self, key: int) -> tuple[str, str]:
        """Return where the body of a batch lies: the job's id, and the name of the file in its folder."""
        row = await self._database.one("SELECT job_id, body FROM batches WHERE key = ?", (key,))
        if row is None:
            raise UnknownTarget(f"The registry has no batch with the number {key}.")
        return row["job_id"], row["body"]

    async def sender_of(self, key: int) -> tuple[str | None, datetime | None]:
        """Return who last sent a batch, and until when that process is to be taken for alive."""
        row = await self._database.one("SELECT sender, sender_until FROM batches WHERE key = ?", (key,))
        return (row["sender"], decode_time(row["sender_until"])) if row else (None, None)

    async def claim(self, key: int, sender: str, until: datetime) -> bool:
        """Take a planned batch for sending: planned → submitting. Returns False where another sender was first."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            # Read under the write lock: of two processes that claim at once exactly one finds it planned.
            before = await row_of(tx, key)
            if before["state"] != BatchState.PLANNED:
                return False
            columns = {"sender": sender, "sender_until": encode_time(until), "reason": "", "not_before": None}
            await transition(
                tx, before, BatchState.SUBMITTING, "batch.submitting", now,
                submitted_at=encode_time(now), sends=before["sends"] + 1, lost_at=None, **columns,
            )  # fmt: skip
        return True

    async def still_sending(self, key: int, sender: str, until: datetime) -> None:
        """Note that a sender is still alive: it may be taken for dead only after `until`."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "UPDATE batches SET sender_until = ? WHERE key = ? AND sender = ? AND state = 'submitting'",
                (encode_time(until), key, sender),
            )

    async def accepted(self, key: int, remote: RemoteBatch, workspace_id: str | None, sender: str) -> bool:
        """Note the API's answer to a create: submitting → in_progress, or unknown → in_progress where it came late.

        Returns False, and changes nothing, where another sender took the part over meanwhile.
        """
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            is_mine = before["state"] == BatchState.SUBMITTING and before["sender"] == sender
            if not is_mine and before["state"] != BatchState.UNKNOWN:
                return False
            await self._bind(tx, before, remote, workspace_id, event="batch.accepted", adopted=False)
        return True

    async def adopt(self, key: int, remote: RemoteBatch, workspace_id: str | None) -> bool:
        """Note that a lost submission was found: unknown → what the API says.

        Returns False, and changes nothing, where it is not `unknown` any more or another batch has that id.
        """
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            taken = await fetch(tx, "SELECT 1 FROM batches WHERE id = ?", (remote.id,))
            if before["state"] != BatchState.UNKNOWN or taken is not None:
                return False
            await self._bind(tx, before, remote, workspace_id, event="batch.adopted", adopted=True)
        return True

    async def not_created(
        self, key: int, reason: str, *, not_before: datetime | None = None, at_limit: bool = False
    ) -> None:
        """Note that a send is known to have created nothing: submitting → planned, with the reason.

        `at_limit`: trying again is useless until a spend limit is raised; a notice says so.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            await transition(
                tx, before, BatchState.PLANNED, "batch.refused", now, reason=reason, not_before=encode_time(not_before),
                sender=None,
            )  # fmt: skip
            if at_limit:
                await make_notice(tx, now, NoticeKind.SPEND_LIMIT, key, f"{key}.{before['sends']}")

    async def answer_lost(self, key: int, reason: str) -> None:
        """Note that the answer to a send was lost: submitting → unknown."""
        lost_at = encode_time(self._clock.now())
        async with self._database.transaction() as tx:
            await transition(
                tx, await row_of(tx, key), BatchState.UNKNOWN, "batch.unknown", self._clock.now(), reason=reason,
                sender=None, lost_at=lost_at,
            )  # fmt: skip

    async def sender_died(self, key: int, sender: str | None) -> bool:
        """Note that the sending process is dead: submitting → unknown. Returns False where that is outdated."""
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            if before["state"] != BatchState.SUBMITTING or before["sender"] != sender:
                return False
            now = self._clock.now()
            # The batch cannot have been created later than this: the process died before `sender_until`, or just now.
            lost_at = min(now, decode_time(before["sender_until"]) or now)
            await transition(
                tx, before, BatchState.UNKNOWN, "batch.unknown", now, lost_at=encode_time(lost_at),
                reason="The program ended while it was sending.",
            )  # fmt: skip
        return True

    async def proved_absent(self, key: int, sends: int, reason: str) -> bool:
        """Note that the last of that many sends created nothing: unknown → planned.

        Returns False, and changes nothing, where it is not unknown any more or was sent again since: absence of the
        former send proves nothing about the later one.
        """
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            if before["state"] != BatchState.UNKNOWN or before["sends"] != sends:
                return False
            await transition(tx, before, BatchState.PLANNED, "batch.absent", self._clock.now(), reason=reason)
        return True

    async def explain(self, key: int, reason: str, *, not_before: datetime | None = None) -> None:
        """Set why a batch is in its state, and before when sending it is useless; the state stays."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "UPDATE batches SET reason = ?, not_before = ? WHERE key = ? AND (reason, not_before) IS NOT (?, ?)",
                (reason, encode_time(not_before), key, reason, encode_time(not_before)),
            )

    async def disown(self, key: int, reason: str) -> None:
        """Undo an adoption that proved wrong: the part is unknown again, and its id is free for a row of its own."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            await transition(
                tx, before, BatchState.UNKNOWN, "batch.disowned", now, reason=reason, id=None, adopted=0,
                processing_status=None, processing=0, succeeded=0, errored=0, canceled=0, expired=0, created_at=None,
                ended_at=None, expires_at=None, cancel_initiated_at=None, archived_at=None, results=ResultsState.NONE,
                results_bytes=0,
            )  # fmt: skip

    async def _bind(
        self,
        tx: aiosqlite.Connection,
        before: Row,
        remote: RemoteBatch,
        workspace_id: str | None,
        *,
        event: str,
        adopted: bool,
    ) -> None:
        now = self._clock.now()
        await transition(
            tx, before, remote.state, event, now, id=remote.id, workspace_id=workspace_id, adopted=int(adopted),
            reason="", not_before=None, sender=None,
        )  # fmt: skip
        await apply_remote(tx, await row_of(tx, before["key"]), remote, now)
