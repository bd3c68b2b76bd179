"""Store names, tags and notes of jobs, and list the ones in use: `Labels`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchtui.domain.batches.query import FilterField
from batchtui.registry.database.codecs import list_text
from batchtui.registry.database.row_mapping import to_job
from batchtui.registry.journal import note

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.domain.batches.job import Job
    from batchtui.domain.clock import Clock
    from batchtui.registry.database.connection import Database

_WORDS = {
    FilterField.NAME: "SELECT name AS word FROM jobs GROUP BY name ORDER BY max(created_at) DESC LIMIT 200",
    FilterField.FROM: (
        "SELECT source AS word FROM jobs WHERE source <> '' GROUP BY 1 ORDER BY max(created_at) DESC LIMIT 200"
    ),
    FilterField.PROFILE: "SELECT profile AS word FROM jobs WHERE profile <> '' GROUP BY 1 ORDER BY count(*) DESC",
    **{
        field: f"SELECT each.value AS word FROM jobs AS j JOIN json_each(j.{column}) AS each GROUP BY 1"
        " ORDER BY count(*) DESC, 1 LIMIT 200"
        for field, column in ((FilterField.TAG, "tags"), (FilterField.MODEL, "models"))
    },
}


class Labels:
    """Reads and writes names, tags and notes of jobs."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def words(self) -> dict[FilterField, list[str]]:
        """Return the values in use for each field of a filter, the most likely ones first."""
        return {field: [row["word"] for row in await self._database.all(sql)] for field, sql in _WORDS.items()}

    async def change(self, job_ids: Sequence[str], changed: Callable[[Job], Job]) -> list[Job]:
        """Change the labels of jobs in one transaction. Ids that are not known are ignored.

        Args:
            job_ids: which ones.
            changed: returns a job with its new labels; only its name, tags and note are used.

        Returns:
            The jobs that changed, as they are now.
        """
        now = self._clock.now()
        differing: list[Job] = []
        async with self._database.transaction() as tx:
            for job_id in job_ids:
                async with tx.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)) as cursor:
                    row = await cursor.fetchone()
                if row is None:
                    continue
                before = to_job(row)
                after = changed(before)
                # Only what differs is written and noted, so that the journal has no entry for an edit that changed
                # nothing.
                differences = _differences(before, after)
                if differences:
                    await tx.execute(
                        "UPDATE jobs SET name = ?, tags = ?, note = ? WHERE id = ?",
                        (after.name, list_text(after.tags), after.note, job_id),
                    )
                    await note(tx, now, "job.labelled", job=job_id, **differences)
                    differing.append(after)
        return differing


def _differences(before: Job, after: Job) -> dict[str, Any]:
    """Return what differs, for the journal. The former name is kept there, so that it can be found again."""
    said: dict[str, Any] = {}
    if before.name != after.name:
        said |= {"name": after.name, "before": before.name}
    if before.tags != after.tags:
        said["tags"] = ", ".join(after.tags) or "none"
    if before.note != after.note:
        said["note"] = after.note or "none"
    return said
