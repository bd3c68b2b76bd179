"""Which batches a query names, as conditions in SQL over `batches AS b` and `jobs AS j`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from batchtui.domain.states import BatchState
from batchtui.domain.terms import NUMBERS, SPANS, Field
from batchtui.registry.codecs import time_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from batchtui.domain.query import BatchQuery
    from batchtui.domain.terms import Term, Value

Condition = tuple[str, list[Any]]
"""A condition and the values of its question marks."""

COST = "CAST(coalesce(b.cost_actual, b.cost_estimate) AS REAL)"
CREATED = "coalesce(b.created_at, b.planned_at)"
_ANYWHERE = (
    "j.name || ' ' || coalesce(b.id, '') || ' ' || j.id || ' ' || j.source || ' ' || j.models || ' ' || j.tags"
    " || ' ' || j.note"
)
_TEXTS: Mapping[Field, str] = {
    Field.NAME: "j.name",
    Field.JOB: "j.id || ' ' || j.name",
    Field.ID: "coalesce(b.id, '')",
    Field.NOTE: "j.note",
    Field.FROM: "j.source",
    Field.PROFILE: "coalesce(j.profile, '')",
    Field.RESULTS: "b.results",
    Field.STATUS: "b.state",
}
_LISTS: Mapping[Field, str] = {Field.TAG: "j.tags", Field.MODEL: "j.models"}
_NUMBERS: Mapping[Field, str] = {
    Field.REQUESTS: "b.requests",
    Field.SUCCEEDED: "b.succeeded",
    Field.ERRORED: "b.errored",
    Field.EXPIRED: "b.expired",
    Field.CANCELED: "b.canceled",
    Field.FAILED: "(b.errored + b.expired + b.canceled)",
    Field.PART: "b.part",
    Field.ATTEMPT: "b.attempt",
    Field.COST: COST,
}
_SINCE: Mapping[Field, str] = {Field.AGE: CREATED, Field.ENDED: "b.ended_at"}
_EXACT = frozenset({Field.STATUS, Field.RESULTS})
"""Fields whose values are whole words of ours."""
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


def conditions(query: BatchQuery, now: datetime) -> Condition:
    """Return what a batch must fulfil; always something that can stand behind WHERE.

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
    found += [("EXISTS (SELECT 1 FROM json_each(j.tags) WHERE value = ?)", [tag]) for tag in query.tags]
    found += [_of_term(term, now) for term in query.terms]
    return " AND ".join(sql for sql, _ in found) or "1", [value for _, values in found for value in values]


def _asks_for_deleted(term: Term) -> bool:
    return term.field is Field.STATUS and not term.is_negated and BatchState.DELETED in term.values


def _of_term(term: Term, now: datetime) -> Condition:
    each = [_claim(term, value, now) for value in term.values]
    sql = " OR ".join(claim for claim, _ in each) or "1"
    values = [value for _, some in each for value in some]
    # What is not known fulfils no claim, and so it is among those for which the claim does not hold.
    return f"{'NOT ' if term.is_negated else ''}coalesce(({sql}), 0)", values


def _claim(term: Term, value: Value, now: datetime) -> Condition:
    field = term.field
    if field in NUMBERS:
        return f"{_NUMBERS[field]} {term.comparison or '='} ?", [float(str(value))]
    if field in SPANS and isinstance(value, timedelta):
        return _span(field, term.comparison or "<=", value, now)
    if field is not None and field in _LISTS:
        return _in_list(field, str(value), exactly=term.comparison == "=")
    text = _TEXTS[field] if field is not None else _ANYWHERE
    if term.comparison == "=" or field in _EXACT:
        return f"lower({text}) = lower(?)", [value]
    return f"instr(lower({text}), lower(?)) > 0", [value]


def _span(field: Field, comparison: str, value: timedelta, now: datetime) -> Condition:
    if field in _SINCE:  # younger than two days: made after two days ago
        return f"{_SINCE[field]} {_TURNED[comparison]} ?", [time_text(now - value)]
    took = "(julianday(coalesce(b.ended_at, ?)) - julianday(b.created_at)) * 86400.0"
    return f"{took} {comparison} ?", [time_text(now), value.total_seconds()]


def _in_list(field: Field, value: str, *, exactly: bool) -> Condition:
    """A tag is found by its beginning, so that `prod` does not find `nonprod`; a model by any part of its name."""
    where = "instr(lower(value), lower(?)) > 0"
    if exactly:
        where = "lower(value) = lower(?)"
    elif field is Field.TAG:
        where = "instr(lower(value), lower(?)) = 1"
    return f"EXISTS (SELECT 1 FROM json_each({_LISTS[field]}) WHERE {where})", [value]


def _marks(values: Sequence[Any] | frozenset[Any]) -> str:
    return ",".join("?" * len(values))
