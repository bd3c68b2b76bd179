"""Which batches are listed and in which order, and the terms a filter is made of: `BatchQuery`, `FilterTerm`.

`text.filter_language` makes terms of what a person types; `registry.query_sql` makes SQL of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from batchtui.domain.batches.states import BatchState

Comparison = Literal["", "=", "<", "<=", ">", ">="]
"""Empty means the usual one for the field: contains for texts, at most for ages."""
Value = str | Decimal | timedelta


class FilterField(StrEnum):
    """What a term can be about, as a person writes it."""

    STATUS = "status"
    """The state: planned, sending, unknown, in_progress, canceling, ended, missing or deleted."""
    NAME = "name"
    """The name of the job."""
    TAG = "tag"
    """A tag of the job, or its beginning."""
    MODEL = "model"
    """A model of its requests."""
    JOB = "job"
    """The id or name of the job."""
    ID = "id"
    """The batch id."""
    NOTE = "note"
    """The note of the job."""
    FROM = "from"
    """The file it was submitted from."""
    PROFILE = "profile"
    """The profile of credentials."""
    RESULTS = "results"
    """What is saved: none, partial, saved, gone."""
    REQUESTS = "requests"
    """Number of requests."""
    SUCCEEDED = "succeeded"
    """Requests that succeeded."""
    ERRORED = "errored"
    """Requests with an error."""
    EXPIRED = "expired"
    """Requests not processed within 24 hours."""
    CANCELED = "canceled"
    """Requests canceled before they were processed."""
    TRUNCATED = "truncated"
    """Truncated answers."""
    REFUSED = "refused"
    """Refused answers."""
    PAUSED = "paused"
    """Paused answers."""
    TOOL_USE = "tool_use"
    """Answers that end with a tool call."""
    EMPTY = "empty"
    """Empty answers."""
    INVALID = "invalid"
    """Answers that are not the JSON that was requested."""
    UNRECOGNIZED = "unrecognized"
    """Results of an unknown type."""
    FAILED = "failed"
    """All requests that did not succeed."""
    PART = "part"
    """Number of the part in its job."""
    ATTEMPT = "attempt"
    """Number of the attempt."""
    COST = "cost"
    """Cost in USD, or its estimate."""
    AGE = "age"
    """Time since it was created."""
    ENDED = "ended"
    """Time since it ended."""
    TOOK = "took"
    """Time from its creation to its end, or until now."""


OUTCOME_FIELDS = frozenset({
    FilterField.SUCCEEDED, FilterField.ERRORED, FilterField.EXPIRED, FilterField.CANCELED, FilterField.TRUNCATED,
    FilterField.REFUSED, FilterField.PAUSED, FilterField.TOOL_USE, FilterField.EMPTY, FilterField.INVALID,
    FilterField.UNRECOGNIZED,
})  # fmt: skip
"""Fields that count results with one outcome, named as the outcome is."""
NUMBERS = OUTCOME_FIELDS | {
    FilterField.REQUESTS, FilterField.FAILED, FilterField.PART, FilterField.ATTEMPT, FilterField.COST,
}  # fmt: skip
"""Fields that hold a number; their values are decimals, costs in USD."""
SPANS = frozenset({FilterField.AGE, FilterField.ENDED, FilterField.TOOK})
"""Fields that hold a time: since it was made, since it ended, from the one to the other."""


@dataclass(frozen=True, slots=True)
class FilterTerm:
    """One claim about a batch. A filter is the sum of its terms: all of them hold."""

    field: FilterField | None
    """None: a word, searched for in all texts."""
    values: tuple[Value, ...]
    """One of these; for numbers and times it is one only."""
    comparison: Comparison = ""
    # For a whole term: `!status:ended,expired` excludes both, which negated values could not say.
    is_negated: bool = False
    """Whether the batches are meant for which it does not hold."""


SortKey = Literal[
    "attention", "newest", "state", "name", "requests", "progress", "took", "ended", "cost", "model", "tags", "id",
    "failed", "ok", "some", "bad", "attempt", "created", "expires", "results", "note", "source", "job", "profile",
]  # fmt: skip
"""What batches can be put in order by: what needs somebody first, the newest first, or by what a column shows."""
SORT_KEYS: tuple[SortKey, ...] = get_args(SortKey)


@dataclass(frozen=True, slots=True)
class BatchQuery:
    """Which batches, in which order. The default is all that were not deleted, newest first."""

    states: frozenset[BatchState] = frozenset()
    """Only these; empty for all."""
    tags: tuple[str, ...] = ()
    """Only those that carry all of these."""
    job: str | None = None
    terms: tuple[FilterTerm, ...] = ()
    """Only those for which all of these hold."""
    deleted: bool = False
    """Whether deleted ones are shown too; asking for the state `deleted` shows them anyway."""
    # A word rather than SQL: only the registry knows its columns, and the dashboard remembers this word between runs.
    sort: SortKey = "newest"
    descending: bool = False
    """Turns the natural direction of the sort key round."""
    limit: int | None = None
