"""What people call things: the names, tags and notes of jobs, and the words that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.terms import Field

if TYPE_CHECKING:
    from batchtui.registry.connection import Database

_WORDS = {
    Field.NAME: "SELECT name AS word FROM jobs GROUP BY name ORDER BY max(created_at) DESC LIMIT 200",
    Field.FROM: "SELECT source AS word FROM jobs WHERE source <> '' GROUP BY 1 ORDER BY max(created_at) DESC LIMIT 200",
    Field.PROFILE: "SELECT profile AS word FROM jobs WHERE profile <> '' GROUP BY 1 ORDER BY count(*) DESC",
    **{
        field: f"SELECT each.value AS word FROM jobs AS j JOIN json_each(j.{column}) AS each GROUP BY 1"
        " ORDER BY count(*) DESC, 1 LIMIT 200"
        for field, column in ((Field.TAG, "tags"), (Field.MODEL, "models"))
    },
}


class Labels:
    """Reads the labels of jobs. What becomes of a job's batches is none of its business."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def words(self) -> dict[Field, list[str]]:
        """Read what jobs are called, tagged and made for, and where they came from; the likeliest first."""
        return {field: [row["word"] for row in await self._database.all(sql)] for field, sql in _WORDS.items()}
