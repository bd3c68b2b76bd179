"""Record every action of batchtui and every call to the API, in order: `Journal`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from batchtui.registry.database.codecs import decode_time, encode_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from sqlite3 import Row

    import aiosqlite

    from batchtui.domain.api_call import ApiCall
    from batchtui.domain.batches.batch import UnreadableEntry
    from batchtui.registry.database.connection import Database


TRIMMED_AT_ONCE = 5_000
"""Entries that are deleted in one transaction, which takes some ten milliseconds."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal."""

    seq: int
    at: datetime
    kind: Literal["act", "call"]
    event: str
    """For an action what happened, dotted, like `batch.ended`; for a call the operation, like `list`."""
    job: str | None
    batch_key: int | None
    batch_id: str | None
    detail: str
    status: int | None
    milliseconds: int | None
    request_id: str | None
    error: str | None


class Journal:
    """Writes and reads the journal. It never holds content of requests or results, nor credentials."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record_call(self, call: ApiCall) -> None:
        """Note one HTTP exchange."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "INSERT INTO journal (at, kind, event, batch_id, detail, status, milliseconds, request_id, error)"
                " VALUES (?, 'call', ?, ?, ?, ?, ?, ?, ?)",
                (
                    encode_time(call.at),
                    call.operation,
                    call.batch_id,
                    f"{call.method} {call.path}",
                    call.status,
                    call.milliseconds,
                    call.request_id,
                    call.error,
                ),
            )

    async def record(self, at: datetime, event: str, *, job: str | None = None, **detail: Any) -> None:
        """Note an action that changes no batch, in a transaction of its own."""
        async with self._database.transaction() as tx:
            await note(tx, at, event, job=job, **detail)

    async def record_unreadable(self, at: datetime, entries: Sequence[UnreadableEntry]) -> int:
        """Note entries of the API's list that cannot be read; one that stands here already is passed over.

        Returns:
            How many were noted: every look at the list meets the same ones again.
        """
        noted = 0
        async with self._database.transaction() as tx:
            for entry in dict.fromkeys(entries):
                async with tx.execute(
                    "SELECT 1 FROM journal WHERE event = 'list.unreadable' AND batch_id IS ?"
                    " AND json_extract(detail, '$.reason') = ?",
                    (entry.id, entry.why),
                ) as cursor:
                    is_known = await cursor.fetchone() is not None
                if not is_known:
                    await note(tx, at, "list.unreadable", batch_id=entry.id, reason=entry.why)
                    noted += 1
        return noted

    async def entries(self, *, batch_id: str | None = None, job: str | None = None, limit: int = 200) -> list[Entry]:
        """Read the latest entries, oldest of them first; of one batch or one job, or all."""
        where, values = "1", list[Any]()
        if batch_id is not None:
            where, values = "batch_id = ?", [batch_id]
        elif job is not None:
            where, values = "(job_id = ? OR batch_id IN (SELECT id FROM batches WHERE job_id = ?))", [job, job]
        rows = await self._database.all(
            f"SELECT * FROM journal WHERE {where} ORDER BY seq DESC LIMIT ?",
            [*values, limit],
        )
        # Selected from the newest on because of the limit, returned from the oldest on.
        return [_to_entry(row) for row in reversed(rows)]

    async def after(self, seq: int, *, actions_only: bool = False, limit: int = 1000) -> list[Entry]:
        """Read the entries that came after this one, oldest first."""
        kind = " AND kind = 'act'" if actions_only else ""
        rows = await self._database.all(f"SELECT * FROM journal WHERE seq > ?{kind} ORDER BY seq LIMIT ?", (seq, limit))
        return [_to_entry(row) for row in rows]

    async def last_call(self) -> Entry | None:
        """Return the latest call to the API that was answered; None where there was none."""
        row = await self._database.one(
            "SELECT * FROM journal WHERE kind = 'call' AND status IS NOT NULL ORDER BY seq DESC LIMIT 1"
        )
        return _to_entry(row) if row else None

    async def trim(self, before: datetime, *, at_once: int = TRIMMED_AT_ONCE) -> int:
        """Delete calls to the API that were made before then; acts stay. Returns how many there were.

        In steps, so that another process waits for none of them for long.
        """
        trimmed = 0
        while True:
            async with self._database.transaction() as tx:
                # The newest entry stays, whatever it is: SQLite gives its number to the next one otherwise, and what
                # was seen before a send is told by these numbers.
                cursor = await tx.execute(
                    "DELETE FROM journal WHERE seq IN (SELECT seq FROM journal WHERE kind = 'call' AND at < ?"
                    " AND seq < (SELECT max(seq) FROM journal) ORDER BY seq LIMIT ?)",
                    (encode_time(before), at_once),
                )
            trimmed += cursor.rowcount
            if cursor.rowcount < at_once:
                return trimmed

    async def count_calls(self, before: datetime) -> int:
        """Return how many calls to the API were made before then."""
        row = await self._database.one(
            "SELECT count(*) FROM journal WHERE kind = 'call' AND at < ?", (encode_time(before),)
        )
        return int(row[0]) if row else 0

    async def last(self) -> int:
        """Return the number of the latest entry; 0 where there is none."""
        row = await self._database.one("SELECT max(seq) AS seq FROM journal")
        return (row["seq"] or 0) if row else 0


async def note(
    tx: aiosqlite.Connection,
    at: datetime,
    event: str,
    *,
    job: str | None = None,
    key: int | None = None,
    batch_id: str | None = None,
    **detail: Any,
) -> None:
    """Note an action within the transaction that carries it out. `detail` is kept as JSON."""
    await tx.execute(
        "INSERT INTO journal (at, kind, event, job_id, batch_key, batch_id, detail) VALUES (?, 'act', ?, ?, ?, ?, ?)",
        (
            encode_time(at),
            event,
            job,
            key,
            batch_id,
            json.dumps(detail, ensure_ascii=False, default=str) if detail else "",
        ),
    )


async def note_each(tx: aiosqlite.Connection, at: datetime, event: str, about: Iterable[tuple[str, int, str]]) -> None:
    """Note one act about many batches: job, key and id of each. One statement for all of them."""
    await tx.executemany(
        "INSERT INTO journal (at, kind, event, job_id, batch_key, batch_id) VALUES (?, 'act', ?, ?, ?, ?)",
        [(encode_time(at), event, *each) for each in about],
    )


def _to_entry(row: Row) -> Entry:
    return Entry(
        seq=row["seq"],
        at=decode_time(row["at"]),
        kind=row["kind"],
        event=row["event"],
        job=row["job_id"],
        batch_key=row["batch_key"],
        batch_id=row["batch_id"],
        detail=row["detail"],
        status=row["status"],
        milliseconds=row["milliseconds"],
        request_id=row["request_id"],
        error=row["error"],
    )
