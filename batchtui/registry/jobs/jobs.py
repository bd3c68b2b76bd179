"""Store jobs: each is planned whole with all its parts, or not at all: `Jobs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.batches.job import PILOT_PART
from batchtui.domain.batches.states import BatchState
from batchtui.domain.costs.cost import NOTHING
from batchtui.domain.costs.estimate import Bounds
from batchtui.registry.database.codecs import encode_time, list_text, money_text
from batchtui.registry.database.row_mapping import to_job
from batchtui.registry.jobs.estimate_history import insert_expectations
from batchtui.registry.jobs.lineage import insert_parents
from batchtui.registry.journal import note

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    import aiosqlite

    from batchtui.domain.batches.job import Job, PartPlan
    from batchtui.domain.batches.lineage import JobParent
    from batchtui.domain.clock import Clock
    from batchtui.domain.costs.estimate_history import Expectation
    from batchtui.domain.results.judgment import JudgeRecord
    from batchtui.domain.submission.send_evidence import Account
    from batchtui.registry.database.connection import Database
    from batchtui.registry.database.origin import Origin


_WAITS = "waits for the answers that it reuses"
_HELD = "Waiting for the decision about the pilot."
_FREE = Bounds(NOTHING, NOTHING, NOTHING, NOTHING)


class AttemptTaken(Exception):
    """Another process planned this attempt of the job first."""


class PlannedBefore(Exception):
    """The same requests are in the registry already; another process may have planned them just now."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        super().__init__()
        self.jobs = jobs
        """Those jobs, newest first."""


# A job whose parts were all dropped before they were sent has left nothing to repeat.
_OF_CONTENT = """
SELECT * FROM jobs AS j WHERE fingerprint = ? AND fingerprint <> ''
AND EXISTS (SELECT 1 FROM batches WHERE job_id = j.id AND (id IS NOT NULL OR state <> 'deleted'))
ORDER BY created_at DESC
"""


class Jobs:
    """Writes and reads jobs, and plans their parts. Later changes of a batch are in `Batches` and `Sends`."""

    def __init__(self, database: Database, clock: Clock, origin: Origin) -> None:
        self._database = database
        self._clock = clock
        self._origin = origin

    async def plan(
        self,
        job: Job,
        parts: Sequence[PartPlan],
        *,
        keep: Callable[[], None] | None = None,
        must_be_new: bool = False,
        estimates: Sequence[Bounds] = (),
        expectations: Sequence[Expectation] = (),
        account: Account | None = None,
        check: Callable[[], Awaitable[None]] | None = None,
        parents: Sequence[JobParent] = (),
        judge: JudgeRecord | None = None,
    ) -> tuple[int, ...]:
        """Write a new job and its parts as `planned`, in one transaction: the intent, before a byte leaves.

        Args:
            job: what is new.
            parts: what will be sent.
            keep: moves the requests to their job. Called under the lock of the registry, once it is certain that the
                job will be written.
            must_be_new: whether the same content may not be there yet. It is looked for under that lock, so that of
                two processes that submit the same at once one sends it.
            estimates: USD for each part.
            expectations: what each model is asked for in each part.
            account: where the parts belong; None where it is not known yet.
            check: raises where the job must not be written after all, as over a limit on cost. Called under that
                lock, so that of two processes each sees what the other has planned.
            parents: the jobs that it is made from.
            judge: how it judges them, where it does.

        Returns:
            The keys of the parts, in order.

        Raises:
            PlannedBefore: the same content is there, and must not be; nothing was kept.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            if must_be_new:
                async with tx.execute(_OF_CONTENT, (job.fingerprint,)) as cursor:
                    if same := [to_job(row) async for row in cursor]:
                        raise PlannedBefore(same)
            if check is not None:
                await check()
            if keep is not None:
                keep()
            await insert_jobs(tx, [job])
            await insert_parents(tx, job.id, parents, now)
            if judge is not None:
                # Imported here: few jobs judge others.
                from batchtui.registry.jobs.judges import insert_judge

                await insert_judge(tx, job.id, judge)
            keys = await self._insert_parts(tx, job.id, parts, 1, now, estimates, account)
            await insert_expectations(tx, _by_number(parts, keys), expectations)
            await note(tx, now, "job.planned", job=job.id, parts=len(parts), requests=job.requests, bytes=job.bytes)
        return keys

    async def plan_attempt(
        self,
        job_id: str,
        attempt: int,
        parts: Sequence[PartPlan],
        *,
        keep: Callable[[], None],
        models: Sequence[str] = (),
        estimates: Sequence[Bounds] = (),
        expectations: Sequence[Expectation] = (),
        account: Account | None = None,
        check: Callable[[], Awaitable[None]] | None = None,
    ) -> tuple[int, ...]:
        """Write the next attempt of a job: its parts as `planned`. Returns their keys.

        Args:
            job_id: whose attempt it is.
            attempt: its number, as it was planned.
            parts: what will be sent.
            keep: moves the requests to their job. Called under the lock of the registry once the number is certain,
                so that of two processes that try again at once none touches the other's bodies.
            models: those that the job has from now on, too.
            estimates: USD for each part.
            expectations: what each model is asked for in each part.
            account: as in `plan`.
            check: as in `plan`.

        Raises:
            AttemptTaken: another process planned this attempt meanwhile; nothing was kept.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            async with tx.execute("SELECT max(attempt) FROM batches WHERE job_id = ?", (job_id,)) as cursor:
                row = await cursor.fetchone()
            # Asked under the lock: two terminals that retry at once would both plan attempt 2.
            if row is None or (row[0] or 0) + 1 != attempt:
                raise AttemptTaken
            if check is not None:
                await check()
            keep()
            keys = await self._insert_parts(tx, job_id, parts, attempt, now, estimates, account)
            await insert_expectations(tx, _by_number(parts, keys), expectations)
            await self._add_models(tx, job_id, models)
            await note(tx, now, "job.retried", job=job_id, attempt=attempt, parts=len(parts))
        return keys

    async def _add_models(self, tx: aiosqlite.Connection, job_id: str, models: Sequence[str]) -> None:
        async with tx.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)) as cursor:
            row = await cursor.fetchone()
        known = to_job(row).models if row else ()
        if new := [model for model in models if model not in known]:
            await tx.execute("UPDATE jobs SET models = ? WHERE id = ?", (list_text((*known, *new)), job_id))

    async def get(self, job_id: str) -> Job | None:
        """Read one job."""
        row = await self._database.one("SELECT * FROM jobs WHERE id = ?", (job_id,))
        return to_job(row) if row else None

    async def named(self, name: str) -> list[Job]:
        """Read the jobs of that name, newest first."""
        rows = await self._database.all("SELECT * FROM jobs WHERE name = ? ORDER BY created_at DESC", (name,))
        return [to_job(row) for row in rows]

    async def starting_with(self, prefix: str) -> list[Job]:
        """Read the jobs whose id begins so, newest first."""
        rows = await self._database.all(
            # Not LIKE: `_`, which stands in every id, would match any character.
            "SELECT * FROM jobs WHERE substr(id, 1, ?) = ? ORDER BY created_at DESC",
            (len(prefix), prefix),
        )
        return [to_job(row) for row in rows]

    async def with_fingerprint(self, fingerprint: str) -> list[Job]:
        """Return the jobs with exactly this content, newest first, without those that were dropped unsent."""
        rows = await self._database.all(_OF_CONTENT, (fingerprint,))
        return [to_job(row) for row in rows]

    async def models_since(self, moment: datetime) -> dict[str, str]:
        """Return the models of the jobs made since then, each with the name of the newest of those jobs."""
        rows = await self._database.all(
            # Beside max() SQLite takes `j.name` from the row of the maximum (sqlite.org/lang_select.html, 2.5).
            "SELECT m.value AS model, j.name, max(j.created_at) FROM jobs AS j JOIN json_each(j.models) AS m"
            " WHERE j.created_at >= ? GROUP BY m.value ORDER BY m.value",
            (encode_time(moment),),
        )
        return {row["model"]: row["name"] for row in rows}

    async def ids(self) -> set[str]:
        """Return all ids there are."""
        return {row["id"] for row in await self._database.all("SELECT id FROM jobs")}

    async def _insert_parts(
        self,
        tx: aiosqlite.Connection,
        job_id: str,
        parts: Sequence[PartPlan],
        attempt: int,
        now: datetime,
        estimates: Sequence[Bounds],
        account: Account | None,
    ) -> tuple[int, ...]:
        keys: dict[int, int] = {}
        async with tx.execute("SELECT * FROM origin") as cursor:
            is_marked = await cursor.fetchone() is not None
        if not is_marked:
            # From the first part on: an empty registry may be copied freely, as nothing can be sent twice from it.
            await self._origin.take(tx)
        bounds = dict(zip([part.part for part in parts if not part.is_reused], estimates, strict=False))
        for part in sorted(parts, key=lambda part: part.awaits_part is not None):
            expected = _FREE if part.is_reused else bounds.get(part.part)
            cursor = await tx.execute(
                "INSERT INTO batches (job_id, part, parts, attempt, state, requests, processing, bytes, body,"
                " planned_at, cost_estimate, cost_at_most, base_url, organization_id, workspace_id, ids_digest, reused,"
                " awaits, reason, held) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    job_id,
                    part.part,
                    # A pilot is not counted: the others are 1 to N of N.
                    sum(each.part != PILOT_PART for each in parts),
                    attempt,
                    BatchState.IN_PROGRESS if part.is_reused else BatchState.PLANNED,
                    part.requests,
                    part.requests if part.is_reused else 0,
                    part.bytes,
                    part.body,
                    encode_time(now),
                    money_text(expected.figure if expected else None),
                    money_text(expected.at_most if expected else None),
                    account and account.base_url,
                    account and account.organization,
                    account and account.workspace,
                    part.ids_digest,
                    part.is_reused,
                    # Where it repeats requests of a part of this attempt, that part has its row already.
                    keys[part.awaits_part] if part.awaits_part is not None else part.awaits,
                    _WAITS if part.is_reused else _HELD if part.is_held else "",
                    part.is_held,
                ),
            )
            assert cursor.lastrowid is not None
            keys[part.part] = cursor.lastrowid
        return tuple(keys[part.part] for part in parts)


def _by_number(parts: Sequence[PartPlan], keys: Sequence[int]) -> dict[int, int]:
    return {part.part: key for part, key in zip(parts, keys, strict=True)}


async def insert_jobs(tx: aiosqlite.Connection, jobs: Sequence[Job]) -> None:
    """Write the rows of jobs within a transaction."""
    await tx.executemany(
        "INSERT INTO jobs (id, name, created_at, source, requests, bytes, fingerprint, models, tags, profile,"
        " api_version, betas, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                job.id, job.name, encode_time(job.created_at), job.source, job.requests, job.bytes, job.fingerprint,
                list_text(job.models), list_text(job.tags), job.profile, job.api_version, list_text(job.betas),
                job.note,
            )
            for job in jobs
        ],
    )  # fmt: skip
