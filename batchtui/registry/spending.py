"""Store what batches used and cost, by model, once per batch: `SpendingTable`."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING

from batchtui.domain.batches.batch import RequestCounts
from batchtui.domain.costs.cost import NOTHING, Cost, total
from batchtui.domain.costs.spending import PendingSpend, Spending, SpentRow
from batchtui.domain.results.usage import Usage
from batchtui.registry.database.codecs import decode_time, encode_time, list_text, money_text, text_list, text_money

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from sqlite3 import Row

    from batchtui.registry.database.connection import Database

_TOKENS = "input, write_5m, write_1h, read, output, thinking, searches"
_SPENT = f"""SELECT s.batch_key, b.id, b.job_id, j.name, coalesce(b.created_at, b.planned_at) AS at, j.tags, j.models,
 b.cost_estimate, s.model,
 s.geography, s.results, s.cost, s.standard, s.uncached, s.categories, s.unmetered,
 {_TOKENS}
FROM spending AS s JOIN batches AS b ON b.key = s.batch_key JOIN jobs AS j ON j.id = b.job_id"""


_ON_ITS_WAY = ("planned", "submitting", "unknown", "in_progress", "canceling")


class SpendingTable:
    """Stores what batches cost. It knows no prices: costs are worked out in services.spending."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, key: int, spendings: Sequence[Spending]) -> None:
        """Write what a batch used and cost, and replace what was written before; its cost is the sum, if all is known.

        A batch without any answer cost 0, which is known, and not unknown.
        """
        without_usage = sum(spending.unmetered for spending in spendings)
        known = sum((spending.cost for spending in spendings if spending.cost is not None), NOTHING)
        actual = total([spending.cost for spending in spendings]) if spendings else NOTHING
        if without_usage:
            actual = None
        async with self._database.transaction() as tx:
            # Counted again, as after accepted or repaired results: the new rows replace the old ones, or the sum would
            # double.
            await tx.execute("DELETE FROM spending WHERE batch_key = ?", (key,))
            await tx.executemany(
                f"INSERT INTO spending (batch_key, model, geography, results, cost, standard, uncached,"
                f" categories, unmetered, {_TOKENS}) VALUES ({', '.join('?' * 16)})",
                [_values(key, spending) for spending in spendings],
            )
            await tx.execute(
                "UPDATE batches SET cost_actual = ?, cost_at_least = ?, without_usage = ?, cost_counted = 1"
                " WHERE key = ?",
                (money_text(actual), money_text(known) if actual is None and known else None, without_usage, key),
            )

    async def uncounted(self) -> list[int]:
        """Return the batches whose results are here and whose cost was not worked out yet."""
        rows = await self._database.all("SELECT key FROM batches WHERE results = 'saved' AND cost_counted = 0")
        return [row["key"] for row in rows]

    async def spent(self, *, since: datetime | None = None, batches: Sequence[int] | None = None) -> list[SpentRow]:
        """Return what was spent in batches created since then, or in these, oldest first."""
        where: str = "1"
        values: list[object] = []
        if since is not None:
            where, values = "at >= ?", [encode_time(since)]
        rows = await self._database.all(f"{_SPENT} WHERE {where} ORDER BY at, s.batch_key, s.model", values)
        wanted = None if batches is None else set(batches)
        return [_spent(row) for row in rows if wanted is None or row["batch_key"] in wanted]

    async def committed(
        self, since: datetime | None, *, profile: str | None = None, with_foreign: bool = False
    ) -> tuple[Decimal, int]:
        """Return USD spent or on its way in batches planned since then, of one profile or of all.

        Each counts with what it cost, else with what it may cost at most. The second figure says of how many batches
        nothing is known, so that they are not in the sum.
        """
        # A deleted batch whose cost is known was paid for, and still counts.
        where, values = ["b.state NOT IN ('deleted', 'missing') OR b.cost_actual IS NOT NULL"], []
        if since is not None:
            where.append("b.planned_at >= ?")
            values.append(encode_time(since))
        if not with_foreign:
            # What was made elsewhere is somebody else's money, or was limited there.
            where.append("b.body <> ''")
        if profile is not None:
            where.append("j.profile = ?")
            values.append(profile)
        rows = await self._database.all(
            # The most it may cost and not the likely sum: a limit that is checked against a guess can be exceeded.
            "SELECT coalesce(b.cost_actual, b.cost_at_most, b.cost_estimate) AS cost FROM batches AS b JOIN jobs AS j"
            f" ON j.id = b.job_id WHERE {' AND '.join(f'({each})' for each in where)}",
            values,
        )
        known = [cost for row in rows if (cost := text_money(row["cost"])) is not None]
        return sum(known, NOTHING), len(rows) - len(known)

    async def pending(self, *, since: datetime | None = None, batches: Sequence[int] | None = None) -> PendingSpend:
        """Return what batches created since then, or these, were thought to cost; and what is on its way."""
        rows = await self._database.all(
            "SELECT key, state, results, cost_counted, cost_estimate, cost_at_most,"
            " processing, succeeded, errored, canceled, expired FROM batches"
            " WHERE ? IS NULL OR coalesce(created_at, planned_at) >= ?",
            (encode_time(since), encode_time(since)),
        )
        wanted = None if batches is None else set(batches)
        chosen = [row for row in rows if wanted is None or row["key"] in wanted]
        counted = [row for row in chosen if row["cost_counted"]]
        running = [text_money(row["cost_at_most"]) for row in chosen if row["state"] in _ON_ITS_WAY]
        uncounted = sum(row["state"] == "ended" and not row["cost_counted"] for row in chosen)
        expected = total([text_money(row["cost_estimate"]) for row in counted])
        counts = RequestCounts(*(sum(row[field.name] for row in counted) for field in fields(RequestCounts)))
        return PendingSpend(expected, total(running) if running else NOTHING, uncounted, counts)


def _values(key: int, spending: Spending) -> tuple[object, ...]:
    usage = spending.usage
    return (
        key, spending.model, spending.geography, spending.results, money_text(spending.cost),
        money_text(spending.standard), money_text(spending.uncached), _cost_text(spending.categories),
        spending.unmetered,
        usage.input_tokens, usage.cache_write_5m_tokens, usage.cache_write_1h_tokens, usage.cache_read_tokens,
        usage.output_tokens, usage.thinking_tokens, usage.web_searches,
    )  # fmt: skip


def _spent(row: Row) -> SpentRow:
    usage = Usage(*(row[name] for name in _TOKENS.split(", ")))
    return SpentRow(
        batch=row["batch_key"],
        batch_id=row["id"] or "",
        job=row["job_id"],
        name=row["name"],
        created_at=decode_time(row["at"]),
        tags=text_list(row["tags"]),
        expected=text_money(row["cost_estimate"]),
        spending=Spending(
            row["model"], row["geography"], row["results"], usage, text_money(row["cost"]),
            text_money(row["standard"]), text_money(row["uncached"]), _text_cost(row["categories"]), row["unmetered"],
        ),
        has_one_model=len(text_list(row["models"])) == 1,
    )  # fmt: skip


def _cost_text(cost: Cost | None) -> str | None:
    return None if cost is None else list_text(f"{getattr(cost, field.name):f}" for field in fields(cost))


def _text_cost(text: str | None) -> Cost | None:
    return None if text is None else Cost(*map(Decimal, text_list(text)))
