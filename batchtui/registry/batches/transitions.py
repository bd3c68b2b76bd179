"""Change the state of a batch: check that it is allowed, update the row, write the journal entry and the notice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batchtui.domain.batches.states import BatchState, ResultsState, advance
from batchtui.domain.errors import UnknownTarget
from batchtui.domain.notice import NoticeKind
from batchtui.registry.database.codecs import encode_time
from batchtui.registry.journal import note
from batchtui.registry.notices import make as make_notice

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from sqlite3 import Row

    import aiosqlite

    from batchtui.domain.batches.batch import RemoteBatch


async def transition(
    tx: aiosqlite.Connection, before: Row, target: BatchState, event: str, now: datetime, **columns: Any
) -> None:
    """Change the state of a batch and other columns of its row; write the journal entry and the notice.

    Args:
        tx: the transaction that all of it belongs to.
        before: the row as it is.
        target: the state it takes.
        event: of the journal entry; empty for none.
        now: when it happened.
        columns: what else changes in the row.

    Raises:
        UnlawfulChange: the state may not follow the present one.
    """
    advance(BatchState(before["state"]), target)
    changes = {"state": target, **columns}
    await tx.execute(
        f"UPDATE batches SET {', '.join(f'{name} = ?' for name in changes)} WHERE key = ?",
        (*changes.values(), before["key"]),
    )
    if event:
        reason = {"reason": columns["reason"]} if columns.get("reason") else {}
        batch_id = columns.get("id") or before["id"]
        await note(tx, now, event, job=before["job_id"], key=before["key"], batch_id=batch_id, **reason)
    if target is BatchState.ENDED and before["state"] != target:
        # A part that reuses answers has no id of its own.
        named = columns.get("id") or before["id"] or str(before["key"])
        await make_notice(tx, now, NoticeKind.ENDED, before["key"], named)
    elif target is BatchState.UNKNOWN and before["state"] != target:
        # With the number of sends: a second lost answer for the same part is news again.
        await make_notice(tx, now, NoticeKind.UNKNOWN, before["key"], f"{before['key']}.{before['sends']}")


async def apply_remote(tx: aiosqlite.Connection, before: Row, remote: RemoteBatch, now: datetime) -> bool:
    """Write what the API said about a batch to its row, state included. Returns whether anything differed.

    That it was heard of is for the caller to note: see `note_heard`.
    """
    was = BatchState(before["state"])
    # `ended` is final: an answer that was overtaken on the way must not take a batch back to running.
    target = was if was is BatchState.ENDED else _forward(was, remote.state)
    columns = remote_columns(remote, before)
    if target is not BatchState.MISSING:
        columns["processing_status"] = target
    if was is BatchState.ENDED and remote.state is not BatchState.ENDED:
        columns = {"results": columns["results"]}
    differing = {name: value for name, value in columns.items() if before[name] != value}
    if not differing and target is was:
        return False
    event = f"batch.{target}" if target is not was else ""
    await transition(tx, before, target, event, now, **differing, **({"reason": ""} if event else {}))
    return True


def remote_columns(remote: RemoteBatch, before: Row | None = None) -> dict[str, Any]:
    """Return the columns of a row that follow from what the API says; `before` is the row, where there is one."""
    counts = remote.counts
    # The API says that counts are zero until the batch has ended (SDK 2.11, MessageBatchRequestCounts); a server that
    # moves them earlier can be shown as progress.
    have_moved = 0 < counts.settled < counts.total and remote.state is not BatchState.ENDED
    results = ResultsState(before["results"]) if before else ResultsState.NONE
    # The API sets archived_at when results become unavailable (SDK 2.11, MessageBatch).
    is_gone = remote.archived_at is not None and results in (ResultsState.NONE, ResultsState.PARTIAL)
    return {
        "processing_status": remote.processing_status,
        "processing": counts.processing,
        "succeeded": counts.succeeded,
        "errored": counts.errored,
        "canceled": counts.canceled,
        "expired": counts.expired,
        "created_at": encode_time(remote.created_at),
        "ended_at": encode_time(remote.ended_at),
        "expires_at": encode_time(remote.expires_at),
        "cancel_initiated_at": encode_time(remote.cancel_initiated_at),
        "archived_at": encode_time(remote.archived_at),
        "counts_moved": 1 if have_moved else before["counts_moved"] if before else 0,
        "results": ResultsState.GONE if is_gone else results,
    }


async def note_heard(tx: aiosqlite.Connection, keys: Sequence[int], now: datetime) -> None:
    """Note that the API has said something about these batches just now.

    It is no part of what differs: a refresh that changes nothing must not give a row a new revision.
    """
    await tx.execute(
        "UPDATE batches SET refreshed_at = ?, missed_at = NULL WHERE key IN (SELECT value FROM json_each(?))",
        (encode_time(now), json.dumps(keys)),
    )


async def fetch(tx: aiosqlite.Connection, sql: str, values: tuple[Any, ...]) -> Row | None:
    """Read one row within a transaction."""
    async with tx.execute(sql, values) as cursor:
        return await cursor.fetchone()


async def row_of(tx: aiosqlite.Connection, key: int) -> Row:
    """Read the row of a batch. Raises `UnknownTarget`."""
    row = await fetch(tx, "SELECT * FROM batches WHERE key = ?", (key,))
    if row is None:
        raise UnknownTarget(f"The registry has no batch with the number {key}.")
    return row


def _forward(was: BatchState, heard: BatchState) -> BatchState:
    """Return the state after the API said `heard`.

    Answers can overtake each other on the way: `canceling` never goes back to running.
    """
    if was is BatchState.CANCELING and heard is BatchState.IN_PROGRESS:
        return was
    return heard
