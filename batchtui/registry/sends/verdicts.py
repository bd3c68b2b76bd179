"""Write down what was found out about a part after its send: which batch is its own, and which is not (`Verdicts`).

A verdict comes from a look at the API (`services/submission/reconcile.py`), from the results
(`services/results/collect.py`) or from a person. Each is one transaction, and holds only while the part is still as it
was when it was judged: the False that comes back says that another process was faster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.registry.batches.foreign_rows import is_own_batch
from batchtui.registry.batches.transitions import fetch, row_of, transition
from batchtui.registry.database.codecs import encode_time
from batchtui.registry.database.row_mapping import CHOSEN, FITS
from batchtui.registry.journal import note
from batchtui.registry.sends.binding import NOT_BOUND, bind

if TYPE_CHECKING:
    from sqlite3 import Row

    import aiosqlite

    from batchtui.domain.batches.batch import RemoteBatch
    from batchtui.domain.clock import Clock
    from batchtui.registry.database.connection import Database
    from batchtui.registry.sends.binding import MoveResults

VANISHED = "vanished"
"""Why a batch is remembered that may have been a part's and is not shown any more: it is no proof against it."""
UNPROVABLE = "unprovable"
"""The same of one that is there, and whose results cannot tell whose it is: none of them names a model."""
NO_PROOF = (VANISHED, UNPROVABLE)
"""Reasons that prove nothing: a later proof replaces them."""


class Verdicts:
    """What a look at the API, results or a person say about a part whose response was lost."""

    def __init__(self, database: Database, clock: Clock, move_results: MoveResults) -> None:
        self._database = database
        self._clock = clock
        self._move_results = move_results

    async def refuted_of(self, key: int) -> dict[str, str]:
        """Return the batches that were proved, or said, not to be this part, each with the reason.

        Those in `NO_PROOF` are no such batches: they may have been it, and nothing will ever tell.
        """
        rows = await self._database.all("SELECT batch_id, why FROM refuted WHERE batch_key = ?", (key,))
        return {row["batch_id"]: row["why"] for row in rows}

    async def twin_settled(self, key: int) -> None:
        """Note that a person has decided about a part of a copied registry: it belongs to this one."""
        async with self._database.transaction() as tx:
            await tx.execute("UPDATE batches SET twin = 0 WHERE key = ?", (key,))

    async def adopt(self, key: int, remote: RemoteBatch, *, is_proved: bool = True, is_chosen: bool = False) -> bool:
        """Note that a lost submission was found: unknown or planned → what the API says.

        Args:
            key: the part.
            remote: the batch.
            is_proved: whether its results prove it.
            is_chosen: whether a person chose it: then a row that `sync` brought in is merged, which nothing undoes.

        Returns:
            False where the part is not open any more, or the batch is another part's: nothing is changed. The same
            for a row that `sync` brought in, where the batch is neither proved nor chosen.
        """
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            is_open = before["state"] in (BatchState.UNKNOWN, BatchState.PLANNED)
            # A row that `sync` brought in. Merging it with the part cannot be undone, so a mere fit is not enough.
            taken = await fetch(tx, "SELECT key FROM batches WHERE id = ?", (remote.id,))
            is_not_sure = taken is not None and not (is_proved or is_chosen)
            if not is_open or is_not_sure or await is_own_batch(tx, remote.id, apart_from=key):
                return False
            unproved = 0 if is_proved else CHOSEN if is_chosen else FITS
            await bind(
                tx, before, remote, self._clock.now(), self._move_results,
                event="batch.adopted", adopted=True, unproved=unproved,
            )  # fmt: skip
        return True

    async def proved(self, key: int, batch_id: str) -> None:
        """Note that the results of a batch prove that it is this part's."""
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            if before["unproved"] and before["id"] == batch_id:
                await tx.execute("UPDATE batches SET unproved = 0, twin = 0 WHERE key = ?", (key,))
                await note(tx, self._clock.now(), "batch.proved", job=before["job_id"], key=key, batch_id=batch_id)

    async def refute(self, key: int, batch_id: str, why: str) -> None:
        """Remember that a batch is not this part's: it is never a candidate for it again."""
        async with self._database.transaction() as tx:
            await self._remember_refuted(tx, await row_of(tx, key), batch_id, why)

    async def proved_absent(self, key: int, sends: int, reason: str) -> bool:
        """Note that the last of that many sends created nothing: unknown → planned.

        Returns False, and changes nothing, where it is not unknown any more or was sent again since: absence of the
        former send proves nothing about the later one.
        """
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            if before["state"] != BatchState.UNKNOWN or before["sends"] != sends:
                return False
            await transition(tx, before, BatchState.PLANNED, "batch.absent", self._clock.now(), reason=reason)
        return True

    async def disown(self, key: int, batch_id: str, reason: str) -> bool:
        """Undo an adoption that proved wrong: the part is unknown again, and the id is remembered as refuted.

        False where that batch is not this part's, or is proved to be: nothing is changed.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            if before["id"] != batch_id or not before["unproved"]:
                return False
            await self._remember_refuted(tx, before, batch_id, reason)
            await transition(tx, before, BatchState.UNKNOWN, "batch.disowned", now, reason=reason, **NOT_BOUND)
        return True

    async def vanished(self, key: int, batch_id: str) -> bool:
        """Note that an unproved batch is not shown any more: the part is unknown, and nothing will ever prove it.

        False where that batch is not this part's, or is proved to be: nothing is changed.
        """
        reason = f"{batch_id} may have been this part's batch; the API no longer shows it."
        return await self._let_go(key, batch_id, VANISHED, reason)

    async def unprovable(self, key: int, batch_id: str, reason: str) -> bool:
        """Note that a batch has ended and nothing tells whether it is this part's: a person decides.

        False where that batch is this part's, and proved: nothing is changed.
        """
        return await self._let_go(key, batch_id, UNPROVABLE, reason)

    async def _let_go(self, key: int, batch_id: str, why: str, reason: str) -> bool:
        """Remember a batch without proof; a part that has it is unknown again."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            if before["id"] == batch_id and not before["unproved"]:
                return False
            # What the part never had changes nothing for it by vanishing.
            if before["id"] != batch_id and why == VANISHED:
                return False
            await tx.execute(
                "INSERT OR IGNORE INTO refuted VALUES (?, ?, ?, ?)", (key, batch_id, why, encode_time(now))
            )
            if before["id"] == batch_id:
                await transition(tx, before, BatchState.UNKNOWN, "batch.unknown", now, reason=reason, **NOT_BOUND)
        return True

    async def _remember_refuted(self, tx: aiosqlite.Connection, before: Row, batch_id: str, why: str) -> None:
        now = self._clock.now()
        cursor = await tx.execute(
            # A reason that proves nothing gives way to one that does, never the other way round.
            "INSERT INTO refuted VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET why = ?, at = ? WHERE why IN (?, ?)",
            (before["key"], batch_id, why, encode_time(now), why, encode_time(now), *NO_PROOF),
        )
        if cursor.rowcount:
            job, key = before["job_id"], before["key"]
            await note(tx, now, "batch.refuted", job=job, key=key, batch_id=batch_id, reason=why)
