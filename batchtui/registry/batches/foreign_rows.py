"""Merge a row that `sync` brought in as made elsewhere into the part that turns out to be it.

A create whose response is slow, or lost, can be seen by `sync` first. Its row is then a foreign one; once a response
or its results prove whose batch it is, the two become one, and what people did with the foreign row stays: labels,
saved results, counted costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchtui.registry.batches.transitions import fetch
from batchtui.registry.database.codecs import list_text, text_list

if TYPE_CHECKING:
    from collections.abc import Callable
    from sqlite3 import Row

    import aiosqlite

_KEPT = (
    "results", "results_bytes", "results_digest", "accepted", "outcomes", "failures", "cost_actual", "cost_counted",
    "cost_at_least", "without_usage", "counts_moved",
)  # fmt: skip
"""What the part takes over: the rest of a foreign row is what the API says anyway."""


async def is_own_batch(tx: aiosqlite.Connection, batch_id: str, *, apart_from: int) -> bool:
    """Whether a part that was sent from here has this batch: no other part can have it."""
    row = await fetch(tx, "SELECT 1 FROM batches WHERE id = ? AND key <> ? AND body <> ''", (batch_id, apart_from))
    return row is not None


async def merge_foreign(
    tx: aiosqlite.Connection, part: Row, batch_id: str, move_results: Callable[[int, int, str], None]
) -> dict[str, Any]:
    """Take the foreign row of this batch out of the registry and give what it holds to the part.

    Returns:
        Columns for the part's row; empty where there is no foreign row.
    """
    foreign = await fetch(tx, "SELECT * FROM batches WHERE id = ? AND key <> ? AND body = ''", (batch_id, part["key"]))
    if foreign is None:
        return {}
    old, new = foreign["key"], part["key"]
    await _merge_labels(tx, foreign["job_id"], part["job_id"], batch_id)
    await tx.execute("DELETE FROM spending WHERE batch_key = ?", (new,))
    for table in ("spending", "notices", "journal"):
        # A notice of the same kind may have been made for the part already.
        await tx.execute(f"UPDATE OR IGNORE {table} SET batch_key = ? WHERE batch_key = ?", (new, old))
    await tx.execute("DELETE FROM notices_told WHERE notice IN (SELECT seq FROM notices WHERE batch_key = ?)", (old,))
    for table in ("notices", "spending", "expected", "sends", "refuted"):
        await tx.execute(f"DELETE FROM {table} WHERE batch_key = ?", (old,))
    await tx.execute("UPDATE journal SET job_id = ? WHERE job_id = ?", (part["job_id"], foreign["job_id"]))
    await tx.execute("DELETE FROM batches WHERE key = ?", (old,))
    await tx.execute(
        "DELETE FROM jobs WHERE id = ? AND NOT EXISTS (SELECT 1 FROM batches WHERE job_id = ?)",
        (foreign["job_id"], foreign["job_id"]),
    )
    move_results(old, new, batch_id)
    return {name: foreign[name] for name in _KEPT}


async def _merge_labels(tx: aiosqlite.Connection, foreign: str, own: str, batch_id: str) -> None:
    """Add the tags and the note of a foreign job to those of a job; a name that a person gave goes into the note."""
    theirs = await fetch(tx, "SELECT * FROM jobs WHERE id = ?", (foreign,))
    ours = await fetch(tx, "SELECT * FROM jobs WHERE id = ?", (own,))
    if theirs is None or ours is None:
        return
    tags = dict.fromkeys((*text_list(ours["tags"]), *text_list(theirs["tags"])))
    # `sync` names a job after the id of its batch.
    renamed = "" if theirs["name"] == batch_id else theirs["name"]
    notes = dict.fromkeys(words for words in (ours["note"], theirs["note"], renamed) if words)
    await tx.execute("UPDATE jobs SET tags = ?, note = ? WHERE id = ?", (list_text(tags), "\n".join(notes), own))
