"""A notice: something that a person who is not looking wants to be told, once."""

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
    """The API takes no more of a job until its spend limit is raised."""
    RESULTS_GOING = "results_going"
    """The API will soon let go of results that are not saved here."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to be told of one batch. It never says to whom: that is the business of channels."""

    seq: int
    """The registry's own number."""
    kind: NoticeKind
    at: datetime
    """When it was noticed."""
    batch: Batch
    """As it stands when the notice is read, which may be later."""
