"""Store what was expected of a batch when it was planned, and read what came of it: `EstimateHistoryTable`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.costs.estimate_history import EstimateHistory, PastBatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aiosqlite

    from batchtui.domain.costs.estimate_history import Expectation
    from batchtui.registry.database.connection import Database

LATEST = 2_000
"""Batches, each counted once for every model in it, that are looked at, the newest first."""
# A dated model answers for an undated name in the request: LIKE's `_` stands for each digit of the date.
_PRECEDENTS = """SELECT e.model, e.template, j.name, e.requests, e.max_tokens, e.input_tokens,
 sum(s.results) AS answered, sum(s.output) AS written, sum(s.input + s.write_5m + s.write_1h + s.read) AS put_in
FROM expected AS e JOIN batches AS b ON b.key = e.batch_key JOIN jobs AS j ON j.id = b.job_id
 JOIN spending AS s ON s.batch_key = e.batch_key AND (s.model = e.model OR s.model LIKE e.model || '-20______')
WHERE e.max_tokens > 0
GROUP BY e.batch_key, e.model HAVING written > 0 ORDER BY e.batch_key DESC LIMIT ?"""


class EstimateHistoryTable:
    """Reads what was expected and what came of it. What it means for a new batch is not its business."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def history(self, name: str | None = None) -> EstimateHistory:
        """Read what was done before, as it looks to a job of this name."""
        rows = await self._database.all(_PRECEDENTS, (LATEST,))
        return EstimateHistory([_precedent(*row) for row in rows], name)


async def insert_expectations(tx: aiosqlite.Connection, keys: dict[int, int], found: Sequence[Expectation]) -> None:
    """Write within a transaction what is expected of parts; `keys` are those of their batches, by number."""
    await tx.executemany(
        "INSERT INTO expected (batch_key, model, template, requests, max_tokens, input_tokens)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (keys[each.part], each.model, each.template, each.requests, each.max_tokens, each.input_tokens)
            for each in found
            if each.part in keys
        ],
    )


def _precedent(
    model: str, template: str, name: str, requests: int, max_tokens: int, expected_input: int | None, answered: int,
    written: int, put_in: int,
) -> PastBatch:  # fmt: skip
    """Return one past batch, with what was expected scaled down to the requests that were answered."""
    # Only what was answered has tokens: of a batch that half expired, half the expectation is compared.
    share = min(answered, requests) / requests
    allowed = max(written, round(max_tokens * share))
    expected = max(1, round(expected_input * share)) if expected_input else None
    return PastBatch(model, template, name, allowed, written, expected, put_in)
