"""Import the SDK late, and open its client on a connection that follows no redirect: `open_client`."""

from __future__ import annotations

import gc
import importlib
import logging
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.errors import CredentialsMissing, UsageError
from batchtui.gateway.lazy_import import lazy_submodules
from batchtui.gateway.redaction import redact
from batchtui.gateway.surroundings import open_http_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anthropic import AsyncAnthropic


_importing = threading.Lock()
_USED = (
    "AsyncAnthropic",
    "DefaultAsyncHttpxClient",
    "AnthropicError",
    "APIError",
    "APIStatusError",
    "APIConnectionError",
)
"""What this room uses of the SDK."""
_LATER = ("httpcore2", "anyio._backends._asyncio")
"""What the SDK would import when its first client is made and its first request goes out: as well at once."""
_SET_ASIDE_BY_PYTHON = 1_000
"""Objects at most that an interpreter begins with set aside: 375 in CPython 3.12, none in 3.11 and 3.13."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Time-outs in seconds, each for a time in which no byte arrives or leaves."""

    connect: float = 10.0
    answer: float = 60.0
    """For everything that is answered at once."""
    create: float = 600.0
    """Between the last byte of a body and its answer: the API reads and checks up to 256 MB first."""
    message: float = 600.0
    """For one real-time message; the API's own limit for requests that are not streamed."""
    stall: float = 60.0
    """Between two blocks of results."""


def open_client(*, base_url: str | None, profile: str | None, api_key: str | None) -> AsyncAnthropic:
    """Return the SDK's client. The first call imports the SDK, which takes half a second: call it in a thread.

    It never retries, and it follows no redirect: those that the SDK's own client would follow can
    repeat a body, and send it to another host.

    Raises:
        CredentialsMissing: the profile cannot be read, or the key cannot be a key.
        UsageError: the base URL is none, a profile and a key are both given, or a proxy or a certificate of the
            environment cannot be used.
    """
    import_sdk()
    anthropic, httpx2 = importlib.import_module("anthropic"), importlib.import_module("httpx2")
    http_client = open_http_client()
    try:
        client: AsyncAnthropic = anthropic.AsyncAnthropic(
            base_url=base_url,
            profile=profile,
            api_key=api_key,
            # A create that is retried may exist twice.
            max_retries=0,
            http_client=http_client,
            open_telemetry=False,
        )
    except anthropic.AnthropicError as error:
        raise CredentialsMissing(
            f"The credentials cannot be used: {redact(error)}", hint="`batchtui doctor` says where it looked."
        ) from None
    except (httpx2.InvalidURL, ValueError) as error:
        raise UsageError(f"Cannot connect: {redact(error)}", hint="Check --profile and ANTHROPIC_BASE_URL.") from None
    _check_address(client)
    _check_key(client)
    return client


def _check_address(client: AsyncAnthropic) -> None:
    if client.base_url.scheme not in ("http", "https") or not client.base_url.host:
        raise UsageError(
            "ANTHROPIC_BASE_URL is not a valid address.",
            hint="Set ANTHROPIC_BASE_URL to something like https://api.anthropic.com; a path may follow.",
        )


def _check_key(client: AsyncAnthropic) -> None:
    """Refuse a key that no header can carry: the HTTP layer would quote it in its error message."""
    # Without both the SDK looks further along its chain at the first call.
    key = client.api_key or client.auth_token or ""
    if key.isascii() and key.isprintable() and key == key.strip():
        return
    raise CredentialsMissing(
        "The API key contains a line break, a space at an end, or an invalid character.",
        hint="Copy it again, without the line break at its end.",
    )


def import_sdk() -> None:
    """Import what is used of the SDK, quietly, in a third of the time. Safe to call from any thread, and again.

    Of its 3,000 modules 900 are needed; the others come when somebody asks for a name of theirs. They are made of
    objects that stay, so nothing is looked through for garbage meanwhile. Where the process has set aside what it
    started with (the dashboard has), they are set aside, too: to look through them afterwards would hold a key up.
    """
    with _importing:
        was_enabled = gc.isenabled() and "anthropic" not in sys.modules
        if was_enabled:
            gc.disable()
        try:
            with _quiet_import(), lazy_submodules("anthropic"):
                anthropic = importlib.import_module("anthropic")
                for name in _USED:
                    getattr(anthropic, name)
                for module in _LATER:
                    importlib.import_module(module)
        finally:
            if was_enabled:
                if gc.get_freeze_count() > _SET_ASIDE_BY_PYTHON:
                    gc.freeze()
                gc.enable()


@contextmanager
def _quiet_import() -> Iterator[None]:
    """Keep the SDK off the terminal: with ANTHROPIC_LOG set, its import makes the root logger write to stderr.

    The root logger is not set up while it has a handler, so it gets one for as long as the import takes. A handler
    of their own also keeps the SDK's warnings from logging's last resort, which is stderr again; they still reach
    whatever handlers the program that uses batchtui has set up.
    """
    root, silence = logging.getLogger(), logging.NullHandler()
    for name in ("anthropic", "httpx2", "httpcore2"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
    root.addHandler(silence)
    try:
        yield
    finally:
        root.removeHandler(silence)
