"""Give a part the batch at the API that is its own (`bind`), or take away one that is not (`NOT_BOUND`).

A sender binds the batch that the API's response names; reconciling binds the one that it found for a lost response.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.batches.states import ResultsState
from batchtui.registry.batches.foreign_rows import merge_foreign
from batchtui.registry.batches.transitions import apply_remote, fetch, note_heard, row_of, transition

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from sqlite3 import Row

    import aiosqlite

    from batchtui.domain.batches.batch import RemoteBatch
    from batchtui.domain.submission.send_evidence import Account

    MoveResults = Callable[[int, int, str], None]
    """Gives the result files of one row to another: the two keys, and the batch's id."""

NOT_BOUND = {
    "id": None, "adopted": 0, "unproved": 0, "processing_status": None, "processing": 0, "succeeded": 0, "errored": 0,
    "canceled": 0, "expired": 0, "created_at": None, "ended_at": None, "expires_at": None, "cancel_initiated_at": None,
    "archived_at": None, "results": ResultsState.NONE, "results_bytes": 0,
}  # fmt: skip
"""The columns of a part that has no batch at the API."""


async def bind(
    tx: aiosqlite.Connection,
    before: Row,
    remote: RemoteBatch,
    now: datetime,
    move_results: MoveResults,
    *,
    event: str,
    adopted: bool = False,
    unproved: int = 0,
) -> None:
    """Give a part the batch at the API that is its own, inside a transaction.

    Args:
        tx: the transaction.
        before: the part's row as it is.
        remote: the batch, as the API describes it.
        now: the time of this machine's clock.
        move_results: moves the result files where a row that `sync` brought in is merged with the part's.
        event: the journal's word for how the batch was found.
        adopted: whether it was found by a look at the API, and not in the response to the send.
        unproved: how far it is known to be the part's: 0 where that is proved, else `FITS` or `CHOSEN`.
    """
    kept = await merge_foreign(tx, before, remote.id, move_results)
    account = _account_columns(remote.account)
    seen = await fetch(tx, "SELECT coalesce(max(seq), 0) AS seq FROM journal", ())
    columns = {
        "unproved": unproved,
        # A proof settles what the copy of this registry may have sent: it is this batch.
        "twin": before["twin"] if unproved else 0,
        "seen_seq": seen["seq"] if seen else 0,
        **account,
        **kept,
    }
    await transition(
        tx, before, remote.state, event, now, id=remote.id, adopted=int(adopted), reason="", not_before=None,
        sender=None, **columns,
    )  # fmt: skip
    await apply_remote(tx, await row_of(tx, before["key"]), remote, now)
    await note_heard(tx, [before["key"]], now)


def _account_columns(account: Account | None) -> dict[str, str | None]:
    if account is None:
        return {}
    return {
        "base_url": account.base_url,
        "organization_id": account.organization,
        "workspace_id": account.workspace,
    }
