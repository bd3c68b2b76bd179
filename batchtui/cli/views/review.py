"""Print what is marked in a review, and how far reviewers agree: `lines`, `document`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.cli.views.json_documents import Document
    from batchtui.domain.batches.job import Job
    from batchtui.domain.results.agreement import Agreement
    from batchtui.services.results.review.exchange import MarksMerged
    from batchtui.services.results.review.summary import ReviewSummary


def lines(job: Job, summary: ReviewSummary) -> Iterator[str]:
    """Yield the counts of each reviewer, and for each two of them how far they agree."""
    if not summary.reviewers:
        yield f"{one_line(job.name)}: nothing is marked yet."
        return
    disputed = f", {count(summary.disputed)} disputed" if summary.disputed else ""
    yield f"{one_line(job.name)}: {count(summary.marked)} of {amount(job.requests, 'result')} marked{disputed}"
    for one in summary.reviewers:
        said = [f"{count(one.accepted)} accepted", f"{count(one.rejected)} rejected"]
        said += [f"{count(one.labelled)} labelled"] if one.labelled else []
        said += [f"{count(one.noted)} with a note"] if one.noted else []
        said += [f"{count(one.stale)} about an earlier answer"] if one.stale else []
        yield f"  {one_line(one.reviewer)}: {', '.join(said)}"
    for pair in summary.pairs:
        yield f"  {one_line(pair.first)} and {one_line(pair.second)}:"
        yield f"    verdicts: {_agreement(pair.verdicts)}"
        if pair.labels.items:
            yield f"    labels: {_agreement(pair.labels)}"
        for name, agreement in pair.by_label:
            yield f"      {one_line(name)}: {_agreement(agreement)}"
        if pair.apart:
            yield f"    {amount(pair.apart, 'result')} not compared: they saw different answers"


def _agreement(agreement: Agreement) -> str:
    if not agreement.items or agreement.share is None:
        return "no result that both have marked"
    said = f"{agreement.share:.0%} agreement over {amount(agreement.items, 'result')}"
    if agreement.kappa is None or agreement.low is None or agreement.high is None:
        return f"{said}; kappa is not defined, since both gave one and the same mark throughout"
    return f"Cohen's kappa {agreement.kappa:.2f} (95 % interval {agreement.low:.2f} to {agreement.high:.2f}), {said}"


def document(job: Job, summary: ReviewSummary) -> Document:
    """Return the summary as JSON."""
    return {
        "job": {"id": job.id, "name": job.name, "requests": job.requests},
        "marked": summary.marked,
        "disputed": summary.disputed,
        "reviewers": [
            {
                "reviewer": one.reviewer,
                "accepted": one.accepted,
                "rejected": one.rejected,
                "labelled": one.labelled,
                "noted": one.noted,
                "stale": one.stale,
            }
            for one in summary.reviewers
        ],
        "agreement": [
            {
                "reviewers": [pair.first, pair.second],
                "verdicts": _agreement_document(pair.verdicts),
                "labels": _agreement_document(pair.labels),
                "by_label": {name: _agreement_document(agreement) for name, agreement in pair.by_label},
                "not_compared": pair.apart,
            }
            for pair in summary.pairs
        ],
    }


def _agreement_document(agreement: Agreement) -> Document:
    return {
        "n": agreement.items,
        "agreed": agreement.agreed,
        "agreement": agreement.share,
        "kappa": agreement.kappa,
        "interval": None if agreement.low is None else [agreement.low, agreement.high],
    }


def merged_lines(merged: MarksMerged) -> Iterator[str]:
    """Yield what merging a file of marks has changed."""
    who = ", ".join(map(one_line, merged.reviewers)) or "nobody"
    yield (
        f"Marks of {who}: {count(merged.added)} added, {count(merged.updated)} updated,"
        f" {count(merged.unchanged)} here already."
    )
    if merged.older:
        yield f"{amount(merged.older, 'mark')} not taken over: the same reviewer has a later mark here."
    if merged.unknown:
        yield f"{amount(merged.unknown, 'mark')} not taken over: the job has no result with their custom_ids."
    if merged.stale:
        yield f"{amount(merged.stale, 'mark')} about another answer than the job has here."


def merged_document(merged: MarksMerged) -> Document:
    """Return what merging a file of marks has changed, as JSON."""
    return {
        "added": merged.added,
        "updated": merged.updated,
        "unchanged": merged.unchanged,
        "older": merged.older,
        "unknown": merged.unknown,
        "stale": merged.stale,
        "reviewers": list(merged.reviewers),
    }
