"""Count what reviewers have marked, and measure how far they agree: `summarize_review`."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from batchtui.domain.results.agreement import Agreement, measure_agreement
from batchtui.domain.results.mark import ReviewVerdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.results.mark import ReviewMark
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ReviewerCounts:
    """What one reviewer has marked of a job."""

    reviewer: str
    accepted: int
    rejected: int
    labelled: int
    """Results with a label, whatever the verdict."""
    noted: int
    stale: int
    """Marks about an earlier answer; they are counted nowhere else."""


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """How far two reviewers agree."""

    first: str
    second: str
    verdicts: Agreement
    """Over the results that both have accepted or rejected, by the same answer."""
    labels: Agreement
    """Over the results that both have labelled: all labels of a result taken as one."""
    by_label: tuple[tuple[str, Agreement], ...]
    """For each label over the same results: whether it is given."""
    apart: int
    """Results that both have marked, but of different answers: they are not compared."""


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """What is marked of a job."""

    reviewers: tuple[ReviewerCounts, ...]
    pairs: tuple[PairAgreement, ...]
    marked: int
    """Results that anybody has marked, by the answer they have now."""
    disputed: int
    """Results that one has accepted and another has rejected."""


async def summarize_review(workspace: Workspace, job: str) -> ReviewSummary:
    """Return what is marked of a job, and how far its reviewers agree."""
    return summarize_marks(await workspace.registry.marks.of_job(job))


def summarize_marks(marks: Sequence[ReviewMark]) -> ReviewSummary:
    """Return what these marks of one job come to."""
    by_reviewer: dict[str, dict[str, ReviewMark]] = {}
    verdicts: dict[str, set[ReviewVerdict]] = {}
    for mark in marks:
        by_reviewer.setdefault(mark.reviewer, {})[mark.custom_id] = mark
        if not mark.is_stale:
            verdicts.setdefault(mark.custom_id, set()).update({mark.verdict} if mark.verdict else ())
    names = sorted(by_reviewer)
    return ReviewSummary(
        tuple(_counts(name, list(by_reviewer[name].values())) for name in names),
        tuple(
            _agreement(one, other, by_reviewer[one], by_reviewer[other]) for one, other in combinations(names, 2)
        ),
        marked=len(verdicts),
        disputed=sum(len(said) > 1 for said in verdicts.values()),
    )  # fmt: skip


def _counts(reviewer: str, marks: Sequence[ReviewMark]) -> ReviewerCounts:
    current = [mark for mark in marks if not mark.is_stale]
    return ReviewerCounts(
        reviewer,
        sum(mark.verdict is ReviewVerdict.ACCEPTED for mark in current),
        sum(mark.verdict is ReviewVerdict.REJECTED for mark in current),
        sum(bool(mark.labels) for mark in current),
        sum(bool(mark.note) for mark in current),
        len(marks) - len(current),
    )


def _agreement(first: str, second: str, ones: dict[str, ReviewMark], others: dict[str, ReviewMark]) -> PairAgreement:
    both = [(ones[custom_id], others[custom_id]) for custom_id in ones if custom_id in others]
    same = [(one, other) for one, other in both if one.answer == other.answer]
    labelled = [(one.labels, other.labels) for one, other in same if one.labels and other.labels]
    names = sorted({name for pair in labelled for labels in pair for name in labels})
    return PairAgreement(
        first,
        second,
        measure_agreement([(one.verdict, other.verdict) for one, other in same if one.verdict and other.verdict]),
        measure_agreement(labelled),
        tuple(
            (name, measure_agreement([(name in one, name in other) for one, other in labelled])) for name in names
        ),
        len(both) - len(same),
    )  # fmt: skip
