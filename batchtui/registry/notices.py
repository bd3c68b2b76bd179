"""Store notices, and let one process claim each of them for each channel: `Notices`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from batchtui.domain.notice import Notice, NoticeKind
from batchtui.registry.database.codecs import decode_time, encode_time
from batchtui.registry.database.row_mapping import BATCH_SELECT, to_batch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import aiosqlite

    from batchtui.domain.clock import Clock
    from batchtui.registry.database.connection import Database

_BEGINS_SO = "SELECT 1 FROM notices WHERE kind = ? AND substr(subject, 1, ?) = ?"


class Notices:
    """Stores notices, and which channel has delivered them.

    Two unique keys make sure that each is delivered once: a notice is one row however many processes notice the event,
    and a delivery is one row however many processes would deliver it.
    """

    def __init__(self, database: Database, clock: Clock, holder: str) -> None:
        self._database = database
        self._clock = clock
        self._holder = holder

    async def make(self, kind: NoticeKind, key: int, subject: str, *, unless: str | None = None) -> bool:
        """Make a notice about a batch. Returns False where there is one of this kind and subject already.

        Args:
            kind: what it is about.
            key: the batch.
            subject: what tells it from others of its kind.
            unless: the beginning of a subject: neither is it made where there is one of this kind that begins so.
        """
        async with self._database.transaction() as tx:
            if unless is not None:
                # In the transaction: of two processes that sum up the same day one comes first, with its own figures.
                async with tx.execute(_BEGINS_SO, (kind, len(unless), unless)) as cursor:
                    if await cursor.fetchone() is not None:
                        return False
            return await make(tx, self._clock.now(), kind, key, subject)

    async def made_on(self, kind: NoticeKind, beginning: str) -> bool:
        """Return whether there is a notice of this kind whose subject begins so."""
        return await self._database.one(_BEGINS_SO, (kind, len(beginning), beginning)) is not None

    async def made(self, kind: NoticeKind, subjects: Sequence[str]) -> set[str]:
        """Return those of these subjects that have a notice of this kind."""
        rows = await self._database.all(
            # json_each: a statement takes a limited number of values, and a list of JSON is one.
            "SELECT subject FROM notices WHERE kind = ? AND subject IN (SELECT value FROM json_each(?))",
            (kind, json.dumps(list(subjects))),
        )
        return {row["subject"] for row in rows}

    async def untold(self, channels: Sequence[str], since: datetime) -> list[tuple[Notice, tuple[str, ...]]]:
        """The notices made since then that some of these channels have not told, oldest first, with those channels."""
        rows = await self._database.all(
            "SELECT n.seq, n.kind, n.subject, n.at, n.batch_key, json_group_array(c.value) AS channels"
            " FROM notices AS n JOIN json_each(?) AS c WHERE n.at > ?"
            " AND NOT EXISTS (SELECT 1 FROM notices_told WHERE notice = n.seq AND channel = c.value)"
            " GROUP BY n.seq ORDER BY n.seq",
            (json.dumps(list(channels)), encode_time(since)),
        )
        found: list[tuple[Notice, tuple[str, ...]]] = []
        for row in rows:
            batch = await self._database.one(f"{BATCH_SELECT} WHERE b.key = ?", (row["batch_key"],))
            if batch is not None:
                kind, at = NoticeKind(row["kind"]), decode_time(row["at"])
                notice = Notice(row["seq"], kind, at, to_batch(batch), row["subject"])
                found.append((notice, tuple(json.loads(row["channels"]))))
        return found

    async def claim(self, seq: int, channel: str) -> bool:
        """Claim the delivery of a notice through a channel. Returns False where another process has it."""
        async with self._database.transaction() as tx:
            cursor = await tx.execute(
                # The primary key decides between processes that claim at the same moment.
                "INSERT INTO notices_told (notice, channel, holder, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (seq, channel, self._holder, encode_time(self._clock.now())),
            )
            return cursor.rowcount == 1

    async def settle(self, seq: int, channel: str, outcome: str) -> None:
        """Note whether it was delivered: `told`, `failed`, or `passed` where there was nothing to tell any more."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "UPDATE notices_told SET outcome = ?, at = ? WHERE notice = ? AND channel = ? AND holder = ?",
                (outcome, encode_time(self._clock.now()), seq, channel, self._holder),
            )

    async def unsettled(self, since: datetime) -> list[tuple[int, str, str]]:
        """Return what other processes have claimed and not settled: the notice, the channel, and who."""
        rows = await self._database.all(
            "SELECT notice, channel, holder FROM notices_told WHERE outcome IS NULL AND at > ? AND holder <> ?",
            (encode_time(since), self._holder),
        )
        return [(row["notice"], row["channel"], row["holder"]) for row in rows]

    async def release(self, seq: int, channel: str, holder: str | None = None) -> None:
        """Give up a claim that was not settled: this process's own, or that of a dead one."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "DELETE FROM notices_told WHERE notice = ? AND channel = ? AND holder = ? AND outcome IS NULL",
                (seq, channel, holder or self._holder),
            )


async def make(tx: aiosqlite.Connection, at: datetime, kind: NoticeKind, key: int, subject: str) -> bool:
    """Make a notice within the transaction that it is about. Returns False where there is an equal one already."""
    cursor = await tx.execute(
        "INSERT INTO notices (kind, subject, batch_key, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (kind, subject, key, encode_time(at)),
    )
    return cursor.rowcount == 1
