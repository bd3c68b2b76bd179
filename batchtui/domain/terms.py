"""The terms of a filter: what a list of batches can be narrowed down by, one claim each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal

Comparison = Literal["", "=", "<", "<=", ">", ">="]
"""Empty: whatever is natural for the field, as `holds` for texts and `at most` for ages."""
Value = str | Decimal | timedelta


class Field(StrEnum):
    """What a term can be about, as a person writes it."""

    STATUS = "status"
    NAME = "name"
    TAG = "tag"
    MODEL = "model"
    JOB = "job"
    ID = "id"
    NOTE = "note"
    FROM = "from"
    PROFILE = "profile"
    RESULTS = "results"
    REQUESTS = "requests"
    SUCCEEDED = "succeeded"
    ERRORED = "errored"
    EXPIRED = "expired"
    CANCELED = "canceled"
    FAILED = "failed"
    PART = "part"
    ATTEMPT = "attempt"
    COST = "cost"
    AGE = "age"
    ENDED = "ended"
    TOOK = "took"


NUMBERS = frozenset({
    Field.REQUESTS, Field.SUCCEEDED, Field.ERRORED, Field.EXPIRED, Field.CANCELED, Field.FAILED, Field.PART,
    Field.ATTEMPT, Field.COST,
})  # fmt: skip
"""Fields that hold a number; their values are decimals, costs in USD."""
SPANS = frozenset({Field.AGE, Field.ENDED, Field.TOOK})
"""Fields that hold a time: since it was made, since it ended, from the one to the other."""


@dataclass(frozen=True, slots=True)
class Term:
    """One claim about a batch. A filter is the sum of its terms: all of them hold."""

    field: Field | None
    """None: a word, looked for wherever a person would look."""
    values: tuple[Value, ...]
    """One of these; for numbers and times it is one only."""
    comparison: Comparison = ""
    is_negated: bool = False
    """Whether the batches are meant for which it does not hold."""
