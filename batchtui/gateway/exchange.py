"""Describe one exchange with the API: for the transport as a request, for the journal as a call: `ApiRequest`."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from batchtui.domain.api_call import ApiCall
from batchtui.domain.submission.send_evidence import Account
from batchtui.gateway.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx2

    from batchtui.gateway.upload_body import UploadBody

_LONGEST_HEADER = 200
_MOST_LIMITS = 40
_LIMIT_PREFIX = "anthropic-ratelimit-"
LONGEST_RETRY_AFTER = 86_400.0
"""Seconds: a server that names more (or the year 9999) is asked again after a day, which every clock can hold."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request to the API."""

    operation: str
    """As in `Call.operation`."""
    method: str
    path: str
    """Below the base URL, quoted."""
    patience: float
    """Seconds without a byte after which it is given up."""
    batch_id: str | None = None
    query: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    body: UploadBody | None = None
    """The body of a create; every other request has `content` or no body."""


def to_api_call(
    ask: ApiRequest,
    *,
    at: datetime,
    milliseconds: int,
    response: httpx2.Response | None,
    error: str | None,
    answered_at: datetime | None = None,
) -> ApiCall:
    """Return an exchange as the journal records it: without content and credentials."""
    headers: Mapping[str, str] = response.headers if response is not None else {}
    return ApiCall(
        operation=ask.operation,
        method=ask.method,
        path=ask.path,
        at=at,
        milliseconds=milliseconds,
        status=response.status_code if response is not None else None,
        request_id=header(headers, "request-id"),
        batch_id=ask.batch_id,
        error=error,
        retry_after=retry_after(headers, now=at),
        organization_id=header(headers, "anthropic-organization-id"),
        workspace_id=header(headers, "anthropic-workspace-id"),
        server_time=server_time(headers),
        answered_at=answered_at,
        ratelimit=_limits(headers),
    )


def account_of(headers: Mapping[str, str], base_url: str) -> Account:
    """Return the account that a response names, at this address."""
    return Account(base_url, header(headers, "anthropic-organization-id"), header(headers, "anthropic-workspace-id"))


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """Return the `Date` of a response; None without one that can be read."""
    return _http_date(headers.get("date"))


def retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Return the seconds that the server asks to wait; None where it does not.

    It sends `retry-after-ms`, or `retry-after` in seconds or as a date.

    A date counts from the server's own Date where it sends one, since clocks differ. Never below 0, never more than
    `LONGEST_RETRY_AFTER`.
    """
    # The finer one first, as the SDK reads them (anthropic._base_client, _parse_retry_after_header).
    milliseconds = _positive(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return _clamped(milliseconds / 1000)
    said = headers.get("retry-after")
    seconds = _positive(said)
    if seconds is not None:
        return _clamped(seconds)
    until = _http_date(said)
    if until is None:
        return None
    return _clamped((until - (server_time(headers) or now)).total_seconds())


def _clamped(seconds: float) -> float:
    return min(max(0.0, seconds), LONGEST_RETRY_AFTER)


def _positive(said: str | None) -> float | None:
    try:
        value = float(said or "")
    except ValueError:
        return None
    # float() also reads `nan` and `inf`, which would never end a wait.
    return max(0.0, value) if math.isfinite(value) else None


def _http_date(said: str | None) -> datetime | None:
    if not said:
        return None
    try:
        moment = parsedate_to_datetime(said)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def header(headers: Mapping[str, str], name: str) -> str | None:
    """Return a header, shortened and without keys; None where there is none."""
    said = headers.get(name)
    return redact(said, _LONGEST_HEADER) if said else None


def _limits(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    found = (
        (name.lower().removeprefix(_LIMIT_PREFIX)[:_LONGEST_HEADER], redact(value, _LONGEST_HEADER))
        for name, value in headers.items()
        if name.lower().startswith(_LIMIT_PREFIX)
    )
    return tuple(sorted(found))[:_MOST_LIMITS]
