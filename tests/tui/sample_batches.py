"""Batches as the registry hands them out, with everything that does not matter filled in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from batchtui.domain.batches.batch import Batch, RequestCounts
from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.limits import LIFETIME
from tests.support.clock import START

HOSTILE = (
    "[/x] [bold",
    "\x1b]52;c;aGk=\x07\x1b[31m",
    "a\nb\tc\x00d",
    "\u202eltr\u2066",
    "zero\u200bwidth",
    "\ud800 half a pair",
    "日本語 👩‍👩‍👧 é",
)
"""What a name, an id or an answer may hold, and what must never reach a terminal as it stands."""


def batch(key: int = 1, **fields: Any) -> Batch:
    """A running batch, ten minutes old at `START`."""
    created = START - timedelta(minutes=10)
    defaults: dict[str, Any] = {
        "revision": key, "id": f"msgbatch_01HkcTjaV5uDC8jWR4ZsDV{key:02}", "state": BatchState.IN_PROGRESS,
        "job": "job_1", "name": "nightly", "part": 1, "parts": 1, "attempt": 1, "requests": 100, "bytes": 42_000,
        "counts": RequestCounts(processing=100), "processing_status": "in_progress", "created_at": created,
        "ended_at": None, "expires_at": created + LIFETIME, "cancel_initiated_at": None, "archived_at": None,
        "planned_at": created, "submitted_at": created, "sends": 1, "lost_at": None, "refreshed_at": START,
        "results": ResultsState.NONE, "results_bytes": 0, "counts_moved": False, "reason": "", "not_before": None,
        "models": ("claude-haiku-5-5",), "tags": (), "source": "nightly.jsonl", "profile": None, "workspace_id": None,
        "api_version": "2023-06-01", "betas": (),
    }  # fmt: skip
    return Batch(key=key, **{**defaults, **fields})


def ended(key: int = 1, *, succeeded: int = 100, **fields: Any) -> Batch:
    """A batch that ended at `START`; `errored`, `canceled` and `expired` are counts."""
    counts = RequestCounts(succeeded=succeeded, **{
        name: fields.pop(name) for name in ("errored", "canceled", "expired") if name in fields
    })  # fmt: skip
    return batch(
        key,
        state=BatchState.ENDED,
        processing_status="ended",
        counts=counts,
        requests=counts.total,
        ended_at=START,
        **fields,
    )
