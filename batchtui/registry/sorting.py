"""The orders in which batches can be listed, as SQL over `batches AS b` and `jobs AS j`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.registry.codecs import time_text
from batchtui.registry.query_sql import COST, CREATED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from batchtui.domain.query import SortKey

NEWEST = "b.planned_at DESC, b.key - b.part DESC, b.part"
"""Newest first, the parts of one attempt in order: their keys follow each other, so key minus part is one number."""
_OLDEST = "b.planned_at, b.key"
_ATTENTION = (
    "CASE b.state WHEN 'unknown' THEN 0 WHEN 'submitting' THEN 1 WHEN 'in_progress' THEN 2 WHEN 'canceling' THEN 2"
    " WHEN 'planned' THEN 3 WHEN 'missing' THEN 4 ELSE 5 END"
)
_SETTLED = "(b.succeeded + b.errored + b.canceled + b.expired)"
_LASTED = "julianday(coalesce(b.ended_at, ?)) - julianday(coalesce(b.created_at, b.submitted_at))"


@dataclass(frozen=True, slots=True)
class _Sort:
    """What is compared, and how one expects to see it at first."""

    by: str
    falls: bool = False
    """Whether the greatest comes first."""
    adds_up: bool = False
    """Whether a job is as much as its batches together."""
    ties: str = NEWEST
    none_first: bool = False
    """Whether what has none is greater than everything; else it comes last, whichever way round."""

    def order_by(self, *, turned: bool, by_job: bool) -> str:
        """Write it behind ORDER BY."""
        falls = self.falls is not turned
        by = f"sum({self.by}) OVER (PARTITION BY b.job_id)" if self.adds_up and by_job else self.by
        first = falls if self.none_first else False
        return f"{by} {'DESC' if falls else 'ASC'} NULLS {'FIRST' if first else 'LAST'}, {self.ties}"


def _text(column: str, ties: str = NEWEST) -> _Sort:
    return _Sort(f"nullif({column}, '') COLLATE NOCASE", ties=ties)


_SORTS: Mapping[SortKey, _Sort] = {
    "attention": _Sort(_ATTENTION),
    "state": _Sort("b.state"),
    "name": _text("j.name", "b.attempt, b.part"),
    "requests": _Sort("b.requests", True, True),
    "progress": _Sort(f"CAST({_SETTLED} AS REAL) / nullif(b.processing + {_SETTLED}, 0)", True),
    "took": _Sort(_LASTED, True),
    "ended": _Sort("b.ended_at", True, none_first=True),
    "cost": _Sort(COST, True, True),
    "model": _text("nullif(j.models, '[]')"),
    "tags": _text("nullif(j.tags, '[]')"),
    "id": _text("b.id"),
    "failed": _Sort("b.errored + b.expired + b.canceled", True, True),
    "attempt": _Sort("b.attempt", True),
    "created": _Sort(CREATED, True),
    "expires": _Sort("CASE WHEN b.ended_at IS NULL THEN b.expires_at END"),
    "results": _Sort("b.results_bytes", True, True),
    "note": _text("j.note"),
    "source": _text("j.source"),
    "job": _text("b.job_id"),
    "profile": _text("j.profile"),
}


def order_by(
    sort: SortKey, now: datetime, *, turned: bool = False, by_job: bool = False
) -> tuple[str, Sequence[str | None]]:
    """Return what stands behind ORDER BY, and the values of its question marks.

    Args:
        sort: what to sort by. Ties fall to the newest.
        now: the end of what goes on.
        turned: the natural direction turned round.
        by_job: whether batches weigh as much as their job, where that can be added up.
    """
    if sort == "newest":
        return (_OLDEST if turned else NEWEST), ()
    sql = _SORTS[sort].order_by(turned=turned, by_job=by_job)
    return sql, [time_text(now)] * sql.count("?")
