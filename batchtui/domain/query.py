"""What a list of batches may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from batchtui.domain.states import BatchState

SortKey = Literal["attention", "newest", "name", "state", "requests", "ended", "cost"]


@dataclass(frozen=True, slots=True)
class BatchQuery:
    """Which batches, in which order. The default is all that were not deleted, newest first."""

    states: frozenset[BatchState] = frozenset()
    """Only these; empty for all."""
    tags: tuple[str, ...] = ()
    """Only those that carry all of these."""
    job: str | None = None
    text: str = ""
    """Only those with this in their name, id, job, source or models; case does not matter."""
    deleted: bool = False
    """Whether deleted ones are shown too; asking for the state `deleted` shows them anyway."""
    sort: SortKey = "newest"
    descending: bool = False
    """Turns the natural direction of the sort key round."""
    limit: int | None = None
