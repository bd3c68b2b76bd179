"""Post a document to an address of the user: `post`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import BatchtuiError

if TYPE_CHECKING:
    from batchtui.domain.clock import Clock

PATIENCE = 10.0
"""Seconds for a connection, and for each step of the exchange."""
PAUSES = (1.0, 5.0)
"""Seconds before the second and the third try."""
WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})


class WebhookFailed(BatchtuiError):
    """A document could not be delivered. The message never names the address, which often is a secret."""

    type = "webhook"
    title = "Webhook failed"


async def post(url: str, document: dict[str, Any], clock: Clock) -> None:
    """Post a document as JSON, and try again a few times. Redirects are not followed: only this host was named.

    Raises:
        WebhookFailed: no try was answered with a 2xx.
    """
    content = json.dumps(document).encode()
    for pause in (*PAUSES, None):
        failure, is_final = await _try(url, content)
        if not failure:
            return
        if pause is None or is_final:
            raise WebhookFailed(failure)
        await clock.sleep(pause)


async def _try(url: str, content: bytes) -> tuple[str, bool]:
    """Post once. Returns what went wrong, empty where nothing did, and whether to stop trying."""
    import httpx2

    headers = {"content-type": "application/json", "user-agent": "batchtui"}
    try:
        async with (
            httpx2.AsyncClient(timeout=PATIENCE, follow_redirects=False) as client,
            # Streamed: only the status counts, and an answer of any length is not read.
            client.stream("POST", url, content=content, headers=headers) as answer,
        ):
            status = answer.status_code
    except httpx2.InvalidURL:
        return "its address cannot be read", True
    except httpx2.HTTPError as error:
        return type(error).__name__, False
    if 200 <= status < 300:
        return "", True
    return f"it responded with {status}", status not in WORTH_ANOTHER_TRY
