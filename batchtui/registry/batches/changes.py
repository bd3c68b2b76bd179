"""Write to batches what the API says of them and what was fetched, each change in one transaction: `Batches`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import UnknownTarget
from batchtui.domain.states import BatchState, ResultsState
from batchtui.registry.batches.transitions import apply_remote, fetch, row_of, transition
from batchtui.registry.database.codecs import decode_time, encode_time, list_text, outcomes_text
from batchtui.registry.database.row_mapping import BATCH_SELECT, to_batch
from batchtui.registry.jobs import insert_job
from batchtui.registry.journal import note

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from batchtui.domain.batch import Batch, RemoteBatch
    from batchtui.domain.clock import Clock
    from batchtui.domain.job import Job
    from batchtui.domain.result import OutcomeCounts
    from batchtui.domain.send_evidence import Account
    from batchtui.registry.database.connection import Database
    from batchtui.registry.requests.writer import StagedRequests


_FORGOTTEN = """b.state = 'deleted' AND (SELECT n.event FROM journal AS n
 WHERE n.batch_key = b.key AND n.batch_id = b.id AND n.event IN ('batch.deleted', 'batch.dropped')
 ORDER BY n.seq DESC LIMIT 1) = 'batch.dropped'"""
"""A row that was only taken out of the lists here."""
FORGOTTEN = "forgotten here; still at the API"


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
        changed: list[int] = []
        now = self._clock.now()
        async with self._database.transaction() as tx:
            for remote in remotes:
                before = await fetch(tx, "SELECT * FROM batches WHERE id = ?", (remote.id,))
                # A list that was on its way while the batch was deleted must not bring it back.
                if before is None or BatchState(before["state"]) is BatchState.DELETED:
                    continue
                if await apply_remote(tx, before, remote, now):
                    changed.append(before["key"])
        return changed

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
        restored: list[int] = []
        now = self._clock.now()
        async with self._database.transaction() as tx:
            for remote in remotes:
                before = await fetch(tx, f"SELECT * FROM batches AS b WHERE b.id = ? AND {_FORGOTTEN}", (remote.id,))
                if before is None:
                    continue
                await transition(tx, before, remote.state, "batch.restored", now, reason="")
                await apply_remote(tx, await row_of(tx, before["key"]), remote, now)
                restored.append(before["key"])
        return restored

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

    async def add_foreign(self, found: Sequence[tuple[RemoteBatch, Job]], account: Account | None) -> list[int]:
        """Bring in batches that were made elsewhere, each with a job of its own, in one transaction.

        Returns:
            The keys of those that the registry did not know.
        """
        now = self._clock.now()
        added: list[int] = []
        async with self._database.transaction() as tx:
            for remote, job in found:
                if await fetch(tx, "SELECT 1 FROM batches WHERE id = ?", (remote.id,)) is not None:
                    continue
                await insert_job(tx, job)
                cursor = await tx.execute(
                    "INSERT INTO batches (id, job_id, part, parts, attempt, state, requests, planned_at, base_url,"
                    " organization_id, workspace_id, seen_seq)"
                    " VALUES (?, ?, 1, 1, 1, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(seq), 0) FROM journal))",
                    (
                        remote.id,
                        job.id,
                        remote.state,
                        remote.counts.total,
                        encode_time(remote.created_at),
                        account and account.base_url,
                        account and account.organization,
                        account and account.workspace,
                    ),
                )
                assert cursor.lastrowid is not None
                await apply_remote(tx, await row_of(tx, cursor.lastrowid), remote, now)
                await note(tx, now, "batch.found", job=job.id, key=cursor.lastrowid, batch_id=remote.id)
                added.append(cursor.lastrowid)
        return added

    async def set_results(
        self,
        key: int,
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
            key: the registry's number of the batch.
            results: how much.
            size: bytes of the file.
            digest: of the file, as `ResultStore` writes it.
            models: those that answered.
            outcomes: what the results turned out to be; None where they are not saved.
            accepted: why they are not whole or not all ours, where a person takes them all the same.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
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

    async def uncounted(self) -> list[int]:
        """The batches whose results are saved and whose outcomes were never counted."""
        rows = await self._database.all("SELECT key FROM batches WHERE results = 'saved' AND outcomes IS NULL")
        return [row["key"] for row in rows]

    async def set_outcomes(self, key: int, outcomes: OutcomeCounts | None) -> None:
        """Note what saved results turned out to be; None where they cannot be read, so that nobody tries again."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "UPDATE batches SET outcomes = ?, failures = ? WHERE key = ? AND results = 'saved'",
                (outcomes_text(outcomes) if outcomes else "", outcomes and outcomes.failed, key),
            )

    async def _change(self, key: int, target: BatchState, event: str, **columns: Any) -> None:
        async with self._database.transaction() as tx:
            await transition(tx, await row_of(tx, key), target, event, self._clock.now(), **columns)
