"""The states of a batch and of its results, and the changes between them that are allowed."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class BatchState(StrEnum):
    """Where one batch stands, as batchtui sees it. The last five can only be learnt from the API."""

    PLANNED = "planned"
    """Stored and not sent: nothing of it is at the API."""
    SUBMITTING = "submitting"
    """The intent is committed and bytes may be leaving."""
    UNKNOWN = "unknown"
    """Sent, but the answer was lost: the batch may exist or not."""
    IN_PROGRESS = "in_progress"
    CANCELING = "canceling"
    ENDED = "ended"
    """The only terminal status of the API; what happened is in the counts."""
    MISSING = "missing"
    """The API said 404 repeatedly over minutes; may come back."""
    DELETED = "deleted"
    """Deleted at the API, or dropped here; the row stays as a record."""

    @property
    def is_running(self) -> bool:
        """Whether the API is at work on it, so that it is worth asking about."""
        return self in (BatchState.IN_PROGRESS, BatchState.CANCELING)

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self in (BatchState.ENDED, BatchState.MISSING, BatchState.DELETED)

    @property
    def is_open(self) -> bool:
        """Whether it is not settled yet that the API has it, and under which id: sending goes on, or is resumed."""
        return self in (BatchState.PLANNED, BatchState.SUBMITTING, BatchState.UNKNOWN)

    @property
    def is_at_api(self) -> bool:
        """Whether it is known to have an id at the API."""
        return not self.is_open


class ResultsState(StrEnum):
    """How much of a batch's results is on this disk."""

    NONE = "none"
    PARTIAL = "partial"
    """Some bytes were fetched; the rest is still to come."""
    SAVED = "saved"
    """Whole, verified against the counts, and indexed."""
    GONE = "gone"
    """Neither here nor at the API any more."""


class Success(StrEnum):
    """How much of an ended batch succeeded: three shades for the state's glyph and colour."""

    ALL = "all"
    SOME = "some"
    """Some requests failed, or their answers are unusable."""
    FEW = "few"
    """More than half did."""


# Whatever is missing here ends in `UnlawfulChange`: a new change needs its reason in the text below.
_S = BatchState
LAWFUL: Mapping[BatchState, frozenset[BatchState]] = {
    _S.PLANNED: frozenset({_S.SUBMITTING, _S.IN_PROGRESS, _S.CANCELING, _S.ENDED, _S.DELETED}),
    _S.SUBMITTING: frozenset({_S.IN_PROGRESS, _S.CANCELING, _S.ENDED, _S.UNKNOWN, _S.PLANNED}),
    _S.UNKNOWN: frozenset({_S.IN_PROGRESS, _S.CANCELING, _S.ENDED, _S.PLANNED, _S.DELETED}),
    _S.IN_PROGRESS: frozenset({_S.CANCELING, _S.ENDED, _S.MISSING, _S.UNKNOWN, _S.DELETED}),
    _S.CANCELING: frozenset({_S.ENDED, _S.MISSING, _S.UNKNOWN, _S.DELETED}),
    _S.ENDED: frozenset({_S.MISSING, _S.DELETED, _S.UNKNOWN}),
    _S.MISSING: frozenset({_S.IN_PROGRESS, _S.CANCELING, _S.ENDED, _S.DELETED, _S.UNKNOWN}),
    _S.DELETED: frozenset({_S.IN_PROGRESS, _S.CANCELING, _S.ENDED, _S.PLANNED, _S.MISSING}),
}
"""The states that may follow each state.

From PLANNED to a state of the API only where a batch of an earlier send, or of a copy of this registry, turns up.
Back to PLANNED only where it is proved that nothing was created; to UNKNOWN from a state of the API only where an
adopted batch turns out to hold the results of somebody else's requests. From a running state to DELETED, and back from
there, only where a person forgets a batch here and the API shows it still; from DELETED to PLANNED or MISSING only
where a person undoes that.
"""


# No BatchtuiError: nothing that a person or the API does may lead to it, so it is reported as a fault of the program.
class UnlawfulChange(AssertionError):
    """A change of state that is not allowed: always a bug in this program."""


def advance(current: BatchState, target: BatchState) -> BatchState:
    """Return `target` if the change is allowed; staying in a state always is.

    Raises:
        UnlawfulChange: it is not allowed.
    """
    if target is not current and target not in LAWFUL[current]:
        raise UnlawfulChange(f"a batch cannot go from {current} to {target}")
    return target
