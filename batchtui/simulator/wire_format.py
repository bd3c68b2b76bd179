"""The shapes on the wire: ids, timestamps, headers, batch objects and error bodies, as the real service sends them."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any

# Ids of the service hold no 0, O, I or l.
BASE58 = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BYTE_TO_SIGN = bytes(BASE58[byte % 58] for byte in range(256))
ORGANIZATION_ID = "5d1f0a52-0c7e-4f6b-9a31-7b2c4e8d6f10"
WORKSPACE_ID = "wrkspc_01SimXW3YzUeytZsFc9LHFxP"
USUAL_ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("invalid_request_error", "The request is not valid."),
    401: ("authentication_error", "invalid x-api-key"),
    403: ("permission_error", "Your API key does not have permission to use the specified resource."),
    404: ("not_found_error", "Not found"),
    408: ("timeout_error", "The request timed out."),
    409: ("invalid_request_error", "The request conflicts with another one that is being processed."),
    413: ("request_too_large", "Request exceeds the maximum size"),
    429: ("rate_limit_error", "This request would exceed your organization's rate limit. Please try again later."),
    500: ("api_error", "Internal server error"),
    503: ("api_error", "Service temporarily unavailable"),
    504: ("timeout_error", "Request timed out while waiting for an upstream answer"),
    529: ("overloaded_error", "Overloaded"),
}
"Status → the error's type and a sentence, from the documentation's list of errors."

EDGE_PAGE = (
    "<html>\r\n<head><title>{status} {title}</title></head>\r\n<body>\r\n<center><h1>{status} {title}</h1></center>\r\n"
    "<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
)
EDGE_TITLES: Mapping[int, str] = {413: "Request Entity Too Large", 502: "Bad Gateway"}


class ApiError(Exception):
    """An error answer of the service: a status, a type, a sentence. It never means that the simulator failed."""

    def __init__(
        self,
        status: int,
        message: str = "",
        *,
        error_type: str = "",
        error_code: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        usual_type, usual_message = USUAL_ERRORS.get(status, ("api_error", "Internal server error"))
        super().__init__(message or usual_message)
        self.status = status
        self.error_type = error_type or usual_type
        self.message = message or usual_message
        self.error_code = error_code
        self.headers = dict(headers or {})

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON body that goes with the status."""
        error: dict[str, Any] = {"type": self.error_type, "message": self.message}
        # `details` stands first, as in recorded answers.
        if self.error_code:
            error = {"details": {"error_visibility": "user_facing", "error_code": self.error_code}, **error}
        return {"type": "error", "error": error, "request_id": request_id}


def edge_page(status: int) -> str:
    """What the edge in front of the service says: HTML, not JSON."""
    return EDGE_PAGE.format(status=status, title=EDGE_TITLES.get(status, "Error"))


def make_id(prefix: str, *origin: object) -> str:
    """An id in the service's style, `msgbatch_01` and 22 signs of base 58, that follows from its origin alone."""
    digest = hashlib.blake2b(repr(origin).encode(), digest_size=22).digest()
    return f"{prefix}_01{digest.translate(_BYTE_TO_SIGN).decode()}"


def timestamp(moment: datetime | None) -> str | None:
    """A moment as the service writes it: `2026-08-19T14:44:51.493319+00:00`."""
    return None if moment is None else moment.isoformat(timespec="microseconds")


def batch_object(
    batch_id: str,
    *,
    status: str,
    counts: Mapping[str, int],
    created_at: datetime,
    expires_at: datetime,
    ended_at: datetime | None,
    archived_at: datetime | None,
    cancel_initiated_at: datetime | None,
    results_url: str | None,
) -> dict[str, Any]:
    """A message batch as the service shows it, keys in the recorded order."""
    return {
        "id": batch_id,
        "type": "message_batch",
        "processing_status": status,
        "request_counts": dict(counts),
        "ended_at": timestamp(ended_at),
        "created_at": timestamp(created_at),
        "expires_at": timestamp(expires_at),
        "archived_at": timestamp(archived_at),
        "cancel_initiated_at": timestamp(cancel_initiated_at),
        "results_url": results_url,
    }


def standing_headers(request_id: str, now: datetime) -> dict[str, str]:
    """The headers that every answer carries; the date is the service's clock, which need not be the client's."""
    return {
        "date": format_datetime(now, usegmt=True),
        "request-id": request_id,
        "anthropic-organization-id": ORGANIZATION_ID,
        "anthropic-workspace-id": WORKSPACE_ID,
        "server": "cloudflare",
        "x-robots-tag": "none",
        "cf-cache-status": "DYNAMIC",
        "vary": "Accept-Encoding",
    }


def rate_headers(limit: int, remaining: int, reset: datetime) -> dict[str, str]:
    """The rate-limit headers of the requests a minute."""
    return {
        "anthropic-ratelimit-requests-limit": str(limit),
        "anthropic-ratelimit-requests-remaining": str(remaining),
        "anthropic-ratelimit-requests-reset": reset.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def disposition(batch_id: str) -> str:
    """The content-disposition of a results download, as recorded in 2026."""
    return f"attachment; filename*=utf-8''{batch_id}_results.jsonl"
