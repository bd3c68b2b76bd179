"""Build the JSON documents that scripts rely on, each in one place: `error_document`."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from batchtui.domain.costs.cost import total
from batchtui.domain.errors import InputError
from batchtui.text.batch_json import Document, batch_document, cost_document, counts_document, dollars, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.forecast import Forecast
    from batchtui.domain.batches.job import Job, PartPlan
    from batchtui.domain.costs.estimate import Bounds, Estimate
    from batchtui.domain.costs.known_requests import KnownRequests
    from batchtui.domain.errors import BatchtuiError
    from batchtui.domain.submission.problem import Problem
    from batchtui.intake.types import CheckReport
    from batchtui.registry.journal import Entry

Ends = Callable[["Batch"], "Forecast | None"]
"""Forecasts the end of a batch; None where there is no history."""
__all__ = ("Document", "batch_document", "cost_document", "counts_document", "dollars", "moment")
"""What is made elsewhere and found here with the others."""


def batch_documents(batches: Iterable[Batch], ends: Ends | None = None) -> list[Document]:
    """Write batches as an array; `ends` forecasts those of the running ones."""
    return [batch_document(batch, ends(batch) if ends else None) for batch in batches]


def job_document(
    job: Job, batches: Sequence[Batch], *, parts: int | None = None, expected: Estimate | None = None
) -> Document:
    """Return a job; its cost is null unless each batch's is known. `expected` stands in before there are batches."""
    # Of a dry run there are no batches yet: the estimate is all that is known.
    estimate = total([batch.cost_estimate for batch in batches]) if expected is None else expected.cost.figure
    return {
        "id": job.id,
        "name": job.name,
        "requests": job.requests,
        "parts": max((batch.parts for batch in batches), default=0) if parts is None else parts,
        "cost": _job_cost(estimate, batches),
        "bytes": job.bytes,
        "created_at": moment(job.created_at),
        "source": job.source or None,
        "models": list(job.models),
        "tags": list(job.tags),
        "fingerprint": job.fingerprint or None,
    }


def _job_cost(estimate: Decimal | None, batches: Sequence[Batch]) -> Document:
    document = cost_document(estimate, total([batch.cost_actual for batch in batches]))
    if without_usage := sum(batch.without_usage for batch in batches):
        known = sum((batch.cost_actual or batch.cost_at_least or Decimal(0) for batch in batches), Decimal(0))
        document |= {"at_least": dollars(known or None), "without_usage": without_usage}
    return document


def problem_document(problem: Problem) -> Document:
    """Write one finding of a check."""
    return {
        "file": problem.file,
        "line": problem.line,
        "custom_id": problem.custom_id,
        "severity": str(problem.severity),
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
        "count": problem.count,
        # The first few, while `count` is exact: a fault of a template is on a million lines.
        "lines": list(problem.lines),
    }


def part_document(part: PartPlan) -> Document:
    """Write the plan of one part."""
    return {"part": part.part, "requests": part.requests, "bytes": part.bytes, "reused": part.is_reused}


def estimate_document(estimate: Estimate) -> Document:
    """Write an estimate: USD as strings, null where unknown; tokens as numbers."""
    low, likely, high = estimate.input_tokens
    return {
        **_bounds_document(estimate.cost),
        "standard": _bounds_document(estimate.standard),
        "parts": [_bounds_document(part) for part in estimate.parts],
        "input_tokens": {"low": low, "likely": likely, "at_most": high},
        "output_tokens": {
            "low": estimate.output_range and estimate.output_range[0],
            "likely": estimate.output_tokens[0],
            "high": estimate.output_range and estimate.output_range[1],
            "at_most": estimate.output_tokens[1],
        },
        "history": estimate.grounds and {"batches": estimate.grounds.batches, "likeness": estimate.grounds.likeness},
        "unpriced": list(estimate.unpriced),
        "unbounded": list(estimate.unbounded),
        "counted": estimate.counted
        and {
            "requests": estimate.counted.requests,
            "of": estimate.counted.of,
            "margin": estimate.margin,
            "notes": list(estimate.counted.notes),
        },
    }


def _bounds_document(bounds: Bounds) -> Document:
    return {
        "low": dollars(bounds.low),
        "likely": dollars(bounds.likely),
        "high": dollars(bounds.high),
        "at_most": dollars(bounds.at_most),
    }


def known_document(known: KnownRequests) -> Document:
    """Write what is known of requests before they are sent; the estimate is that of the new ones."""
    return {
        "requests": known.requests,
        "answered": known.answered,
        "in_progress": known.in_progress,
        "duplicates": known.duplicates,
        "new": known.new,
        "jobs": [
            {"id": job.id, "name": job.name, "answered": job.answered, "in_progress": job.in_progress}
            for job in known.jobs
        ],
        "estimate": estimate_document(known.estimate) if known.estimate else None,
    }


def check_document(report: CheckReport, parts: Sequence[PartPlan], estimate: Estimate | None = None) -> Document:
    """Return the report of a check; without a valid request the estimate is null."""
    return {
        "requests": report.requests,
        "bytes": sum(part.bytes for part in parts),
        "parts": len(parts),
        "models": dict(report.models),
        "shapes": [
            {
                "id": shape.id,
                "count": shape.count,
                "skeleton": shape.skeleton,
                "model": shape.model,
                "custom_id": shape.custom_id,
                "file": shape.file,
                "line": shape.line,
            }
            for shape in report.shapes
        ],
        "problems": [problem_document(problem) for problem in report.problems],
        "errors": report.errors,
        "warnings": report.warnings,
        # Without a request the sum is $0, which would look like an answer.
        "estimate": estimate_document(estimate) if estimate and report.requests else None,
    }


def entry_document(entry: Entry) -> Document:
    """Write one line of the journal."""
    return {
        "at": moment(entry.at),
        "kind": entry.kind,
        "event": entry.event,
        "job": entry.job,
        "batch": entry.batch_id,
        "detail": entry.detail or None,
        "status": entry.status,
        "milliseconds": entry.milliseconds,
        "request_id": entry.request_id,
        "error": entry.error,
    }


def failure_document(error: BatchtuiError) -> Document:
    """Write a failure: a stable word for scripts, and the sentences for people."""
    document: Document = {
        "type": error.type,
        "code": error.code,
        "title": error.heading,
        "message": error.message,
        "hint": error.hint,
    }
    if isinstance(error, InputError):
        document["problems"] = [problem_document(problem) for problem in error.problems]
    return document


def error_document(error: BatchtuiError) -> Document:
    """Return the document of a command that failed."""
    return {"error": failure_document(error)}
