"""Batches with saved results, made without an API."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from batchtui.domain.batches.batch import Batch, RequestCounts
from batchtui.domain.batches.states import BatchState, ResultsState
from tests.support.builders import request
from tests.support.clock import START
from tests.support.lines import encoded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.registry.requests.store import RequestReader, RequestStore
    from batchtui.registry.results.store import ResultStore
    from batchtui.registry.results.summary import ResultSummary


def a_batch(key: int = 1, *, attempt: int = 1, part: int = 1, parts: int = 1, **counts: int) -> Batch:
    """An ended batch of job_1; no registry says how much of its results there is."""
    fields: dict[str, Any] = dict.fromkeys(field.name for field in dataclasses.fields(Batch))
    told = {
        "key": key, "revision": key, "id": f"msgbatch_{key:02}", "state": BatchState.ENDED, "job": "job_1",
        "name": "nightly", "part": part, "parts": parts, "attempt": attempt, "requests": sum(counts.values()),
        "counts": RequestCounts(**counts), "created_at": START, "planned_at": START, "results": ResultsState.NONE,
    }  # fmt: skip
    return Batch(**{**fields, **told})


def keep(store: ResultStore, batch: Batch, raw: bytes, *, requests: RequestReader | None = None) -> ResultSummary:
    """Put results into the store as a collection does."""
    with store.download(batch) as download:
        download.write(raw)
        summary = download.finish(requests, batch.part)
        download.commit()
    return summary


class _Writable:
    def __init__(self, seq: int, payload: dict[str, Any]) -> None:
        self.seq = seq
        self.custom_id: str = payload["custom_id"]
        self.payload = encoded(payload)
        self.file = "nightly.jsonl"
        self.line = seq
        self.model = payload["params"]["model"]
        self.max_tokens = payload["params"]["max_tokens"]
        self.shape = 1
        self.digest = b""


def keep_requests(
    store: RequestStore,
    custom_ids: Sequence[str],
    *,
    attempt: int = 1,
    parts: Sequence[int] = (),
    job: str = "job_1",
    **params: Any,
) -> None:
    """Put requests of a job into the store; `parts` says which part each belongs to, 1 unless given."""
    writer = store.writer(attempt)
    for seq, custom_id in enumerate(custom_ids, 1):
        writable = _Writable(seq, request(custom_id, f"Question {custom_id}?", **params))
        writer.add(parts[seq - 1] if parts else 1, [writable])
    store.commit(writer.finish(), job)
