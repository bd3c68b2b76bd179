"""What a list of batches may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from batchtui.domain.states import BatchState
    from batchtui.domain.terms import Term

SortKey = Literal[
    "attention", "newest", "state", "name", "requests", "progress", "took", "ended", "cost", "model", "tags", "id",
    "failed", "attempt", "created", "expires", "results", "note", "source", "job", "profile",
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
    terms: tuple[Term, ...] = ()
    """Only those for which all of these hold."""
    deleted: bool = False
    """Whether deleted ones are shown too; asking for the state `deleted` shows them anyway."""
    sort: SortKey = "newest"
    descending: bool = False
    """Turns the natural direction of the sort key round."""
    limit: int | None = None
