"""What the JSON documents look like: the shapes that scripts rely on, each made in one place."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from batchtui.domain.batch import Batch, RequestCounts
    from batchtui.domain.errors import BatchtuiError
    from batchtui.domain.job import Job, PartPlan
    from batchtui.domain.problem import Problem
    from batchtui.intake.contract import CheckReport
    from batchtui.registry.journal import Entry

Document = dict[str, Any]


def moment(value: datetime | None) -> str | None:
    """Write a time as ISO 8601 in UTC, with Z."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None


def dollars(value: Decimal | None) -> str | None:
    """Write USD as a string, so that no cent is lost to a float; None where unknown."""
    return None if value is None else f"{value:f}"


def counts_document(counts: RequestCounts) -> Document:
    """Write counts as the API has them."""
    return {
        "processing": counts.processing,
        "succeeded": counts.succeeded,
        "errored": counts.errored,
        "canceled": counts.canceled,
        "expired": counts.expired,
    }


def cost_document(estimate: Decimal | None, actual: Decimal | None) -> Document:
    """Write what something was thought to cost and what it did."""
    return {"estimate": dollars(estimate), "actual": dollars(actual)}


def batch_document(batch: Batch) -> Document:
    """Write a batch: the contract's keys first, then what else is known."""
    return {
        "id": batch.id,
        "processing_status": batch.processing_status,
        "request_counts": counts_document(batch.counts),
        "state": str(batch.state),
        "job": batch.job,
        "name": batch.name,
        "part": batch.part,
        "parts": batch.parts,
        "attempt": batch.attempt,
        "requests": batch.requests,
        "created_at": moment(batch.created_at),
        "ended_at": moment(batch.ended_at),
        "expires_at": moment(batch.expires_at),
        "results_until": moment(batch.results_until),
        "results": str(batch.results),
        "models": list(batch.models),
        "tags": list(batch.tags),
        "source": batch.source or None,
        "profile": batch.profile,
        "workspace_id": batch.workspace_id,
        "cost": cost_document(batch.cost_estimate, batch.cost_actual),
        "bytes": batch.bytes or None,
        "reason": batch.reason or None,
        "not_before": moment(batch.not_before),
        "planned_at": moment(batch.planned_at),
        "submitted_at": moment(batch.submitted_at),
        "refreshed_at": moment(batch.refreshed_at),
        "cancel_initiated_at": moment(batch.cancel_initiated_at),
        "archived_at": moment(batch.archived_at),
        "api_version": batch.api_version,
        "betas": list(batch.betas),
    }


def batch_documents(batches: Iterable[Batch]) -> list[Document]:
    """Write batches as an array."""
    return [batch_document(batch) for batch in batches]


def job_document(job: Job, batches: Sequence[Batch], *, parts: int | None = None) -> Document:
    """Write a job; its cost is known where that of each of its batches is."""
    return {
        "id": job.id,
        "name": job.name,
        "requests": job.requests,
        "parts": max((batch.parts for batch in batches), default=0) if parts is None else parts,
        "cost": cost_document(
            total(batch.cost_estimate for batch in batches), total(batch.cost_actual for batch in batches)
        ),
        "bytes": job.bytes,
        "created_at": moment(job.created_at),
        "source": job.source or None,
        "models": list(job.models),
        "tags": list(job.tags),
        "fingerprint": job.fingerprint or None,
    }


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Add amounts up; one unknown makes the sum unknown, and so does there being none."""
    known = list(amounts)
    return sum((amount for amount in known if amount is not None), Decimal(0)) if known and None not in known else None


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
        "lines": list(problem.lines),
    }


def part_document(part: PartPlan) -> Document:
    """Write the plan of one part."""
    return {"part": part.part, "requests": part.requests, "bytes": part.bytes}


def check_document(report: CheckReport, parts: Sequence[PartPlan]) -> Document:
    """Write what a check found."""
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
        "title": error.heading,
        "message": error.message,
        "hint": error.hint,
    }
    if isinstance(error, InputError):
        document["problems"] = [problem_document(problem) for problem in error.problems]
    return document


def error_document(error: BatchtuiError) -> Document:
    """Write the document of a verb that failed."""
    return {"error": failure_document(error)}
