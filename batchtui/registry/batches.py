"""Batches in the registry: every change of state, each lawful, each in one transaction with its line in the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import UnknownTarget
from batchtui.domain.notice import NoticeKind
from batchtui.domain.states import BatchState, ResultsState, advance
from batchtui.registry.columns import list_text, text_time, time_text
from batchtui.registry.jobs import insert_job
from batchtui.registry.journal import note
from batchtui.registry.notices import make as make_notice
from batchtui.registry.rows import BATCH_SELECT, to_batch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from sqlite3 import Row

    import aiosqlite

    from batchtui.domain.batch import Batch, RemoteBatch
    from batchtui.domain.clock import Clock
    from batchtui.domain.job import Job
    from batchtui.registry.connection import Database


class Batches:
    """The one writer of batches. It never talks to the API; it is told what the API said."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # ── reading one ────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, key: int) -> Batch:
        """Read one batch by the registry's own number.

        Raises:
            UnknownTarget: where there is none.
        """
        row = await self._database.one(f"{BATCH_SELECT} WHERE b.key = ?", (key,))
        if row is None:
            raise UnknownTarget(f"The registry has no batch with the number {key}.")
        return to_batch(row)

    async def with_id(self, batch_id: str) -> Batch | None:
        """Read one batch by the API's id."""
        row = await self._database.one(f"{BATCH_SELECT} WHERE b.id = ?", (batch_id,))
        return to_batch(row) if row else None

    async def body_of(self, key: int) -> tuple[str, str]:
        """Say where the body of a batch lies: the job's id, and the file's name within its folder."""
        row = await self._database.one("SELECT job_id, body FROM batches WHERE key = ?", (key,))
        if row is None:
            raise UnknownTarget(f"The registry has no batch with the number {key}.")
        return row["job_id"], row["body"]

    async def sender_of(self, key: int) -> tuple[str | None, datetime | None]:
        """Say who last sent a batch, and until when that process has promised to be heard of."""
        row = await self._database.one("SELECT sender, sender_until FROM batches WHERE key = ?", (key,))
        return (row["sender"], text_time(row["sender_until"])) if row else (None, None)

    # ── sending ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def claim(self, key: int, sender: str, until: datetime) -> bool:
        """Take a planned batch for sending: planned → submitting. False where somebody else was first."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            before = await _row(tx, key)
            if before["state"] != BatchState.PLANNED:
                return False
            columns = {"sender": sender, "sender_until": time_text(until), "reason": "", "not_before": None}
            await self._move(
                tx, before, BatchState.SUBMITTING, "batch.submitting", now,
                submitted_at=time_text(now), sends=before["sends"] + 1, lost_at=None, **columns,
            )  # fmt: skip
        return True

    async def still_sending(self, key: int, sender: str, until: datetime) -> None:
        """Prolong the promise of a sender to be heard of."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "UPDATE batches SET sender_until = ? WHERE key = ? AND sender = ? AND state = 'submitting'",
                (time_text(until), key, sender),
            )

    async def accepted(self, key: int, remote: RemoteBatch, workspace_id: str | None, sender: str) -> bool:
        """Note the API's answer to a create: submitting → in_progress, or unknown → in_progress where it came late.

        False where the part was taken over by another sender meanwhile: nothing is changed.
        """
        async with self._database.transaction() as tx:
            before = await _row(tx, key)
            is_mine = before["state"] == BatchState.SUBMITTING and before["sender"] == sender
            if not is_mine and before["state"] != BatchState.UNKNOWN:
                return False
            await self._bind(tx, before, remote, workspace_id, event="batch.accepted", adopted=False)
        return True

    async def adopt(self, key: int, remote: RemoteBatch, workspace_id: str | None) -> bool:
        """Note that a lost submission was found: unknown → what the API says.

        False where it is not `unknown` any more, or another batch of the registry has that id: nothing is changed.
        """
        async with self._database.transaction() as tx:
            before = await _row(tx, key)
            taken = await _fetch(tx, "SELECT 1 FROM batches WHERE id = ?", (remote.id,))
            if before["state"] != BatchState.UNKNOWN or taken is not None:
                return False
            await self._bind(tx, before, remote, workspace_id, event="batch.adopted", adopted=True)
        return True

    async def not_created(
        self, key: int, reason: str, *, not_before: datetime | None = None, at_limit: bool = False
    ) -> None:
        """Note that a send is known to have created nothing: submitting → planned, with the reason.

        `at_limit`: no later try will help until a spend limit is raised, which somebody wants to be told.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            before = await _row(tx, key)
            await self._move(
                tx, before, BatchState.PLANNED, "batch.refused", now, reason=reason, not_before=time_text(not_before),
                sender=None,
            )  # fmt: skip
            if at_limit:
                await make_notice(tx, now, NoticeKind.SPEND_LIMIT, key, f"{key}.{before['sends']}")

    async def answer_lost(self, key: int, reason: str) -> None:
        """Note that nobody knows what became of a send: submitting → unknown."""
        lost_at = time_text(self._clock.now())
        await self._change(key, BatchState.UNKNOWN, "batch.unknown", reason=reason, sender=None, lost_at=lost_at)

    async def sender_died(self, key: int, sender: str | None) -> bool:
        """Note that the process that was sending is no more: submitting → unknown. False where that is not so now."""
        async with self._database.transaction() as tx:
            before = await _row(tx, key)
            if before["state"] != BatchState.SUBMITTING or before["sender"] != sender:
                return False
            now = self._clock.now()
            # It died before its promise ran out, and at the latest just now.
            lost_at = min(now, text_time(before["sender_until"]) or now)
            await self._move(
                tx, before, BatchState.UNKNOWN, "batch.unknown", now, lost_at=time_text(lost_at),
                reason="The program ended while it was sending.",
            )  # fmt: skip
        return True

    async def proved_absent(self, key: int, sends: int, reason: str) -> bool:
        """Note that the last of that many sends created nothing: unknown → planned.

        False where it is not unknown any more, or was sent once more since: that send proves nothing.
        """
        async with self._database.transaction() as tx:
            before = await _row(tx, key)
            if before["state"] != BatchState.UNKNOWN or before["sends"] != sends:
                return False
            await self._move(tx, before, BatchState.PLANNED, "batch.absent", self._clock.now(), reason=reason)
        return True

    async def explain(self, key: int, reason: str, *, not_before: datetime | None = None) -> None:
        """Say why a batch stands where it stands, without moving it."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "UPDATE batches SET reason = ?, not_before = ? WHERE key = ? AND (reason, not_before) IS NOT (?, ?)",
                (reason, time_text(not_before), key, reason, time_text(not_before)),
            )

    async def disown(self, key: int, reason: str) -> None:
        """Undo an adoption that proved wrong: the part is unknown again, and its id is free for a row of its own."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            before = await _row(tx, key)
            await self._move(
                tx, before, BatchState.UNKNOWN, "batch.disowned", now, reason=reason, id=None, adopted=0,
                processing_status=None, processing=0, succeeded=0, errored=0, canceled=0, expired=0, created_at=None,
                ended_at=None, expires_at=None, cancel_initiated_at=None, archived_at=None, results=ResultsState.NONE,
                results_bytes=0,
            )  # fmt: skip

    # ── what the API says ──────────────────────────────────────────────────────────────────────────────────────────

    async def heard(self, remotes: Iterable[RemoteBatch]) -> list[int]:
        """Note what the API says of batches that the registry knows; others are passed over.

        Returns:
            The keys of those that changed.
        """
        changed: list[int] = []
        now = self._clock.now()
        async with self._database.transaction() as tx:
            for remote in remotes:
                before = await _fetch(tx, "SELECT * FROM batches WHERE id = ?", (remote.id,))
                if before is None or BatchState(before["state"]) is BatchState.DELETED:
                    continue
                if await self._note_remote(tx, before, remote, now):
                    changed.append(before["key"])
        return changed

    async def missed(self, key: int) -> datetime:
        """Note that the API does not show a batch. Returns since when it has not, without a sign of it in between."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            before = await _row(tx, key)
            since = text_time(before["missed_at"]) or now
            await tx.execute("UPDATE batches SET missed_at = ? WHERE key = ?", (time_text(since), key))
        return since

    async def missing(self, key: int, reason: str) -> None:
        """Note that the API has not shown a batch for minutes. The row stays, and the batch may come back."""
        await self._change(key, BatchState.MISSING, "batch.missing", reason=reason)

    async def deleted(self, key: int, *, locally: bool) -> None:
        """Note that a batch was deleted at the API, or dropped from view here. The row stays as a record."""
        await self._change(
            key, BatchState.DELETED, "batch.dropped" if locally else "batch.deleted", reason="", not_before=None
        )

    async def add_foreign(self, remote: RemoteBatch, job: Job, workspace_id: str | None) -> int | None:
        """Bring in a batch that was made elsewhere, with a job of its own. None where the registry knows its id."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            if await _fetch(tx, "SELECT 1 FROM batches WHERE id = ?", (remote.id,)) is not None:
                return None
            await insert_job(tx, job)
            cursor = await tx.execute(
                "INSERT INTO batches (id, job_id, part, parts, attempt, state, requests, planned_at, workspace_id)"
                " VALUES (?, ?, 1, 1, 1, ?, ?, ?, ?)",
                (remote.id, job.id, remote.state, remote.counts.total, time_text(remote.created_at), workspace_id),
            )
            assert cursor.lastrowid is not None
            before = await _row(tx, cursor.lastrowid)
            await self._note_remote(tx, before, remote, now)
            await note(tx, now, "batch.found", job=job.id, key=cursor.lastrowid, batch_id=remote.id)
        return cursor.lastrowid

    # ── what was fetched ───────────────────────────────────────────────────────────────────────────────────────────

    async def set_results(
        self, key: int, results: ResultsState, *, size: int = 0, models: Sequence[str] | None = None
    ) -> None:
        """Note how much of a batch's results is here, and how many bytes that is."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            before = await _row(tx, key)
            await tx.execute(
                "UPDATE batches SET results = ?, results_bytes = ?,"
                " reason = CASE ? WHEN 'saved' THEN '' ELSE reason END WHERE key = ?",
                (results, size, results, key),
            )
            if models:
                await tx.execute(
                    "UPDATE jobs SET models = ? WHERE id = ? AND models = '[]'",
                    (list_text(models), before["job_id"]),
                )
            if before["results"] != results:
                await note(
                    tx, now, f"results.{results}", job=before["job_id"], key=key, batch_id=before["id"], bytes=size
                )

    # ── the ways in ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _change(self, key: int, target: BatchState, event: str, **columns: Any) -> None:
        async with self._database.transaction() as tx:
            await self._move(tx, await _row(tx, key), target, event, self._clock.now(), **columns)

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
        await self._move(
            tx, before, remote.state, event, now, id=remote.id, workspace_id=workspace_id, adopted=int(adopted),
            reason="", not_before=None, sender=None,
        )  # fmt: skip
        await self._note_remote(tx, await _row(tx, before["key"]), remote, now)

    async def _note_remote(self, tx: aiosqlite.Connection, before: Row, remote: RemoteBatch, now: datetime) -> bool:
        """Write what the API says where it differs; the state moves with it. Returns whether anything differed."""
        was = BatchState(before["state"])
        # `ended` is final: an answer that was overtaken on the way must not take a batch back to running.
        target = was if was is BatchState.ENDED else _forward(was, remote.state)
        counts = remote.counts
        columns: dict[str, Any] = {
            "processing_status": target if target is not BatchState.MISSING else remote.processing_status,
            "processing": counts.processing,
            "succeeded": counts.succeeded,
            "errored": counts.errored,
            "canceled": counts.canceled,
            "expired": counts.expired,
            "created_at": time_text(remote.created_at),
            "ended_at": time_text(remote.ended_at),
            "expires_at": time_text(remote.expires_at),
            "cancel_initiated_at": time_text(remote.cancel_initiated_at),
            "archived_at": time_text(remote.archived_at),
        }
        if was is BatchState.ENDED and remote.state is not BatchState.ENDED:
            columns = {}
        elif 0 < counts.settled < counts.total and remote.state is not BatchState.ENDED:
            columns["counts_moved"] = 1
        if remote.archived_at is not None and before["results"] in {"none", "partial"}:
            columns["results"] = ResultsState.GONE
        await tx.execute(
            "UPDATE batches SET refreshed_at = ?, missed_at = NULL WHERE key = ?", (time_text(now), before["key"])
        )
        differing = {name: value for name, value in columns.items() if before[name] != value}
        if not differing and target is was:
            return False
        event = f"batch.{target}" if target is not was else ""
        await self._move(tx, before, target, event, now, **differing, **({"reason": ""} if event else {}))
        return True

    async def _move(
        self, tx: aiosqlite.Connection, before: Row, target: BatchState, event: str, now: datetime, **columns: Any
    ) -> None:
        """Change a row's state, where that is lawful, and columns with it; note it, for the absent too."""
        advance(BatchState(before["state"]), target)
        changes = {"state": target, **columns}
        await tx.execute(
            f"UPDATE batches SET {', '.join(f'{name} = ?' for name in changes)} WHERE key = ?",
            (*changes.values(), before["key"]),
        )
        if event:
            reason = {"reason": columns["reason"]} if columns.get("reason") else {}
            batch_id = columns.get("id") or before["id"]
            await note(tx, now, event, job=before["job_id"], key=before["key"], batch_id=batch_id, **reason)
        if target is BatchState.ENDED and before["state"] != target:
            await make_notice(tx, now, NoticeKind.ENDED, before["key"], columns.get("id") or before["id"])
        elif target is BatchState.UNKNOWN and before["state"] != target:
            await make_notice(tx, now, NoticeKind.UNKNOWN, before["key"], f"{before['key']}.{before['sends']}")


def _forward(was: BatchState, heard: BatchState) -> BatchState:
    """The state to take on hearing `heard`: answers can be overtaken, so `canceling` never falls back to running."""
    if was is BatchState.CANCELING and heard is BatchState.IN_PROGRESS:
        return was
    return heard


async def _fetch(tx: aiosqlite.Connection, sql: str, values: tuple[Any, ...]) -> Row | None:
    async with tx.execute(sql, values) as cursor:
        return await cursor.fetchone()


async def _row(tx: aiosqlite.Connection, key: int) -> Row:
    row = await _fetch(tx, "SELECT * FROM batches WHERE key = ?", (key,))
    if row is None:
        raise UnknownTarget(f"The registry has no batch with the number {key}.")
    return row
