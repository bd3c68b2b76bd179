"""Parse the API's JSON into domain values: `parse_batch`, `parse_page`.

Lenient about fields that are absent or new, strict about those that decisions rest on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, get_args

from batchtui.domain.batches.batch import ProcessingStatus, RemoteBatch, RemotePage, RequestCounts, UnreadableEntry
from batchtui.domain.model import EFFORTS, ModelInfo
from batchtui.gateway.redaction import dig, redact

KNOWN_STATUSES: Mapping[str, ProcessingStatus] = {status: status for status in get_args(ProcessingStatus)}
LONGEST_ID = 256
_ID = re.compile(rf"(?!\.+$)[A-Za-z0-9._:=@+~-]{{1,{LONGEST_ID}}}")
"""The API's ids look like `msgbatch_01…`; other servers use other signs. None leads elsewhere in a path."""
_MOST = 2**53
"""No count is larger; a larger number is not one."""


class MalformedResponse(ValueError):
    """The answer is not what the API sends: cut, not JSON, or without what cannot be done without."""


def parse_object(body: bytes) -> Mapping[str, Any]:
    """Parse an answer's body, a JSON object.

    Raises:
        MalformedResponse: it is none.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):  # json follows arrays nested without end
        raise MalformedResponse(
            f"it is not JSON, but {redact(body[:80].decode('utf-8', 'replace'), 60) or 'empty'}"
        ) from None
    if not isinstance(value, dict):
        raise MalformedResponse("it is JSON, but not an object")
    return value


def parse_batch(value: object, *, received: datetime) -> RemoteBatch:
    """Read one message_batch object. Keys may be absent instead of null; unknown ones are ignored.

    `received` stands in for a `created_at` that another server left out.

    Raises:
        MalformedResponse: it has no id, or a processing_status that is not one of the three.
    """
    if not isinstance(value, Mapping):
        raise MalformedResponse("it has no batch")
    identity, status = value.get("id"), value.get("processing_status")
    if not isinstance(identity, str) or not is_batch_id(identity):
        raise MalformedResponse("the batch has no id" if not identity else "its id is not a batch id")
    # Never guessed: whether results can be fetched, and a batch deleted, depends on it.
    if not isinstance(status, str) or status not in KNOWN_STATUSES:
        raise MalformedResponse(
            f"its processing_status is {redact(json.dumps(status), 60)}, which this version of batchtui does not know"
        )
    return RemoteBatch(
        id=identity,
        processing_status=KNOWN_STATUSES[status],
        counts=_counts(value.get("request_counts")),
        created_at=_time(value.get("created_at")) or received,
        has_created_at=_time(value.get("created_at")) is not None,
        expires_at=_time(value.get("expires_at")),
        ended_at=_time(value.get("ended_at")),
        cancel_initiated_at=_time(value.get("cancel_initiated_at")),
        archived_at=_time(value.get("archived_at")),
    )


def is_batch_id(identity: str) -> bool:
    """Whether this can be the id of a batch: short, without what leads elsewhere in a path, and not a credential."""
    return bool(_ID.fullmatch(identity)) and redact(identity, LONGEST_ID) == identity


def parse_page(value: Mapping[str, Any], *, received: datetime, retry_after: float | None) -> RemotePage:
    """Read one page of the list endpoint. An entry that cannot be read spoils itself alone: see `unreadable`.

    Raises:
        MalformedResponse: it is no page.
    """
    items = value.get("data")
    if not isinstance(items, list):
        raise MalformedResponse("it has no list of batches")
    batches: list[RemoteBatch] = []
    unreadable: list[UnreadableEntry] = []
    for item in items:
        try:
            batches.append(parse_batch(item, received=received))
        except MalformedResponse as error:
            unreadable.append(_unreadable(item, str(error)))
    named = value.get("last_id")
    last_id = named if isinstance(named, str) and named else dig(items[-1], "id") if items else None
    last_id = last_id if isinstance(last_id, str) and last_id else None
    # `has_more` without a way to go on would ask for the same page forever.
    goes_on = value.get("has_more") is True
    has_more = goes_on and last_id is not None and bool(items)
    if goes_on and not has_more:
        unreadable.append(UnreadableEntry("it has more batches but no id to continue from"))
    return RemotePage(tuple(batches), has_more, last_id, retry_after, tuple(unreadable))


def _unreadable(item: object, why: str) -> UnreadableEntry:
    identity, counts = dig(item, "id"), dig(item, "request_counts")
    usable = isinstance(identity, str) and is_batch_id(identity)
    return UnreadableEntry(
        why,
        id=identity if usable and isinstance(identity, str) else None,
        total=_counts(counts).total if isinstance(counts, Mapping) else None,
        created_at=_time(dig(item, "created_at")),
    )


def parse_model(value: object) -> ModelInfo | None:
    """Read one entry of `/v1/models`; None where it has no id. What is null, 0 or absent is unknown."""
    identity = dig(value, "id")
    if not isinstance(identity, str) or not identity:
        return None
    identity = redact(identity, LONGEST_ID)
    name, lifecycle = dig(value, "display_name"), dig(value, "lifecycle")
    can = partial(_supported, value, "capabilities")
    types = {each: can("thinking", "types", each) for each in _names(dig(value, "capabilities", "thinking", "types"))}
    levels = {each: can("effort", each) for each in _names(dig(value, "capabilities", "effort")) if each != "supported"}
    if can("thinking") is False:
        types = dict.fromkeys(types or ("enabled", "adaptive"), False)
    if can("effort") is False:
        levels = dict.fromkeys(levels or EFFORTS, False)
    return ModelInfo(
        id=identity,
        name=redact(name, LONGEST_ID) if isinstance(name, str) and name else identity,
        max_tokens=_number(dig(value, "max_tokens")) or None,
        max_input_tokens=_number(dig(value, "max_input_tokens")) or None,
        batches=can("batch"),
        lifecycle=lifecycle if isinstance(lifecycle, str) and lifecycle else None,
        retires_at=_day(_time(dig(value, "retires_at"))),
        deprecated_at=_day(_time(dig(value, "deprecated_at"))),
        thinking={each: taken for each, taken in types.items() if taken is not None},
        efforts={each: taken for each, taken in levels.items() if taken is not None},
        structured_outputs=can("structured_outputs"),
        images=can("image_input"),
        pdfs=can("pdf_input"),
        citations=can("citations"),
    )


def _supported(value: object, *path: str) -> bool | None:
    """Return what one capability says; None where it does not."""
    found = dig(value, *path, "supported")
    return found if isinstance(found, bool) else None


def _names(value: object) -> list[str]:
    """Return the keys of an object; none where it is no object."""
    return [key for key in value if isinstance(key, str)] if isinstance(value, Mapping) else []


def parse_tokens(value: Mapping[str, Any]) -> int:
    """Read the answer of count_tokens.

    Raises:
        MalformedResponse: it holds no number.
    """
    tokens = _number(value.get("input_tokens"))
    if tokens is None:
        raise MalformedResponse("it has no token count")
    return tokens


def _counts(value: object) -> RequestCounts:
    names = ("processing", "succeeded", "errored", "canceled", "expired")
    return RequestCounts(*(_number(dig(value, name)) or 0 for name in names))


def _number(value: object) -> int | None:
    # In Python True is an int.
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST else None


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        # Without a zone it means UTC, as everything else that the API sends.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
