"""Read batches: by query, by page, as counts, and what changed since a revision: `BatchQueries`, `BatchCounts`."""

from __future__ import annotations

import json
import logging
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from batchtui.domain.batches.forecast import Lasted
from batchtui.domain.batches.query import BatchQuery
from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import RegistryDamaged
from batchtui.domain.limits import RESULTS_KEPT
from batchtui.domain.submission.send_evidence import Relation
from batchtui.registry.batches.query_sql import NEWEST, conditions, order_by
from batchtui.registry.database.codecs import decode_time, encode_time, text_list
from batchtui.registry.database.data_version import DataVersion
from batchtui.registry.database.row_mapping import BATCH_SELECT, SUMMARY_SELECT, to_batch, to_summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from sqlite3 import Row

    from batchtui.domain.batches.batch import Batch, BatchSummary
    from batchtui.domain.clock import Clock
    from batchtui.registry.database.connection import Database

# SQLite before 3.32 takes at most 999 values in a statement (sqlite.org/limits.html, 9).
PAGE = 500
"""The most keys asked for in one statement."""


T = TypeVar("T")
_log = logging.getLogger(__name__)


def _readable(rows: Iterable[Row]) -> list[Batch]:
    """Return rows as batches. One that cannot be read is logged and left out: it must not hide all others."""
    return list(_read_each(rows, to_batch).values())


def _read_each(rows: Iterable[Row], read: Callable[[Row], T]) -> dict[int, T]:
    """Return what can be read of these rows, by the key of the batch, in their order."""
    found: dict[int, T] = {}
    for row in rows:
        try:
            found[row[0]] = read(row)
        except RegistryDamaged as error:
            _log.error("%s", error)
    return found


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """How many batches are in each state, and the newest revision."""

    states: Mapping[BatchState, int]
    revision: int

    @property
    def total(self) -> int:
        """All batches but the deleted ones."""
        return sum(count for state, count in self.states.items() if state is not BatchState.DELETED)

    @property
    def running(self) -> int:
        """Batches that the API is at work on."""
        return sum(count for state, count in self.states.items() if state.is_running)


class BatchQueries:
    """Reads batches. Screens ask here again after every commit."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._data_version = DataVersion(database)
        self._counts: BatchCounts | None = None
        self._counted_file: tuple[int, int] | None = None

    async def order(self, query: BatchQuery | None = None) -> Sequence[int]:
        """Return the keys of the batches that a query names, in its order."""
        sql, values = self._ordering(query or BatchQuery(), "b.key")
        # All keys in one text: a hundred thousand rows of one number take Python as long as SQLite takes to sort them.
        # SQLite puts them together in the order in which its subquery hands them out.
        [(keys,)] = await self._database.all(f"SELECT json_group_array(key) FROM ({sql})", values)
        # An array: a million keys are 8 MB, and 40 as a list of ints. JSON is parsed in half the time of `split` and
        # `int`.
        return array("q", json.loads(keys))

    async def bundles(self, query: BatchQuery | None = None) -> dict[str, array[int]]:
        """Return the keys of the batches that a query names, by job; a job comes where the first of its batches would.

        Where the sort key can be summed up, such as requests or cost, jobs are ordered by their sums.
        """
        jobs: dict[str, array[int]] = {}
        sql, values = self._ordering(query or BatchQuery(), "b.job_id, b.key", by_job=True)
        for job, key in await self._database.all(sql, values):
            jobs.setdefault(job, array("q")).append(key)
        return jobs

    def _ordering(self, query: BatchQuery, columns: str, *, by_job: bool = False) -> tuple[str, list[Any]]:
        """Return the statement that reads columns of the batches that a query names, in its order, and its values."""
        now = self._clock.now()
        where, values = conditions(query, now)
        order, more = order_by(query.sort, now, turned=query.descending, by_job=by_job)
        limit = "" if query.limit is None else f" LIMIT {int(query.limit)}"
        joined = " JOIN jobs AS j ON j.id = b.job_id" if "j." in order else ""
        sql = f"SELECT {columns} FROM batches AS b{joined} WHERE {where} ORDER BY {order}{limit}"
        return sql, [*values, *more]

    async def page(self, keys: Sequence[int]) -> list[Batch]:
        """Return the batches with these keys, in this order; keys that are gone are left out."""
        return await self._page(keys, BATCH_SELECT, to_batch)

    async def summaries(self, keys: Sequence[int]) -> list[BatchSummary]:
        """Return what a list says of the batches with these keys, in this order; keys that are gone are left out."""
        return await self._page(keys, SUMMARY_SELECT, to_summary)

    async def _page(self, keys: Sequence[int], select: str, read: Callable[[Row], T]) -> list[T]:
        found: dict[int, T] = {}
        for start in range(0, len(keys), PAGE):
            some = keys[start : start + PAGE]
            marks = ",".join("?" * len(some))
            found |= _read_each(await self._database.all(f"{select} WHERE b.key IN ({marks})", some), read)
        return [found[key] for key in keys if key in found]

    async def select(self, query: BatchQuery | None = None) -> list[Batch]:
        """Return the batches that a query names, in its order."""
        return await self.page(await self.order(query))

    async def of_job(self, job_id: str) -> list[Batch]:
        """Return all batches of a job, by attempt and part."""
        rows = await self._database.all(f"{BATCH_SELECT} WHERE b.job_id = ? ORDER BY b.attempt, b.part", (job_id,))
        return _readable(rows)

    async def starting_with(self, prefix: str, *, limit: int = 10) -> list[Batch]:
        """Return the batches whose API id begins so."""
        rows = await self._database.all(
            # Not LIKE: `_`, which stands in every id, would match any character.
            f"{BATCH_SELECT} WHERE substr(b.id, 1, ?) = ? ORDER BY {NEWEST} LIMIT ?",
            (len(prefix), prefix, limit),
        )
        return _readable(rows)

    async def changed_since(self, revision: int) -> list[Batch]:
        """Return the batches that changed after a revision, in the order of their changes."""
        rows = await self._database.all(f"{BATCH_SELECT} WHERE b.revision > ? ORDER BY b.revision", (revision,))
        return _readable(rows)

    async def in_states(self, *states: BatchState) -> list[Batch]:
        """Return the batches in these states, newest first."""
        return await self.select(BatchQuery(states=frozenset(states)))

    async def left_unsent(self, before: datetime) -> list[Batch]:
        """Return the first unsent part of each attempt that nothing has sent on since `before`, oldest first.

        These are left by a program that ended between the plan and the send, or between two parts. Parts that wait for
        a time of their own are not among them, nor those behind a part that is being sent or whose fate is unknown.
        """
        rows = await self._database.all(
            f"{BATCH_SELECT} WHERE b.state = 'planned' AND b.held = 0 AND b.reason = '' AND b.not_before IS NULL"
            " AND b.planned_at <= ? AND NOT EXISTS (SELECT 1 FROM batches AS o WHERE o.job_id = b.job_id"
            "  AND o.attempt = b.attempt AND (o.state IN ('submitting', 'unknown') OR o.submitted_at > ?"
            "  OR (o.state = 'planned' AND o.held = 0"
            "   AND (o.part < b.part OR o.reason <> '' OR o.not_before IS NOT NULL))))"
            " ORDER BY b.planned_at, b.key",
            (encode_time(before), encode_time(before)),
        )
        return _readable(rows)

    async def uncollected(
        self,
        now: datetime,
        *,
        limit: int = -1,
        after: Batch | None = None,
        created_before: datetime | None = None,
    ) -> list[Batch]:
        """Ended batches whose results are not saved and can still be had, oldest first: their time runs out first.

        Args:
            now: what their time is counted from.
            limit: how many at most; -1 for all.
            after: the last one of the page before.
            created_before: only those that were created until then.
        """
        since = encode_time(now - RESULTS_KEPT)
        where, values = "created_at > ?", list[Any]([since])
        if after is not None:
            where, values = (
                f"{where} AND (created_at, key) > (?, ?)",
                [*values, encode_time(after.created_at), after.key],
            )
        if created_before is not None:
            where, values = f"{where} AND created_at <= ?", [*values, encode_time(created_before)]
        rows = await self._database.all(
            # Asked every few seconds, and without being told SQLite takes the index by state, of all that ever ended.
            f"{BATCH_SELECT} WHERE b.key IN (SELECT key FROM batches INDEXED BY batches_to_collect"
            # Without a body it was made elsewhere: its results are fetched when somebody asks for them.
            f"  WHERE state = 'ended' AND results IN ('none', 'partial') AND body <> ''"
            f"  AND {where} ORDER BY created_at, key LIMIT ?)"
            " ORDER BY b.created_at, b.key",
            [*values, limit],
        )
        return _readable(rows)

    async def uncollected_count(self, now: datetime) -> int:
        """Return how many batches `uncollected` would return."""
        row = await self._database.one(
            "SELECT count(*) AS number FROM batches INDEXED BY batches_to_collect"
            " WHERE state = 'ended' AND results IN ('none', 'partial') AND body <> '' AND created_at > ?",
            (encode_time(now - RESULTS_KEPT),),
        )
        return int(row["number"]) if row else 0

    async def ended_between(self, since: datetime, until: datetime) -> list[Batch]:
        """Return the batches that ended after one moment and up to another, oldest first."""
        rows = await self._database.all(
            f"{BATCH_SELECT} WHERE b.ended_at > ? AND b.ended_at <= ? AND b.state <> 'deleted'"
            " ORDER BY b.ended_at, b.key",
            (encode_time(since), encode_time(until)),
        )
        return _readable(rows)

    async def unfilled(self) -> list[Batch]:
        """Return the parts that wait for answers which they reuse, oldest first."""
        rows = await self._database.all(f"{BATCH_SELECT} WHERE b.reused = 1 AND b.state = 'in_progress' ORDER BY b.key")
        return _readable(rows)

    async def awaiting(self, key: int) -> list[Batch]:
        """Return the parts that wait for the results of a batch."""
        rows = await self._database.all(
            f"{BATCH_SELECT} WHERE b.reused = 1 AND b.state = 'in_progress' AND b.awaits = ? ORDER BY b.key", (key,)
        )
        return _readable(rows)

    async def processing(self) -> int:
        """Return how many requests are being processed at the API, in all running batches together."""
        row = await self._database.one(
            "SELECT coalesce(sum(processing), 0) AS number FROM batches WHERE state IN ('in_progress', 'canceling')"
            " AND reused = 0"
        )
        return int(row["number"]) if row else 0

    async def lasted(self, limit: int) -> list[Lasted]:
        """Return how long the newest batches took that ended by themselves, deleted ones among them."""
        rows = await self._database.all(
            # A batch that was canceled does not tell how long one takes.
            "SELECT j.models, b.requests, b.created_at, b.ended_at FROM batches AS b JOIN jobs AS j ON j.id = b.job_id"
            " WHERE b.ended_at IS NOT NULL AND b.created_at IS NOT NULL AND b.cancel_initiated_at IS NULL"
            " ORDER BY b.planned_at DESC LIMIT ?",
            (limit,),
        )
        # Each spelling is parsed once: thousands of batches share a few lists of models.
        models = {text: text_list(text) for text in {row["models"] for row in rows}}
        return [
            Lasted(
                models[row["models"]], row["requests"], decode_time(row["ended_at"]) - decode_time(row["created_at"])
            )
            for row in rows
        ]

    async def ids(self) -> list[tuple[int, str | None]]:
        """Return key and API id of every batch that is not deleted, newest first."""
        rows = await self._database.all(f"SELECT key, id FROM batches AS b WHERE state <> 'deleted' ORDER BY {NEWEST}")
        return [(row[0], row[1]) for row in rows]

    async def relations(self, ids: Sequence[str]) -> dict[str, tuple[Relation, int]]:
        """Say of those of these API ids that the registry knows whose they are, and when they were first seen.

        The second figure is comparable with `Send.seq`; 0 where it is not known.
        """
        known: dict[str, tuple[Relation, int]] = {}
        for start in range(0, len(ids), PAGE):
            some = ids[start : start + PAGE]
            marks = ",".join("?" * len(some))
            rows = await self._database.all(
                f"SELECT id, body <> '' AND NOT unproved AS own, seen_seq FROM batches WHERE id IN ({marks})",
                some,
            )
            known.update(
                {row["id"]: (Relation.TAKEN if row["own"] else Relation.FOREIGN, row["seen_seq"]) for row in rows}
            )
        return known

    async def jobs_deleted_before(self, moment: datetime) -> list[str]:
        """The jobs all of whose batches were deleted or dropped before a moment, and of none the fate is unknown."""
        rows = await self._database.all(
            "SELECT b.job_id FROM batches AS b GROUP BY b.job_id"
            " HAVING sum(b.state <> 'deleted' OR (b.id IS NULL AND b.sends > 0)) = 0"
            " AND (SELECT max(at) FROM journal AS n WHERE n.job_id = b.job_id"
            "      AND n.event IN ('batch.deleted', 'batch.dropped')) <= ? ORDER BY b.job_id",
            (encode_time(moment),),
        )
        return [row["job_id"] for row in rows]

    async def held_jobs(self) -> list[str]:
        """Return the jobs with parts that wait for the decision about their pilot."""
        rows = await self._database.all("SELECT DISTINCT job_id FROM batches WHERE held = 1 AND state = 'planned'")
        return [row["job_id"] for row in rows]

    async def attempts(self) -> dict[str, set[int]]:
        """Return the attempts of every job."""
        attempts: dict[str, set[int]] = {}
        for row in await self._database.all("SELECT DISTINCT job_id, attempt FROM batches"):
            attempts.setdefault(row["job_id"], set()).add(row["attempt"])
        return attempts

    async def saved_files(self, now: datetime) -> list[tuple[int, str, int]]:
        """Return key, API id and bytes of the batches whose results are saved and which the API still has."""
        rows = await self._database.all(
            "SELECT key, id, results_bytes FROM batches WHERE results = 'saved' AND state = 'ended'"
            " AND created_at > ? AND archived_at IS NULL AND id IS NOT NULL",
            (encode_time(now - RESULTS_KEPT),),
        )
        return [(row[0], row[1], row[2]) for row in rows]

    async def saved_keys(self) -> set[int]:
        """Return the keys of the batches whose results are saved."""
        return {row["key"] for row in await self._database.all("SELECT key FROM batches WHERE results = 'saved'")}

    async def begun_at(self) -> datetime | None:
        """Return when this registry was made: what is older on the disk belongs to another one."""
        row = await self._database.one("SELECT min(applied_at) AS at FROM schema_migrations")
        return decode_time(row["at"]) if row else None

    async def oldest_running(self) -> datetime | None:
        """Return when the oldest batch that the API is at work on was created; None where none is."""
        row = await self._database.one(
            "SELECT min(created_at) AS oldest FROM batches WHERE state IN ('in_progress', 'canceling')"
        )
        return decode_time(row["oldest"]) if row else None

    async def tally(self) -> BatchCounts:
        """Count the batches by state, together with the newest revision.

        The last count holds as long as the revision does: after each commit several parts of a dashboard ask for it,
        and of 100,000 batches each count takes 10 ms.
        """
        file = self._database.file_identity
        # Before the counts: a batch that is committed in between gets a later revision, and is counted the next time.
        row = await self._database.one("SELECT value FROM counters WHERE name = 'revision'")
        revision = int(row["value"]) if row else 0
        known = self._counts
        if known is not None and known.revision == revision and self._counted_file == file:
            return known
        rows = await self._database.all("SELECT state, count(*) AS n FROM batches GROUP BY state")
        counts = BatchCounts({BatchState(row["state"]): row["n"] for row in rows}, revision)
        self._counts, self._counted_file = counts, file
        return counts

    async def data_version(self) -> int:
        """A number that changes with every commit to the file, also one of another process (`PRAGMA data_version`)."""
        return await self._data_version.read()
