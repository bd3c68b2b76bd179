"""Write to batches what the API says of them and what was fetched, each change in one transaction: `Batches`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import ResultsUnavailable, UnknownTarget
from batchtui.registry.batches.transitions import apply_remote, fetch, note_heard, remote_columns, row_of, transition
from batchtui.registry.database.codecs import decode_time, encode_time, list_text, outcomes_text
from batchtui.registry.database.row_mapping import BATCH_SELECT, to_batch
from batchtui.registry.jobs.jobs import insert_jobs
from batchtui.registry.journal import note, note_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from sqlite3 import Row

    import aiosqlite

    from batchtui.domain.batches.batch import Batch, RemoteBatch, RequestCounts
    from batchtui.domain.batches.job import Job
    from batchtui.domain.clock import Clock
    from batchtui.domain.results.result import OutcomeCounts
    from batchtui.domain.submission.send_evidence import Account
    from batchtui.registry.database.connection import Database
    from batchtui.registry.requests.writer import StagedRequests


_FORGOTTEN = """b.state = 'deleted' AND (SELECT n.event FROM journal AS n
 WHERE n.batch_key = b.key AND n.batch_id = b.id AND n.event IN ('batch.deleted', 'batch.dropped')
 ORDER BY n.seq DESC LIMIT 1) = 'batch.dropped'"""
"""A row that was only taken out of the lists here."""
FORGOTTEN = "forgotten here; still at the API"
AT_ONCE = 1_000
"""Ids that one statement looks for."""


class Batches:
    """Writes what becomes of batches after they were sent."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

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

    async def heard(self, remotes: Iterable[RemoteBatch]) -> list[int]:
        """Write what the API said about batches; those that the registry does not know are ignored.

        Returns:
            The keys of those that changed.
        """
        async with self._database.transaction() as tx:
            return await _hear(tx, list(remotes), self._clock.now())

    async def merge_page(
        self, remotes: Sequence[RemoteBatch], job_of: Callable[[RemoteBatch], Job], account: Account | None
    ) -> tuple[list[int], list[int]]:
        """Write one page of the API's list in one transaction; a batch that is not known here gets a job of its own.

        Returns:
            The keys of the batches that are new here, and of those that changed or came back.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            restored = await _restore(tx, remotes, now)
            changed = await _hear(tx, remotes, now)
            added = await _add_foreign(tx, remotes, job_of, account, now)
        return added, [*restored, *changed]

    async def missed(self, key: int) -> datetime:
        """Note that the API did not show a batch. Returns since when it has not been shown."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            # The first miss counts: how long a batch has not been shown decides whether it is called missing.
            since = decode_time(before["missed_at"]) or now
            await tx.execute("UPDATE batches SET missed_at = ? WHERE key = ?", (encode_time(since), key))
        return since

    async def missing(self, key: int, reason: str) -> None:
        """Note that the API has not shown a batch for minutes. The row stays, and the batch may come back."""
        await self._change(key, BatchState.MISSING, "batch.missing", reason=reason)

    async def is_forgotten(self, batch_id: str) -> bool:
        """Return whether a batch was forgotten here only, so that the API may still have it."""
        row = await self._database.one(f"SELECT 1 FROM batches AS b WHERE b.id = ? AND {_FORGOTTEN}", (batch_id,))
        return row is not None

    async def restore(self, remotes: Iterable[RemoteBatch]) -> list[int]:
        """Bring back those of these batches that were forgotten here and that the API shows.

        Returns:
            Their keys.
        """
        async with self._database.transaction() as tx:
            return await _restore(tx, list(remotes), self._clock.now())

    async def attach(self, key: int, requests: StagedRequests, *, source: str, models: Sequence[str]) -> None:
        """Write that the requests of a batch that was made elsewhere are kept now, as its job's first attempt."""
        [part] = requests.parts
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            await tx.execute(
                "UPDATE batches SET requests = ?, bytes = ?, body = ?, part = ? WHERE key = ?",
                (part.requests, part.bytes, part.body, part.part, key),
            )
            await tx.execute(
                # With the fingerprint, so that the same file is noticed when it is submitted again.
                "UPDATE jobs SET requests = ?, bytes = ?, source = ?, fingerprint = ?, models = ? WHERE id = ?",
                (part.requests, part.bytes, source, requests.fingerprint, list_text(models), before["job_id"]),
            )
            await note(
                tx, self._clock.now(), "requests.attached", job=before["job_id"], key=key, batch_id=before["id"],
                source=source, requests=part.requests,
            )  # fmt: skip

    async def deleted(self, key: int, *, locally: bool) -> None:
        """Note that a batch was deleted at the API, or dropped from view here. The row stays as a record."""
        reason = FORGOTTEN if locally and (await self.get(key)).id else ""
        await self._change(
            key, BatchState.DELETED, "batch.dropped" if locally else "batch.deleted", reason=reason, not_before=None
        )

    async def drop(self, key: int, state: BatchState, batch_id: str | None) -> bool:
        """Take a batch out of the lists here. False where it is not in that state, or has another id, any more."""
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            if before["state"] != state or before["id"] != batch_id:
                return False
            reason = FORGOTTEN if batch_id and state is not BatchState.MISSING else ""
            await transition(
                tx, before, BatchState.DELETED, "batch.dropped", self._clock.now(), reason=reason, not_before=None
            )
        return True

    async def undrop(self, before: Batch, revision: int) -> bool:
        """Put back a batch that was dropped here, as it stood before.

        Args:
            before: how it stood.
            revision: of the row since it was dropped.

        Returns:
            Whether it was put back; False where anything has happened to it since.
        """
        async with self._database.transaction() as tx:
            row = await row_of(tx, before.key)
            if row["state"] != BatchState.DELETED or row["revision"] != revision:
                return False
            await transition(
                tx, row, before.state, "batch.restored", self._clock.now(), reason=before.reason,
                not_before=encode_time(before.not_before),
            )  # fmt: skip
        return True

    async def add_foreign(self, remote: RemoteBatch, job: Job) -> int | None:
        """Bring in a batch that was made elsewhere. Returns its key; None where the registry knows it."""
        async with self._database.transaction() as tx:
            added = await _add_foreign(tx, [remote], lambda _: job, remote.account, self._clock.now())
        return added[0] if added else None

    async def set_results(
        self,
        batch: Batch,
        results: ResultsState,
        *,
        size: int = 0,
        digest: str = "",
        models: Sequence[str] | None = None,
        outcomes: OutcomeCounts | None = None,
        accepted: str = "",
    ) -> None:
        """Note how much of a batch's results is here.

        Args:
            batch: as it stood when its results were asked for.
            results: how much.
            size: bytes of the file.
            digest: of the file, as `ResultStore` writes it.
            models: those that answered.
            outcomes: what the results turned out to be; None where they are not saved.
            accepted: why they are not whole or not all ours, where a person accepts them nevertheless.

        Raises:
            ResultsUnavailable: the row stands for another batch by now; nothing was written.
        """
        now, key = self._clock.now(), batch.key
        async with self._database.transaction() as tx:
            before = await _same_row(tx, batch)
            await tx.execute(
                "UPDATE batches SET results = ?, results_bytes = ?, results_digest = ?, accepted = ?, outcomes = ?,"
                " failures = ?, reason = CASE ? WHEN 'saved' THEN '' ELSE reason END WHERE key = ?",
                (
                    results,
                    size,
                    digest,
                    accepted,
                    outcomes and outcomes_text(outcomes),
                    outcomes and outcomes.failed,
                    results,
                    key,
                ),
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

    async def filled(
        self,
        batch: Batch,
        counts: RequestCounts,
        *,
        size: int,
        digest: str,
        models: Sequence[str],
        outcomes: OutcomeCounts,
        reason: str = "",
    ) -> None:
        """Note that the answers that a part reuses were copied: it has ended, and its results are saved.

        Args:
            batch: the part, as it stood when the copying began.
            counts: what became of its requests.
            size: bytes of the file.
            digest: of the file, as `ResultStore` writes it.
            models: those that answered.
            outcomes: what the answers turned out to be.
            reason: why some have none, and what to do; empty where all do.

        Raises:
            ResultsUnavailable: the row stands for another part by now; nothing was written.
        """
        now, key = self._clock.now(), batch.key
        async with self._database.transaction() as tx:
            before = await _same_row(tx, batch)
            if before["results"] == ResultsState.SAVED:
                return
            columns = {
                "processing": 0, "succeeded": counts.succeeded, "errored": counts.errored, "canceled": counts.canceled,
                "expired": counts.expired, "processing_status": "ended", "ended_at": encode_time(now),
                "results": ResultsState.SAVED, "results_bytes": size, "results_digest": digest, "accepted": "",
                "outcomes": outcomes_text(outcomes), "failures": outcomes.failed, "reason": reason,
            }  # fmt: skip
            if before["awaits"] is None:
                # Its answers were here before it was: that it "ended" is no news.
                await tx.execute(
                    f"UPDATE batches SET state = 'ended', {', '.join(f'{name} = ?' for name in columns)} WHERE key = ?",
                    (*columns.values(), key),
                )
            else:
                await transition(tx, before, BatchState.ENDED, "batch.ended", now, **columns)
            if models:
                await tx.execute(
                    "UPDATE jobs SET models = ? WHERE id = ? AND models = '[]'", (list_text(models), before["job_id"])
                )
            await note(tx, now, "results.reused", job=before["job_id"], key=key, requests=counts.total, bytes=size)

    async def uncounted(self) -> list[int]:
        """The batches whose results are saved and whose outcomes were never counted."""
        rows = await self._database.all("SELECT key FROM batches WHERE results = 'saved' AND outcomes IS NULL")
        return [row["key"] for row in rows]

    async def set_outcomes(self, found: Mapping[int, OutcomeCounts | None]) -> None:
        """Note what saved results turned out to be, by key; None where they cannot be read: nobody tries again."""
        async with self._database.transaction() as tx:
            await tx.executemany(
                "UPDATE batches SET outcomes = ?, failures = ? WHERE key = ? AND results = 'saved'",
                [
                    (outcomes_text(outcomes) if outcomes else "", outcomes and outcomes.failed, key)
                    for key, outcomes in found.items()
                ],
            )

    async def _change(self, key: int, target: BatchState, event: str, **columns: Any) -> None:
        async with self._database.transaction() as tx:
            await transition(tx, await row_of(tx, key), target, event, self._clock.now(), **columns)


async def _same_row(tx: aiosqlite.Connection, batch: Batch) -> Row:
    """Read the row of a batch whose results were fetched. Raises `ResultsUnavailable` where it is another's now."""
    # A download takes minutes. Meanwhile a part may have been disowned and sent again, or another registry, in which
    # the number is somebody else's, been put in place of this one.
    row = await row_of(tx, batch.key)
    if (row["id"], row["job_id"]) != (batch.id, batch.job):
        raise ResultsUnavailable(
            f"The registry no longer holds {batch.id or 'this part'} as {batch.name}, part {batch.part}: what was"
            " fetched for it was not called saved.",
            hint="`batchtui status` shows which batch the part has now.",
        )
    return row


async def _rows_of(tx: aiosqlite.Connection, remotes: Sequence[RemoteBatch]) -> dict[str, Row]:
    """Return the rows of these batches that the registry knows, by id."""
    # One question for a whole page: each question to the connection is a hop to its thread and back. A page has at most
    # 1,000 ids, and a statement takes 32,766 values; `json_each` would cut an id at a NUL.
    ids = [remote.id for remote in remotes]
    rows: dict[str, Row] = {}
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        marks = ", ".join("?" * len(some))
        async with tx.execute(f"SELECT * FROM batches WHERE id IN ({marks})", some) as cursor:
            rows |= {row["id"]: row async for row in cursor}
    return rows


async def _hear(tx: aiosqlite.Connection, remotes: Sequence[RemoteBatch], now: datetime) -> list[int]:
    """Write what the API said about batches that the registry knows. Returns the keys of those that changed."""
    rows = await _rows_of(tx, remotes)
    changed: list[int] = []
    heard: list[int] = []
    for remote in remotes:
        before = rows.get(remote.id)
        # A list that was on its way while the batch was deleted must not bring it back.
        if before is None or BatchState(before["state"]) is BatchState.DELETED:
            continue
        heard.append(before["key"])
        if await apply_remote(tx, before, remote, now):
            changed.append(before["key"])
            rows[remote.id] = await row_of(tx, before["key"])  # a list may show the same batch twice
    await note_heard(tx, heard, now)
    return changed


async def _restore(tx: aiosqlite.Connection, remotes: Sequence[RemoteBatch], now: datetime) -> list[int]:
    restored: list[int] = []
    rows = await _rows_of(tx, remotes)
    deleted = {remote.id: remote for remote in remotes if remote.id in rows and rows[remote.id]["state"] == "deleted"}
    for remote in deleted.values():
        before = await fetch(tx, f"SELECT * FROM batches AS b WHERE b.id = ? AND {_FORGOTTEN}", (remote.id,))
        if before is None:
            continue
        await transition(tx, before, remote.state, "batch.restored", now, reason="")
        await apply_remote(tx, await row_of(tx, before["key"]), remote, now)
        await note_heard(tx, [before["key"]], now)
        restored.append(before["key"])
    return restored


async def _add_foreign(
    tx: aiosqlite.Connection,
    remotes: Sequence[RemoteBatch],
    job_of: Callable[[RemoteBatch], Job],
    account: Account | None,
    now: datetime,
) -> list[int]:
    """Bring in those of these batches that the registry does not know. Returns their keys."""
    rows = await _rows_of(tx, remotes)
    new = {remote.id: (remote, job_of(remote)) for remote in remotes if remote.id not in rows}
    last = await fetch(tx, "SELECT coalesce(max(key), 0) FROM batches", ())
    seen = await fetch(tx, "SELECT coalesce(max(seq), 0) FROM journal", ())
    assert last is not None
    assert seen is not None
    keys = range(last[0] + 1, last[0] + 1 + len(new))
    # All jobs, then all batches, then all entries: three statements for a page, however many batches it has.
    await insert_jobs(tx, [job for _, job in new.values()])
    await tx.executemany(
        "INSERT INTO batches (key, id, job_id, part, parts, attempt, state, requests, planned_at, refreshed_at,"
        " base_url, organization_id, workspace_id, seen_seq, processing_status, processing, succeeded, errored,"
        " canceled, expired, created_at, ended_at, expires_at, cancel_initiated_at, archived_at, counts_moved, results)"
        f" VALUES ({', '.join('?' * 27)})",
        [
            (
                key, remote.id, job.id, 1, 1, 1, remote.state, remote.counts.total, encode_time(remote.created_at),
                encode_time(now), account and account.base_url, account and account.organization,
                account and account.workspace, seen[0], *remote_columns(remote).values(),
            )
            for key, (remote, job) in zip(keys, new.values(), strict=True)
        ],
    )  # fmt: skip
    await note_each(
        tx, now, "batch.found",
        [(job.id, key, remote.id) for key, (remote, job) in zip(keys, new.values(), strict=True)],
    )  # fmt: skip
    return list(keys)
