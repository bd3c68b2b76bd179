"""Domain values and files for tests, with everything that does not matter filled in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batchtui.domain.batches.batch import RemoteBatch, RequestCounts
from batchtui.domain.batches.job import Job, PartPlan
from batchtui.domain.limits import LIFETIME
from tests.support.clock import START

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

MODEL = "claude-haiku-5-5"


def request(custom_id: str, text: str = "Say hello.", **params: Any) -> dict[str, Any]:
    """One right request."""
    defaults = {"model": MODEL, "max_tokens": 256, "messages": [{"role": "user", "content": text}]}
    return {"custom_id": custom_id, "params": {**defaults, **params}}


def requests(count: int, prefix: str = "r") -> list[dict[str, Any]]:
    """That many right requests."""
    return [request(f"{prefix}-{number:05}", f"Question {number}?") for number in range(count)]


def jsonl(path: Path, items: Iterable[Any]) -> Path:
    """Write values as JSON lines."""
    path.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items))
    return path


def job(job_id: str = "job_1", **fields: Any) -> Job:
    """A job."""
    defaults: dict[str, Any] = {
        "name": "nightly", "created_at": START, "source": "nightly.jsonl", "requests": 3, "bytes": 300,
        "fingerprint": "", "models": (MODEL,),
    }  # fmt: skip
    return Job(id=job_id, **{**defaults, **fields})


def part(number: int = 1, requests: int = 3) -> PartPlan:
    """The plan of one part."""
    return PartPlan(number, requests, 100 * requests, f"1-{number:04}.json")


def remote(
    batch_id: str = "msgbatch_01A", *, total: int = 3, status: Any = "in_progress", **fields: Any
) -> RemoteBatch:
    """What the API says of a batch: all processing unless counts are given."""
    created: datetime = fields.pop("created_at", START)
    counts = fields.pop("counts", RequestCounts(processing=total))
    return RemoteBatch(batch_id, status, counts, created, expires_at=created + LIFETIME, **fields)
