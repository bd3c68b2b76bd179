"""Translate a `BatchQuery` to SQL: WHERE over `batches AS b`, ORDER BY over it and perhaps `jobs AS j`.

What is asked of jobs stands in a subquery, and batches are joined with their jobs only where they are sorted by
something of a job: joining a hundred thousand batches takes longer than sorting them. See `conditions`, `order_by`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from batchtui.domain.batches.query import NUMBERS, OUTCOME_FIELDS, SPANS, FilterField
from batchtui.domain.batches.states import BatchState
from batchtui.registry.database.codecs import encode_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from batchtui.domain.batches.query import BatchQuery, FilterTerm, SortKey, Value

Condition = tuple[str, list[Any]]
"""A condition and the values of its question marks."""

# Amounts are text, so that no cent is lost; to compare and sort them a float will do.
COST = "CAST(coalesce(b.cost_actual, b.cost_estimate) AS REAL)"
FAILED = "coalesce(b.failures, b.errored + b.expired + b.canceled)"
"""Requests that did not succeed: by the saved results read closely, else by the API's counts."""
UNANSWERED = "(b.errored + b.expired + b.canceled)"
"""Requests without an answer."""
UNSURE = f"(coalesce(b.failures, {UNANSWERED}) - {UNANSWERED})"
"""Answers that need a look, such as truncated ones; 0 until the results are saved and read."""
CREATED = "coalesce(b.created_at, b.planned_at)"
_OF_JOB = "b.job_id IN (SELECT j.id FROM jobs AS j WHERE {})"
_WORDS_OF_JOB = ("j.name", "j.id", "j.source", "j.models", "j.tags", "j.note")
"""Where a word without a field is looked for, beside the batch's id."""
_ANYWHERE = (
    "(SELECT j.name || ' ' || coalesce(b.id, '') || ' ' || j.id || ' ' || j.source || ' ' || j.models || ' ' || j.tags"
    " || ' ' || j.note FROM jobs AS j WHERE j.id = b.job_id)"
)
_LONGEST_LIKE = 1000
"""Characters that LIKE is given: SQLite refuses patterns of more than 50,000 (sqlite.org/limits.html, 9)."""
_TEXTS: Mapping[FilterField, str] = {
    FilterField.NAME: "j.name",
    FilterField.JOB: "j.id || ' ' || j.name",
    FilterField.ID: "coalesce(b.id, '')",
    FilterField.NOTE: "j.note",
    FilterField.FROM: "j.source",
    FilterField.PROFILE: "coalesce(j.profile, '')",
    FilterField.RESULTS: "b.results",
    FilterField.STATUS: "b.state",
}
_OF_BATCH = frozenset({FilterField.ID, FilterField.RESULTS, FilterField.STATUS})
"""Those of these fields that are the batch's own."""
_LISTS: Mapping[FilterField, str] = {FilterField.TAG: "j.tags", FilterField.MODEL: "j.models"}
_COUNTED_BY_API = frozenset({
    FilterField.SUCCEEDED, FilterField.ERRORED, FilterField.EXPIRED, FilterField.CANCELED,
})  # fmt: skip
_NUMBERS: Mapping[FilterField, str] = {
    FilterField.REQUESTS: "b.requests",
    **{
        # What is not counted yet is not known, and fulfils no claim; the API's own words have its counts until then.
        field: f"coalesce(CASE WHEN b.failures IS NOT NULL THEN coalesce(json_extract(b.outcomes, '$.{field}'), 0) END"
        f"{f', b.{field}' if field in _COUNTED_BY_API else ''}, NULL)"
        for field in OUTCOME_FIELDS
    },
    FilterField.FAILED: FAILED,
    FilterField.PART: "b.part",
    FilterField.ATTEMPT: "b.attempt",
    FilterField.COST: COST,
}
_SINCE: Mapping[FilterField, str] = {FilterField.AGE: CREATED, FilterField.ENDED: "b.ended_at"}
_EXACT = frozenset({FilterField.STATUS, FilterField.RESULTS})
"""Fields whose values are whole words of ours."""
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


def conditions(query: BatchQuery, now: datetime) -> Condition:
    """Return the WHERE clause of a query, never empty, and its values.

    Args:
        query: what is asked for.
        now: what ages are counted from.
    """
    found: list[Condition] = []
    if query.states:
        found.append((f"b.state IN ({_marks(query.states)})", list(query.states)))
    elif not query.deleted and not any(_asks_for_deleted(term) for term in query.terms):
        found.append(("b.state <> 'deleted'", []))
    if query.job is not None:
        found.append(("b.job_id = ?", [query.job]))
    tagged = _OF_JOB.format("EXISTS (SELECT 1 FROM json_each(j.tags) WHERE value = ?)")
    found += [(tagged, [tag]) for tag in query.tags]
    found += [_of_term(term, now) for term in query.terms]
    return " AND ".join(sql for sql, _ in found) or "1", [value for _, values in found for value in values]


def _asks_for_deleted(term: FilterTerm) -> bool:
    return term.field is FilterField.STATUS and not term.is_negated and BatchState.DELETED in term.values


def _of_term(term: FilterTerm, now: datetime) -> Condition:
    each = [_claim(term, value, now) for value in term.values]
    sql = " OR ".join(claim for claim, _ in each) or "1"
    values = [value for _, some in each for value in some]
    # What is not known fulfils no claim, and so it is among those for which the claim does not hold. Only then is it
    # asked for: SQLite looks up keys in a list, but not inside of a function.
    return f"NOT coalesce(({sql}), 0)" if term.is_negated else f"({sql})", values


def _claim(term: FilterTerm, value: Value, now: datetime) -> Condition:
    field = term.field
    if field in NUMBERS:
        # sqlite3 cannot bind a Decimal.
        return f"{_NUMBERS[field]} {term.comparison or '='} ?", [float(str(value))]
    if field in SPANS and isinstance(value, timedelta):
        return _span(field, term.comparison or "<=", value, now)
    if field is not None and field in _LISTS:
        return _in_list(field, str(value), exactly=term.comparison == "=")
    if field is None:
        return _anywhere(str(value), exactly=term.comparison == "=")
    exactly = term.comparison == "=" or field in _EXACT
    sql, values = (_equals if exactly else _contains)((_TEXTS[field],), str(value))
    return (sql if field in _OF_BATCH else _OF_JOB.format(sql)), values


def _anywhere(value: str, *, exactly: bool) -> Condition:
    """Return a condition on any text of a batch and its job."""
    if exactly or " " in value:  # words that follow each other may stand in two of the texts
        return (_equals if exactly else _contains)((_ANYWHERE,), value)
    of_batch, first = _contains(("o.id",), value)
    of_job, second = _contains(_WORDS_OF_JOB, value)
    # Keys that are read from indexes: looking up the job of each of 100,000 rows takes twice as long. CROSS JOIN has
    # SQLite go through the jobs.
    keys = (
        f"SELECT o.key FROM batches AS o WHERE {of_batch} UNION ALL SELECT o.key FROM jobs AS j"
        f" CROSS JOIN batches AS o ON o.job_id = j.id WHERE {of_job}"
    )
    return f"b.key IN ({keys})", [*first, *second]


def _equals(texts: Sequence[str], value: str) -> Condition:
    return " OR ".join(f"lower({text}) = lower(?)" for text in texts), [value] * len(texts)


def _contains(texts: Sequence[str], value: str) -> Condition:
    """Return a condition on one of these texts; case is ignored for ASCII letters."""
    if len(value) > _LONGEST_LIKE:
        return " OR ".join(f"instr(lower({text}), lower(?)) > 0" for text in texts), [value] * len(texts)
    # LIKE copies nothing, so it takes half as long as instr(lower(…)). `%` and `_` in a filter are ordinary characters.
    pattern = re.sub(r"([%_\\])", r"\\\1", value)
    return " OR ".join(f"{text} LIKE ? ESCAPE '\\'" for text in texts), [f"%{pattern}%"] * len(texts)


def _span(field: FilterField, comparison: str, value: timedelta, now: datetime) -> Condition:
    if field in _SINCE:  # younger than two days: made after two days ago
        return f"{_SINCE[field]} {_TURNED[comparison]} ?", [encode_time(now - value)]
    took = "(julianday(coalesce(b.ended_at, ?)) - julianday(b.created_at)) * 86400.0"
    return f"{took} {comparison} ?", [encode_time(now), value.total_seconds()]


def _in_list(field: FilterField, value: str, *, exactly: bool) -> Condition:
    """Return a condition on one element of a JSON list.

    A tag is found by its beginning, so that `prod` does not find `nonprod`; a model by any part of its name.
    """
    where = "instr(lower(value), lower(?)) > 0"
    if exactly:
        where = "lower(value) = lower(?)"
    elif field is FilterField.TAG:
        where = "instr(lower(value), lower(?)) = 1"
    # A hundred thousand jobs share a few lists, and each of those is taken apart once.
    column = _LISTS[field]
    lists = f"SELECT {column} FROM (SELECT DISTINCT {column} FROM jobs AS j) AS j"
    lists += f" WHERE EXISTS (SELECT 1 FROM json_each({column}) WHERE {where})"
    return _OF_JOB.format(f"{column} IN ({lists})"), [value]


def _marks(values: Sequence[Any] | frozenset[Any]) -> str:
    return ",".join("?" * len(values))


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
    """Whether a missing value counts as the greatest; else it comes last, in either direction."""

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
    "failed": _Sort(FAILED, True, True),
    "ok": _Sort(f"b.succeeded - {UNSURE}", True, True),
    "some": _Sort(UNSURE, True, True),
    "bad": _Sort(UNANSWERED, True, True),
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
    """Return the ORDER BY clause, and the values of its question marks.

    Args:
        sort: what to sort by. Ties fall to the newest.
        now: the end of what goes on.
        turned: the natural direction turned round.
        by_job: whether batches weigh as much as their job, where that can be added up.
    """
    if sort == "newest":
        return (_OLDEST if turned else NEWEST), ()
    sql = _SORTS[sort].order_by(turned=turned, by_job=by_job)
    return sql, [encode_time(now)] * sql.count("?")
