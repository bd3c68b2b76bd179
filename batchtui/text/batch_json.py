"""Describe a batch as JSON, in the one shape that scripts, hooks and webhooks are given: `batch_document`."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from batchtui.domain.batches.batch import Batch, RequestCounts
    from batchtui.domain.batches.forecast import Forecast
    from batchtui.domain.results.result import OutcomeCounts

Document = dict[str, Any]


def moment(value: datetime | None) -> str | None:
    """Write a time as ISO 8601 in UTC, with Z."""
    if value is None:
        return None
    # Those of the registry are in UTC: converting them takes as long as writing them.
    in_utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    return in_utc.isoformat().removesuffix("+00:00") + "Z"


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


def outcomes_document(outcomes: OutcomeCounts | None) -> Document | None:
    """Write what saved results turned out to be, each outcome with its count; None until that is known."""
    return None if outcomes is None else outcomes.by_name()


def cost_document(estimate: Decimal | None, actual: Decimal | None) -> Document:
    """Write what something was thought to cost and what it did."""
    return {"estimate": dollars(estimate), "actual": dollars(actual)}


def _cost(batch: Batch) -> Document:
    """Return the cost; where answers say nothing of their usage, with the lower bound and how many those are."""
    document = cost_document(batch.cost_estimate, batch.cost_actual)
    if batch.without_usage:
        document |= {"at_least": dollars(batch.cost_at_least), "without_usage": batch.without_usage}
    return document


def batch_document(batch: Batch, forecast: Forecast | None = None) -> Document:
    """Write a batch: the contract's keys first, then what else is known; `forecast` is of its end, where it runs."""
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
        "outcomes": outcomes_document(batch.outcomes),
        "results_note": batch.accepted or None,
        "reused": batch.is_reused,
        "pilot": batch.is_pilot,
        "held": batch.is_held,
        "models": list(batch.models),
        "tags": list(batch.tags),
        "note": batch.note or None,
        "source": batch.source or None,
        "profile": batch.profile,
        "workspace_id": batch.workspace_id,
        "cost": _cost(batch),
        "bytes": batch.bytes or None,
        "estimated_end": moment(forecast.end) if forecast else None,
        "estimated_end_90": moment(forecast.by) if forecast else None,
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
