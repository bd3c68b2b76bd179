"""Write down each send of a part: who sends, what is known of it, and what it came to (`Sends`).

Each step is one transaction. Whatever a process writes about its send is written under the condition that the part is
still `submitting` and that this process is still its sender: a laptop that wakes after its part was taken over changes
nothing, and is told so by the False that comes back. This class never talks to the API; it is told how a send went.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import UnknownTarget
from batchtui.domain.notice import NoticeKind
from batchtui.domain.submission.send_evidence import Account, Send, SendEnd, SenderLife, SendStart
from batchtui.registry.batches.foreign_rows import is_own_batch
from batchtui.registry.batches.transitions import fetch, row_of, transition
from batchtui.registry.database.codecs import decode_time, encode_time
from batchtui.registry.journal import note
from batchtui.registry.notices import make as make_notice
from batchtui.registry.sends.binding import bind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from sqlite3 import Row

    import aiosqlite

    from batchtui.domain.batches.batch import RemoteBatch
    from batchtui.domain.clock import Clock
    from batchtui.registry.database.connection import Database
    from batchtui.registry.database.origin import Origin

_OVER_WITHOUT_END = (
    "batch_key = ? AND ended IS NULL AND NOT EXISTS (SELECT 1 FROM batches b"
    " WHERE b.key = sends.batch_key AND b.sends = sends.number AND b.state = 'submitting')"
)


class Sends:
    """What a process writes about its own send, and what others need to know of it."""

    def __init__(
        self, database: Database, clock: Clock, origin: Origin, move_results: Callable[[int, int, str], None]
    ) -> None:
        """`move_results`: gives the result files of one row to another: the two keys, and the batch's id."""
        self._database = database
        self._clock = clock
        self._origin = origin
        self._move_results = move_results

    async def body_of(self, key: int) -> tuple[str, str]:
        """Return where the body of a batch lies: the job's id, and the name of the file in its folder."""
        row = await self._database.one("SELECT job_id, body FROM batches WHERE key = ?", (key,))
        if row is None:
            raise UnknownTarget(f"The registry has no batch with the number {key}.")
        return row["job_id"], row["body"]

    async def sender_of(self, key: int) -> tuple[str | None, datetime | None]:
        """Return who last sent a batch, and until when that process is to be taken for alive."""
        row = await self._database.one("SELECT sender, sender_until FROM batches WHERE key = ?", (key,))
        return (row["sender"], decode_time(row["sender_until"])) if row else (None, None)

    async def sends_of(self, key: int) -> list[Send]:
        """Return the sends of a part, oldest first. The sender of one that is under way is given as silent."""
        rows = await self._database.all(
            "SELECT s.*, b.state = 'submitting' AND b.sends = s.number AS under_way, b.sender_until FROM sends AS s"
            " JOIN batches AS b ON b.key = s.batch_key WHERE s.batch_key = ? ORDER BY s.number",
            (key,),
        )
        return [_to_send(row) for row in rows]

    async def notice_copy(self) -> int:
        """Mark the parts that are not settled where this registry was copied or restored. Returns how many."""
        if not self._origin.is_copied(await self._database.one("SELECT * FROM origin")):
            return 0
        async with self._database.transaction() as tx:
            return await self._mark_twins(tx)

    async def set_account(self, key: int, account: Account) -> bool:
        """Close the open account of a part, on a person's word. False where it has one already."""
        async with self._database.transaction() as tx:
            cursor = await tx.execute(
                "UPDATE batches SET base_url = ?, organization_id = ?, workspace_id = ?"
                " WHERE key = ? AND base_url IS NULL",
                (account.base_url, account.organization, account.workspace, key),
            )
            return cursor.rowcount == 1

    async def claim(
        self,
        key: int,
        sender: str,
        until: datetime,
        start: SendStart | None = None,
        account: Account | None = None,
    ) -> bool:
        """Take a planned batch for sending: planned → submitting.

        Args:
            key: the part.
            sender: the process that will send it.
            until: when that process will have been heard of again.
            start: what is known of the clocks; None takes this machine's.
            account: where it would go.

        Returns:
            False where somebody else was first, where it was planned for another account, or where this registry
            turns out to be a copy: nothing may be sent then.
        """
        now = self._clock.now()
        start = start or SendStart(now, now)
        async with self._database.transaction() as tx:
            # Within the transaction: another process may have restored a backup a moment ago.
            if self._origin.is_copied(await fetch(tx, "SELECT * FROM origin", ())):
                await self._mark_twins(tx)
            before = await row_of(tx, key)
            is_elsewhere = account is not None and account != _account_of(before)
            # The last door before the API: whatever a caller knows of the pilot, a part that is held is not sent.
            if before["state"] != BatchState.PLANNED or before["twin"] or before["held"] or is_elsewhere:
                return False
            columns = {"sender": sender, "sender_until": encode_time(until), "reason": "", "not_before": None}
            await transition(
                tx, before, BatchState.SUBMITTING, "batch.submitting", now,
                submitted_at=encode_time(now), sends=before["sends"] + 1, lost_at=None, **columns,
            )  # fmt: skip
            await tx.execute(
                "INSERT INTO sends (batch_key, number, sender, began, local, offset, slack, patience, seq)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, (SELECT max(seq) FROM journal))",
                (
                    key, before["sends"] + 1, sender, encode_time(start.began), encode_time(start.local), start.offset,
                    start.slack.total_seconds(), start.patience.total_seconds(),
                ),
            )  # fmt: skip
            await self._origin.take(tx)
            sends = await self._origin.count_send(tx)
        # After the commit: a number beside that is ahead of the registry's means that the registry is an old copy.
        self._origin.keep_beside(sends)
        return True

    async def still_sending(self, key: int, sender: str, until: datetime, at: datetime | None = None) -> bool:
        """Prolong the promise of a sender to be heard of. False where it is not the sender any more.

        Args:
            key: the part.
            sender: this process.
            until: when it will have been heard of again, by this machine's clock.
            at: the server's time now, None where this machine cannot tell it. A sender that was taken for dead and
                lives has not ended yet: so long its batch may still be created.
        """
        async with self._database.transaction() as tx:
            cursor = await tx.execute(
                "UPDATE batches SET sender_until = ? WHERE key = ? AND sender = ? AND state = 'submitting'",
                (encode_time(until), key, sender),
            )
            if not cursor.rowcount:
                await _put_off_end(tx, key, sender, at)
            return cursor.rowcount == 1

    async def mark(self, key: int, sender: str, at: datetime) -> bool:
        """Note that the last block is about to leave, before it does. False where the part was taken over.

        From here on only a look at the API can tell whether a batch exists; without this, none does.
        """
        async with self._database.transaction() as tx:
            # Only the sender of the latest send: one that was taken for dead must not say that its part may exist.
            cursor = await tx.execute(
                "UPDATE sends SET mark = ? WHERE batch_key = ? AND sender = ? AND mark IS NULL AND number ="
                " (SELECT sends FROM batches WHERE key = ? AND sender = ? AND state = 'submitting')",
                (encode_time(at), key, sender, key, sender),
            )
            return cursor.rowcount == 1

    async def accepted(self, key: int, remote: RemoteBatch, sender: str, ended: datetime | None = None) -> bool:
        """Note that the API answered a create with this batch: submitting → in_progress.

        A response that comes after the part was taken over still proves whose batch it is, where nobody has sent the
        part again: unknown → in_progress. A row that `sync` brought in meanwhile is merged.

        Returns:
            False where the part was sent again, or the id is another part's: nothing is changed but this send's row.
        """
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            number = await _number_of(tx, key, sender)
            if number is None:
                return False
            at = ended or self._clock.now()
            is_mine = _is_sender(before, sender)
            if await is_own_batch(tx, remote.id, apart_from=key):
                # A server that answers with one and the same id again proves nothing.
                reason = f"The API responded with {remote.id}, which belongs to another part."
                await _end_send(tx, key, number, SendEnd.UNANSWERED, at, detail=reason)
                if is_mine:
                    await transition(
                        tx, before, BatchState.UNKNOWN, "batch.unknown", at, reason=reason, sender=None,
                        lost_at=encode_time(self._clock.now()),
                    )  # fmt: skip
                return False
            await _end_send(tx, key, number, SendEnd.CREATED, at, batch_id=remote.id)
            is_open = before["state"] == BatchState.UNKNOWN and before["sends"] == number
            if before["id"] == remote.id:
                await tx.execute("UPDATE batches SET unproved = 0, twin = 0 WHERE key = ?", (key,))
                return True
            if not (is_mine or is_open):
                return False
            await bind(tx, before, remote, self._clock.now(), self._move_results, event="batch.accepted")
        return True

    async def not_created(
        self,
        key: int,
        reason: str,
        sender: str,
        *,
        ended: datetime | None = None,
        not_before: datetime | None = None,
        at_limit: bool = False,
    ) -> bool:
        """Note that a send is known to have created nothing: submitting → planned, with the reason.

        `at_limit`: no later try will help until a spend limit is raised, which somebody wants to be told. False where
        this process is not the sender any more: nothing is changed.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            if not _is_sender(before, sender):
                return False
            # Nothing exists that anybody would look for, so this machine's time does.
            await _end_send(tx, key, before["sends"], SendEnd.REFUSED, ended or now, detail=reason)
            await transition(
                tx, before, BatchState.PLANNED, "batch.refused", now, reason=reason, not_before=encode_time(not_before),
                sender=None,
            )  # fmt: skip
            if at_limit:
                await make_notice(tx, now, NoticeKind.SPEND_LIMIT, key, f"{key}.{before['sends']}")
        return True

    async def answer_lost(self, key: int, reason: str, sender: str, *, ended: datetime | None = None) -> bool:
        """Note that no response says what became of a send: submitting → unknown.

        Args:
            key: the part.
            reason: for people.
            sender: this process.
            ended: the server's time now, None where this machine cannot tell it: `end_sends` is for whoever can.

        Returns:
            False where this process is not the sender any more: nothing is changed but when its own send ended.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            if not _is_sender(before, sender):
                await _put_off_end(tx, key, sender, ended)
                return False
            await _end_send(tx, key, before["sends"], SendEnd.UNANSWERED, ended, detail=reason)
            await transition(
                tx, before, BatchState.UNKNOWN, "batch.unknown", now, reason=reason, sender=None,
                lost_at=encode_time(now),
            )  # fmt: skip
        return True

    async def sender_died(self, key: int, sender: str | None, *, ended: datetime | None = None) -> bool:
        """Take a part from a process that is no more, or was not heard of. False where that is not so now.

        Without its mark nothing can have been created, and none can be set any more: submitting → planned. With it,
        submitting → unknown.

        Args:
            key: the part.
            sender: the process.
            ended: the server's time now. Nobody knows when it died, and its mark tells nothing: a process that stood
                still (SIGSTOP, a laptop's lid) behind its mark sends its last block when it wakes, hours later.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            before = await row_of(tx, key)
            if before["state"] != BatchState.SUBMITTING or before["sender"] != sender:
                return False
            send = await fetch(
                tx,
                "SELECT mark FROM sends WHERE batch_key = ? AND number = ?",
                (key, before["sends"]),
            )
            await tx.execute(
                "UPDATE sends SET ended = ? WHERE batch_key = ? AND number = ?",
                (encode_time(ended or now), key, before["sends"]),
            )
            if send is not None and send["mark"] is None:
                await transition(
                    tx, before, BatchState.PLANNED, "batch.refused", now, sender=None,
                    reason="The program ended before it was sent completely: nothing was created.",
                )  # fmt: skip
                return True
            await transition(
                tx, before, BatchState.UNKNOWN, "batch.unknown", now, lost_at=encode_time(now), sender=None,
                reason="The program ended while it was sending.",
            )  # fmt: skip
        return True

    async def unended(self, keys: Sequence[int]) -> list[int]:
        """Return those of these parts with a send that is over, while nobody could tell when it ended."""
        found: list[int] = []
        # One query a part: there are as many as creates have lost their response, which is few.
        for key in keys:
            rows = await self._database.all(f"SELECT 1 FROM sends WHERE {_OVER_WITHOUT_END} LIMIT 1", (key,))
            found += [key for _ in rows]
        return found

    async def end_sends(self, key: int, at: datetime) -> None:
        """Note that the sends of a part of which nobody could tell when they ended had ended by now."""
        async with self._database.transaction() as tx:
            await tx.execute(f"UPDATE sends SET ended = ? WHERE {_OVER_WITHOUT_END}", (encode_time(at), key))

    async def explain(self, key: int, reason: str, *, not_before: datetime | None = None) -> None:
        """Set why a batch is in its state, and before when sending it is useless; the state stays."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "UPDATE batches SET reason = ?, not_before = ? WHERE key = ? AND (reason, not_before) IS NOT (?, ?)",
                (reason, encode_time(not_before), key, reason, encode_time(not_before)),
            )

    async def release(self, job: str) -> int:
        """Let the parts of a job go out that waited for the decision about its pilot. Returns how many.

        The first of them is due at once, so that whatever sends waiting parts goes on with the job.
        """
        now = self._clock.now()
        async with self._database.transaction() as tx:
            cursor = await tx.execute(
                "UPDATE batches SET held = 0, reason = '', not_before = CASE WHEN part = (SELECT min(part)"
                " FROM batches WHERE job_id = ? AND held = 1 AND state = 'planned') THEN ? END"
                " WHERE job_id = ? AND held = 1 AND state = 'planned'",
                (job, encode_time(now), job),
            )
            if cursor.rowcount:
                await note(tx, now, "pilot.released", job=job, parts=cursor.rowcount)
            return cursor.rowcount

    async def _mark_twins(self, tx: aiosqlite.Connection) -> int:
        # One that only fits may turn out to be somebody else's: the part is open again then, and its twin may send it.
        cursor = await tx.execute(
            "UPDATE batches SET twin = 1 WHERE twin = 0"
            " AND (state IN ('planned', 'submitting', 'unknown') OR (unproved AND body <> ''))"
        )
        await self._origin.take(tx)
        await note(tx, self._clock.now(), "registry.copied", parts=cursor.rowcount)
        return cursor.rowcount


def _is_sender(before: Row, sender: str) -> bool:
    return bool(before["state"] == BatchState.SUBMITTING and before["sender"] == sender)


def _account_of(row: Row) -> Account | None:
    return Account(row["base_url"], row["organization_id"], row["workspace_id"]) if row["base_url"] else None


async def _number_of(tx: aiosqlite.Connection, key: int, sender: str) -> int | None:
    """Return the number of the latest send of a part by this process; None where it never sent it."""
    row = await fetch(tx, "SELECT max(number) AS number FROM sends WHERE batch_key = ? AND sender = ?", (key, sender))
    return row["number"] if row else None


async def _end_send(
    tx: aiosqlite.Connection,
    key: int,
    number: int,
    outcome: SendEnd,
    ended: datetime | None,
    *,
    detail: str = "",
    batch_id: str | None = None,
) -> None:
    await tx.execute(
        "UPDATE sends SET outcome = ?, ended = ?, detail = ?, batch_id = ? WHERE batch_key = ? AND number = ?",
        (outcome, encode_time(ended), detail, batch_id, key, number),
    )


async def _put_off_end(tx: aiosqlite.Connection, key: int, sender: str, at: datetime | None) -> None:
    """Note that the send of a process that was taken for dead goes on until now, or that it has not ended: None."""
    number = await _number_of(tx, key, sender)
    await tx.execute(
        "UPDATE sends SET ended = ? WHERE batch_key = ? AND number = ? AND outcome IS NULL"
        " AND (? IS NULL OR ended < ?)",
        (encode_time(at), key, number, encode_time(at), encode_time(at)),
    )


def _to_send(row: Row) -> Send:
    return Send(
        began=decode_time(row["began"]),
        mark=decode_time(row["mark"]),
        ended=decode_time(row["ended"]),
        end=SendEnd(row["outcome"]) if row["outcome"] else None,
        batch_id=row["batch_id"],
        # Once the part was taken from it, a sender can commit no mark: it is as good as gone.
        sender=SenderLife.SILENT if row["under_way"] else SenderLife.GONE,
        heard_until=decode_time(row["sender_until"]) if row["under_way"] else None,
        patience=timedelta(seconds=row["patience"]),
        slack=timedelta(seconds=row["slack"]),
        seq=row["seq"],
    )
