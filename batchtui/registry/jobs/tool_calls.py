"""Remember which calls of tools were begun and what they answered, so that each is run once: `ToolCalls`.

A row is committed before a tool is started and again when it has ended. A call that was begun and has not ended was
interrupted: whether the tool has done something by then nobody can know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from batchtui.registry.database.codecs import decode_time, encode_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from aiosqlite import Row

    from batchtui.domain.clock import Clock
    from batchtui.registry.database.connection import Database


class CallKey(NamedTuple):
    """Names one call of a tool: the turn that it stands in, and its id there."""

    job: str
    attempt: int
    """The attempt whose answer calls the tool."""
    custom_id: str
    tool_use_id: str


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What is known of one call."""

    key: CallKey
    name: str
    """The tool's name, as the model called it."""
    sender: str
    """The process that has started it last, as `Leases.holder` names it."""
    started_at: datetime
    finished_at: datetime | None
    result: str | None
    """What went back to the model; None until it has ended."""
    is_error: bool
    runs: int
    """How often it was started."""

    @property
    def is_finished(self) -> bool:
        """Whether its result is known."""
        return self.finished_at is not None


class ToolCalls:
    """The journal of tool calls of all jobs."""

    def __init__(self, database: Database, clock: Clock, holder: str) -> None:
        self._database = database
        self._clock = clock
        self.holder = holder

    async def start(self, key: CallKey, name: str, *, again: bool = False) -> bool:
        """Note that a call is about to be run. Returns False where it must not be: it was begun before.

        Args:
            key: which call.
            name: the tool's name.
            again: run it also where it was begun and has not ended, because a person has said so.
        """
        async with self._database.transaction() as tx:
            async with tx.execute(f"SELECT finished_at FROM tool_calls WHERE {_BY_KEY}", key) as cursor:
                known = await cursor.fetchone()
            if known is not None and (known["finished_at"] is not None or not again):
                return False
            await tx.execute(
                "INSERT INTO tool_calls (job_id, attempt, custom_id, tool_use_id, name, sender, started_at, runs)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET sender = excluded.sender,"
                " started_at = excluded.started_at, runs = runs + 1",
                (*key, name, self.holder, encode_time(self._clock.now())),
            )
            return True

    async def finish(self, key: CallKey, result: str, *, is_error: bool) -> None:
        """Note what a call has answered. Of a call that another process has begun again since, nothing is noted."""
        async with self._database.transaction() as tx:
            await tx.execute(
                f"UPDATE tool_calls SET finished_at = ?, result = ?, is_error = ? WHERE {_BY_KEY} AND sender = ?"
                " AND finished_at IS NULL",
                (encode_time(self._clock.now()), result, is_error, *key, self.holder),
            )

    async def forget(self, key: CallKey) -> None:
        """Delete the row of a call whose tool could not be started at all."""
        async with self._database.transaction() as tx:
            await tx.execute(
                f"DELETE FROM tool_calls WHERE {_BY_KEY} AND sender = ? AND finished_at IS NULL AND runs = 1",
                (*key, self.holder),
            )

    async def of_job(self, job_id: str) -> Sequence[CallRecord]:
        """Return all calls of a job, in the order of attempts and custom_ids."""
        rows = await self._database.all(
            "SELECT * FROM tool_calls WHERE job_id = ? ORDER BY attempt, custom_id, tool_use_id", (job_id,)
        )
        return [_record(row) for row in rows]


_BY_KEY = "job_id = ? AND attempt = ? AND custom_id = ? AND tool_use_id = ?"


def _record(row: Row) -> CallRecord:
    ended = row["finished_at"]
    return CallRecord(
        CallKey(row["job_id"], row["attempt"], row["custom_id"], row["tool_use_id"]), row["name"], row["sender"],
        decode_time(row["started_at"]), None if ended is None else decode_time(ended), row["result"],
        bool(row["is_error"]), row["runs"],
    )  # fmt: skip
