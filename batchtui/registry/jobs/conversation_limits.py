"""Remember with each job how far its conversations may go: `ConversationTable`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.registry.database.codecs import money_text, text_money

if TYPE_CHECKING:
    from decimal import Decimal

    from batchtui.registry.database.connection import Database


@dataclass(frozen=True, slots=True)
class StoredLimits:
    """What a person has said of one job; None where nothing was said."""

    max_turns: int | None = None
    """Turns of the assistant in one conversation."""
    max_cost: Decimal | None = None
    """USD over all attempts of the job."""
    max_age: float | None = None
    """Seconds since the job was submitted, after which no further turn is sent."""


class ConversationTable:
    """The limits of the conversations of each job."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def limits(self, job_id: str) -> StoredLimits:
        """Return what was said of a job."""
        row = await self._database.one("SELECT * FROM conversations WHERE job_id = ?", (job_id,))
        if row is None:
            return StoredLimits()
        return StoredLimits(row["max_turns"], text_money(row["max_cost"]), row["max_age"])

    async def keep(self, job_id: str, limits: StoredLimits) -> None:
        """Write the limits of a job; the former ones are replaced."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "INSERT INTO conversations VALUES (?, ?, ?, ?) ON CONFLICT (job_id) DO UPDATE SET"
                " max_turns = excluded.max_turns, max_cost = excluded.max_cost, max_age = excluded.max_age",
                (job_id, limits.max_turns, money_text(limits.max_cost), limits.max_age),
            )
