"""One call to the API, as the journal records it: `ApiCall`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One HTTP exchange: what was asked, what came back and how long it took. Never holds content or credentials."""

    # Not derived from the path: paths contain ids, and `log` and scripts group calls by this word.
    operation: str
    """create, retrieve, list, cancel, delete, results, models, count_tokens or message."""
    method: str
    path: str
    at: datetime
    milliseconds: int
    status: int | None = None
    """HTTP status; None where no answer came."""
    request_id: str | None = None
    batch_id: str | None = None
    error: str | None = None
    """Why it failed, in one line."""
    retry_after: float | None = None
    organization_id: str | None = None
    workspace_id: str | None = None
    server_time: datetime | None = None
    """The answer's Date header: tells how far this machine's clock is off."""
    answered_at: datetime | None = None
    """When the headers of the answer were here, by this machine's clock: what `server_time` is compared with."""
    # The documentation names these headers anthropic-ratelimit-requests-remaining and so on.
    ratelimit: tuple[tuple[str, str], ...] = ()
    """The answer's anthropic-ratelimit-* headers, prefix taken off."""
