"""Something a person who is not looking should be told once: `Notice`, and which share of a limit one is about."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from batchtui.domain.batches.batch import Batch

LEFT_AFTER = timedelta(minutes=15)
"""How long a job may stand between its plan, or one of its parts, and the next before it is called left unsent: the
checks before a send and the longest rate limit that is waited out on the spot take less."""


class NoticeKind(StrEnum):
    """What a notice is about."""

    ENDED = "ended"
    UNKNOWN = "unknown"
    """The answer to a submission was lost, and looking for the batch has not settled it."""
    SPEND_LIMIT = "spend_limit"
    """The API refuses further parts of a job until a spend limit is raised."""
    NOT_SENT = "not_sent"
    """A part of a job was left unsent: the program that was sending the job has ended, and nothing else sends it."""
    RESULTS_GOING = "results_going"
    """The API will soon delete results that are not saved here."""
    LIMIT_NEAR = "limit_near"
    """Much of a limit on cost is spent, or will be by what is in progress."""
    DIGEST = "digest"
    """What happened in a day."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person should be told about one batch; channels decide where it is shown."""

    seq: int
    """The registry's own number."""
    kind: NoticeKind
    at: datetime
    """When it was noticed."""
    # The row itself and not a copy of then: a batch may have been named or deleted between the notice and its reading.
    batch: Batch
    """As it stands when the notice is read, which may be later."""
    subject: str = ""
    """What tells it from others of its kind: no two have the same."""


@dataclass(frozen=True, slots=True)
class LimitShare:
    """The share of a limit on cost that a notice is about: one notice a day, limit and share."""

    day: str
    """On this machine, as `2026-11-30`."""
    profile: str
    """Whose limit it is; empty for the limit of a day."""
    limit: Decimal
    """USD."""
    percent: int
    """The share that was reached, as one of `LIMIT_PERCENTS`."""

    @property
    def subject(self) -> str:
        """It as the subject of its notice."""
        return json.dumps([self.day, self.profile, str(self.limit), self.percent])

    @classmethod
    def from_subject(cls, subject: str) -> LimitShare | None:
        """Return what a subject says; None where it is no subject of such a notice."""
        try:
            day, profile, limit, percent = json.loads(subject)
            return cls(str(day), str(profile), Decimal(limit), int(percent))
        except (ValueError, TypeError, InvalidOperation):
            return None


LIMIT_PERCENTS = (80, 90, 100)
"""Shares of a limit that a notice is made at, in percent."""


@dataclass(frozen=True, slots=True)
class DigestDay:
    """The day that a digest is about, with what it says: one notice a day."""

    day: str
    """On this machine, as `2026-11-30`."""
    text: str
    """What happened, as it was when the digest was made."""

    @property
    def subject(self) -> str:
        """It as the subject of its notice."""
        return f"{self.prefix(self.day)}{self.text}"

    @staticmethod
    def prefix(day: str) -> str:
        """Return what the subjects of all digests of a day begin with."""
        return f"{day} "

    @classmethod
    def from_subject(cls, subject: str) -> DigestDay:
        """Return what a subject says."""
        day, _, text = subject.partition(" ")
        return cls(day, text)
