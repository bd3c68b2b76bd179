"""Store which job was made from which: `LineageTable`.

A child's custom_ids are those of its parent, or `lineage_ids` says beside its requests what they stand for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.batches.lineage import JobRelation, JobRelative, Lineage
from batchtui.registry.database.codecs import decode_time, encode_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from sqlite3 import Row

    import aiosqlite

    from batchtui.domain.batches.lineage import JobParent
    from batchtui.registry.database.connection import Database

_RELATIVES = (
    "SELECT l.{of} AS job, coalesce(j.name, l.{of}) AS name, l.relation, l.made_at FROM lineage AS l"
    " LEFT JOIN jobs AS j ON j.id = l.{of} WHERE l.{by} = ? ORDER BY {order}"
)
_PARENTS = _RELATIVES.format(of="parent", by="child", order="l.number")
_CHILDREN = _RELATIVES.format(of="child", by="parent", order="l.made_at, l.child")


class LineageTable:
    """Reads parents and children of jobs. They are written with the child (`Jobs.plan`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, job_id: str) -> Lineage:
        """Return the jobs that this one was made from, and those made from it."""
        parents = await self._database.all(_PARENTS, (job_id,))
        children = await self._database.all(_CHILDREN, (job_id,))
        return Lineage(tuple(_to_relative(row) for row in parents), tuple(_to_relative(row) for row in children))


async def insert_parents(tx: aiosqlite.Connection, child: str, parents: Sequence[JobParent], at: datetime) -> None:
    """Write what a job is made from, within the transaction that plans it."""
    await tx.executemany(
        "INSERT INTO lineage (child, number, parent, relation, made_at) VALUES (?, ?, ?, ?, ?)",
        [
            (child, number, parent.job, parent.relation, encode_time(at))
            for number, parent in enumerate(dict.fromkeys(parents), 1)
        ],
    )


def _to_relative(row: Row) -> JobRelative:
    return JobRelative(row["job"], row["name"], JobRelation(row["relation"]), decode_time(row["made_at"]))
