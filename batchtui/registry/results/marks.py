"""Store what reviewers say of answers, with every value that a mark ever had: `MarkTable`.

Each change is a transaction of its own (`synchronous = FULL`): what a key has marked survives a crash.
"""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

from batchtui.domain.results.annotation import AnnotationColumn
from batchtui.domain.results.mark import ReviewMark, ReviewVerdict
from batchtui.registry.database.codecs import decode_time, encode_time, list_text
from batchtui.registry.results.annotations import AnnotationTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from sqlite3 import Row

    import aiosqlite

    from batchtui.domain.clock import Clock
    from batchtui.registry.database.connection import Database

_SELECT = "SELECT custom_id, reviewer, verdict, labels, note, answer, is_stale, marked_at FROM marks WHERE job_id = ?"
_WRITE = (
    "INSERT INTO marks (job_id, custom_id, reviewer, verdict, labels, note, answer, is_stale, marked_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (job_id, custom_id, reviewer) DO UPDATE SET"
    " verdict = excluded.verdict, labels = excluded.labels, note = excluded.note, answer = excluded.answer,"
    " is_stale = excluded.is_stale, marked_at = excluded.marked_at"
)
_REMEMBER = (
    "INSERT INTO mark_history (job_id, custom_id, reviewer, verdict, labels, note, answer, marked_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_DELETE = "DELETE FROM marks WHERE job_id = ? AND custom_id = ? AND reviewer = ?"

MARK_COLUMNS = (
    AnnotationColumn("review"),
    AnnotationColumn("labels", alias="label"),
    AnnotationColumn("review_note"),
    AnnotationColumn("reviewer"),
)
"""Names of the columns; `note` is taken by what is said of results that were salvaged."""
_COLUMNS_SELECT = (
    "SELECT custom_id,"
    " group_concat(DISTINCT nullif(coalesce(verdict, '') || iif(is_stale, ' (stale)', ''), '')) AS review,"
    " (SELECT group_concat(value, ', ') FROM (SELECT DISTINCT each.value FROM marks AS m, json_each(m.labels) AS each"
    " WHERE m.job_id = marks.job_id AND m.custom_id = marks.custom_id ORDER BY 1)) AS labels,"
    " group_concat(nullif(note, ''), '; ') AS note,"
    " group_concat(reviewer, ', ') AS reviewer"
    " FROM (SELECT * FROM marks WHERE job_id = ? ORDER BY custom_id, reviewer) AS marks GROUP BY custom_id"
)
"""One row a result: what several reviewers say stands side by side in a cell."""
_ANY = "SELECT custom_id FROM marks WHERE job_id = ? LIMIT 1"


class MarkTable:
    """Reads and writes the marks of jobs."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of_result(self, job_id: str, custom_id: str) -> tuple[ReviewMark, ...]:
        """Return what reviewers say of one result, sorted by their names."""
        rows = await self._database.all(f"{_SELECT} AND custom_id = ? ORDER BY reviewer", (job_id, custom_id))
        return tuple(map(_to_mark, rows))

    async def of_job(self, job_id: str, reviewer: str | None = None) -> tuple[ReviewMark, ...]:
        """Return the marks of a job, or those of one reviewer, sorted by custom_id and reviewer."""
        where, values = ("", (job_id,)) if reviewer is None else (" AND reviewer = ?", (job_id, reviewer))
        rows = await self._database.all(f"{_SELECT}{where} ORDER BY custom_id, reviewer", values)
        return tuple(map(_to_mark, rows))

    async def history(self, job_id: str, custom_id: str, reviewer: str) -> tuple[ReviewMark, ...]:
        """Return every value that a reviewer's mark of a result has had, the latest last; an empty one: taken back."""
        rows = await self._database.all(
            "SELECT custom_id, reviewer, verdict, labels, note, answer, 0 AS is_stale, marked_at FROM mark_history"
            " WHERE job_id = ? AND custom_id = ? AND reviewer = ? ORDER BY number",
            (job_id, custom_id, reviewer),
        )
        return tuple(map(_to_mark, rows))

    async def has_any(self, job_id: str) -> bool:
        """Return whether anything of a job is marked."""
        return await self._database.one("SELECT 1 FROM marks WHERE job_id = ? LIMIT 1", (job_id,)) is not None

    async def write(self, job_id: str, marks: Sequence[ReviewMark]) -> None:
        """Store marks in one transaction; each replaces what the reviewer has said of the result before.

        An empty mark takes the one before back. A mark without a time gets that of now.

        Raises:
            StorageError: the disk refuses; nothing was written.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            for mark in marks:
                await _put(tx, job_id, mark, encode_time(mark.marked_at or now))

    async def set_stale(self, job_id: str, changed: Iterable[tuple[str, str, bool]]) -> None:
        """Store by custom_id and reviewer whether a job has another answer by now than the one that was seen.

        Raises:
            StorageError: the disk refuses; nothing was written.
        """
        async with self._database.transaction() as tx:
            await tx.executemany(
                "UPDATE marks SET is_stale = ? WHERE job_id = ? AND custom_id = ? AND reviewer = ?",
                [(is_stale, job_id, custom_id, reviewer) for custom_id, reviewer, is_stale in changed],
            )


async def _put(tx: aiosqlite.Connection, job_id: str, mark: ReviewMark, at: str) -> None:
    said = (mark.verdict, list_text(mark.labels), mark.note, mark.answer)
    await tx.execute(_REMEMBER, (job_id, mark.custom_id, mark.reviewer, *said, at))
    if mark.is_empty:
        await tx.execute(_DELETE, (job_id, mark.custom_id, mark.reviewer))
    else:
        await tx.execute(_WRITE, (job_id, mark.custom_id, mark.reviewer, *said, mark.is_stale, at))


def _to_mark(row: Row) -> ReviewMark:
    return ReviewMark(
        row["custom_id"], row["reviewer"], row["answer"],
        ReviewVerdict(row["verdict"]) if row["verdict"] else None,
        tuple(json.loads(row["labels"])), row["note"], decode_time(row["marked_at"]), bool(row["is_stale"]),
    )  # fmt: skip


def read_marks(registry: Path, job: str) -> AnnotationTable | None:
    """Return the marks of a job as columns beside its results; None where nothing is marked.

    Raises:
        StorageError: the registry cannot be read.
    """
    with closing(AnnotationTable(registry, (), _ANY, (job,))) as marked:
        if next(marked.stream(), None) is None:
            return None
    return AnnotationTable(registry, MARK_COLUMNS, _COLUMNS_SELECT, (job,))
