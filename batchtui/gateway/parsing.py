"""From the API's JSON to domain values: forgiving about what is absent or new, firm about what is needed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, get_args

from batchtui.domain.batch import ProcessingStatus, RemoteBatch, RemotePage, RequestCounts
from batchtui.domain.model import ModelInfo
from batchtui.gateway.redaction import inner, told

KNOWN_STATUSES: Mapping[str, ProcessingStatus] = {status: status for status in get_args(ProcessingStatus)}
_MOST = 2**53
"""No count is larger; a larger number is not one."""


class Garbled(ValueError):
    """The answer is not what the API sends: cut, not JSON, or without what cannot be done without."""


def read_object(body: bytes) -> Mapping[str, Any]:
    """Parse an answer's body, a JSON object.

    Raises:
        Garbled: where it is none.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Garbled(f"it is not JSON, but {told(body[:80].decode('utf-8', 'replace'), 60) or 'empty'}") from None
    if not isinstance(value, dict):
        raise Garbled("it is JSON, but no object")
    return value


def read_batch(value: object, *, received: datetime) -> RemoteBatch:
    """Read one message_batch object. Keys may be absent instead of null, unknown ones are passed over.

    `received` stands in for a `created_at` that another server left out.

    Raises:
        Garbled: without an id, or with a processing_status that is not one of the three.
    """
    if not isinstance(value, Mapping):
        raise Garbled("it holds no batch")
    identity, status = value.get("id"), value.get("processing_status")
    if not isinstance(identity, str) or not identity:
        raise Garbled("the batch has no id")
    if not isinstance(status, str) or status not in KNOWN_STATUSES:
        raise Garbled(f"its processing_status is {told(json.dumps(status), 60)}, which this version does not know")
    return RemoteBatch(
        id=identity,
        processing_status=KNOWN_STATUSES[status],
        counts=_counts(value.get("request_counts")),
        created_at=_time(value.get("created_at")) or received,
        expires_at=_time(value.get("expires_at")),
        ended_at=_time(value.get("ended_at")),
        cancel_initiated_at=_time(value.get("cancel_initiated_at")),
        archived_at=_time(value.get("archived_at")),
    )


def read_page(value: Mapping[str, Any], *, received: datetime, retry_after: float | None) -> RemotePage:
    """Read one page of the list endpoint.

    Raises:
        Garbled: where any batch of it is: half a page must not pass for a whole one when a lost batch is looked for.
    """
    items = value.get("data")
    if not isinstance(items, list):
        raise Garbled("it holds no list of batches")
    batches = tuple(read_batch(item, received=received) for item in items)
    named = value.get("last_id")
    last_id = named if isinstance(named, str) and named else batches[-1].id if batches else None
    return RemotePage(batches, value.get("has_more") is True and bool(batches), last_id, retry_after)


def read_model(value: object) -> ModelInfo | None:
    """Read one entry of `/v1/models`; None where it has no id."""
    identity = inner(value, "id")
    if not isinstance(identity, str) or not identity:
        return None
    name, lifecycle = inner(value, "display_name"), inner(value, "lifecycle")
    batches, retires = inner(value, "capabilities", "batch", "supported"), _time(inner(value, "retires_at"))
    return ModelInfo(
        id=identity,
        name=name if isinstance(name, str) and name else identity,
        max_tokens=_number(inner(value, "max_tokens")),
        max_input_tokens=_number(inner(value, "max_input_tokens")),
        batches=batches if isinstance(batches, bool) else None,
        lifecycle=lifecycle if isinstance(lifecycle, str) else None,
        retires_at=_day(retires),
    )


def read_tokens(value: Mapping[str, Any]) -> int:
    """Read the answer of count_tokens.

    Raises:
        Garbled: where no number is in it.
    """
    tokens = _number(value.get("input_tokens"))
    if tokens is None:
        raise Garbled("it holds no number of tokens")
    return tokens


def _counts(value: object) -> RequestCounts:
    names = ("processing", "succeeded", "errored", "canceled", "expired")
    return RequestCounts(*(_number(inner(value, name)) or 0 for name in names))


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST else None


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
