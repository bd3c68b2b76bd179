"""What a reviewer says of one answer, and the rules of labels: `ReviewMark`.

A mark belongs to a job, a custom_id and a reviewer. It holds the digest of the answer that was seen: a retry may bring
another answer, of which the mark says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

MOST_LABELS = 9
"""Labels of a review at most: each has a digit."""
LONGEST_LABEL = 40
"""Characters of a label at most."""
LONGEST_NOTE = 10_000
"""Characters of a note at most."""
LONGEST_REVIEWER = 100
"""Characters of a reviewer's name at most."""


class ReviewVerdict(StrEnum):
    """What a reviewer decides. The values are stored, and stand in files."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class ReviewMark:
    """What one reviewer says of one answer."""

    custom_id: str
    reviewer: str
    answer: str
    """Digest of the answer that was seen (`answer_digest`)."""
    verdict: ReviewVerdict | None = None
    labels: tuple[str, ...] = ()
    """Sorted, each once."""
    note: str = ""
    marked_at: datetime | None = None
    """When it was last changed; None before it is stored."""
    is_stale: bool = False
    """Whether the job has another answer by now than the one that was seen."""

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing; such a mark is not stored."""
        return self.verdict is None and not self.labels and not self.note

    def says_the_same(self, other: ReviewMark) -> bool:
        """Return whether the other mark says the same of the same answer, whenever that was."""
        return (self.verdict, self.labels, self.note, self.answer) == (
            other.verdict, other.labels, other.note, other.answer,
        )  # fmt: skip

    def with_label(self, label: str) -> ReviewMark:
        """Return it with this label, or without it where it has it already."""
        labels = set(self.labels) ^ {label}
        return replace(self, labels=tuple(sorted(labels)))


def label_complaint(labels: Iterable[str]) -> str:
    """Return what is wrong with the names of labels; empty where nothing is."""
    names = list(labels)
    if len(names) > MOST_LABELS:
        return f"at most {MOST_LABELS} labels, one for each digit"
    if len(set(names)) < len(names):
        return "each label once"
    for name in names:
        if not name.strip() or name != name.strip():
            return "a label is not empty, and has no spaces around it"
        if "," in name or not name.isprintable():
            return "a label has no commas and no control characters"
        if len(name) > LONGEST_LABEL:
            return f"a label has at most {LONGEST_LABEL} characters"
    return ""


def reviewer_complaint(name: str) -> str:
    """Return what is wrong with the name of a reviewer; empty where nothing is."""
    if not name.strip() or name != name.strip() or not name.isprintable():
        return "a name without spaces around it and without control characters"
    return f"at most {LONGEST_REVIEWER} characters" if len(name) > LONGEST_REVIEWER else ""


def split_labels(text: str) -> tuple[str, ...]:
    """Return the labels that are typed with commas between them; empty places are left out."""
    return tuple(filter(None, (name.strip() for name in text.split(","))))
