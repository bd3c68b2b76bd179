"""Something a person who is not looking should be told once: `Notice`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from batchtui.domain.batch import Batch


class NoticeKind(StrEnum):
    """What a notice is about."""

    ENDED = "ended"
    UNKNOWN = "unknown"
    """The answer to a submission was lost, and looking for the batch has not settled it."""
    SPEND_LIMIT = "spend_limit"
    """The API refuses further parts of a job until a spend limit is raised."""
    RESULTS_GOING = "results_going"
    """The API will soon delete results that are not saved here."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be told about one batch. Whom it is told to is decided by channels."""

    seq: int
    """The registry's own number."""
    kind: NoticeKind
    at: datetime
    """When it was noticed."""
    # The row itself and not a copy of then: a batch may have been named or deleted between the notice and its reading.
    batch: Batch
    """As it stands when the notice is read, which may be later."""
