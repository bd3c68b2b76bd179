"""Make the HTTP client that the SDK uses from proxies and certificates of the environment: `open_http_client`.

What the environment says wrongly is a UsageError that names the variable. Values are not quoted: a proxy's address may
hold a password.
"""

from __future__ import annotations

import importlib
import re
import ssl
from base64 import b64decode
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.request import getproxies

from batchtui.domain.errors import UsageError
from batchtui.gateway.redaction import remember_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx2

_READER = "get_environment_proxies"
_SUBNET = re.compile(r"all://\*?\[([0-9a-fA-F:.]+)(?:\]/\d+|/\d+\]|\])")
"""An IPv6 address of NO_PROXY, with or without the length of its prefix, as the SDK makes a pattern of it."""


def open_http_client() -> httpx2.AsyncClient:
    """Build the SDK's own HTTP client. It follows no redirect: that could repeat a body, and send it to another host.

    Raises:
        UsageError: where a proxy or a certificate of the environment cannot be used.
    """
    anthropic, httpx2_module = importlib.import_module("anthropic"), importlib.import_module("httpx2")
    _mend_no_proxy()
    try:
        client: httpx2.AsyncClient = anthropic.DefaultAsyncHttpxClient(
            follow_redirects=False, event_hooks={"request": [_remember_credentials]}
        )
    except ImportError:
        raise UsageError(
            f"{_socks_variables()} names a SOCKS proxy, which needs the package `socksio`.",
            hint="Run `pip install 'batchtui[socks]'`, or unset the variable.",
        ) from None
    except (ssl.SSLError, OSError) as error:
        reason = "it contains no certificate" if isinstance(error, ssl.SSLError) else (error.strerror or "").lower()
        raise UsageError(
            f"The certificates cannot be read: {reason}.", hint="Check SSL_CERT_FILE and SSL_CERT_DIR."
        ) from None
    except (httpx2_module.InvalidURL, ValueError):
        raise UsageError(
            "The proxy's address is invalid.",
            hint="Check HTTP_PROXY, HTTPS_PROXY and ALL_PROXY; they look like http://host:port.",
        ) from None
    return client


async def _remember_credentials(request: httpx2.Request) -> None:
    """Have whatever a request proves its sender with masked wherever a server echoes it.

    Only here are all of them known: a key, the token of a profile, and headers of the user's own.
    """
    for name in ("x-api-key", "authorization", "proxy-authorization"):
        scheme, _, credential = request.headers.get(name, "").rpartition(" ")
        remember_secret(credential)
        if scheme.lower() == "basic":
            with suppress(ValueError):
                remember_secret(b64decode(credential).decode().partition(":")[2])
    remember_secret(request.url.password)


def _socks_variables() -> str:
    names = [f"{scheme.upper()}_PROXY" for scheme, url in getproxies().items() if url.lower().startswith("socks")]
    return " and ".join(names) or "A variable"


def _mend_no_proxy() -> None:
    """Have the SDK leave out what it cannot read in NO_PROXY.

    SDK 2.11 makes a pattern of every entry; `fd00::/8` becomes one that no URL can be, and the client is not built.
    httpx2 reads the same variable without fault, but is not asked when the SDK chooses the transport.
    """
    base_client = importlib.import_module("anthropic._base_client")
    read: Callable[[], Mapping[str, str | None]] | None = getattr(base_client, _READER, None)
    if read is None or getattr(read, "is_mended", False):
        return

    def mended() -> dict[str, str | None]:
        patterns = ((_SUBNET.sub(r"all://[\1]", pattern), proxy) for pattern, proxy in read().items())
        return {pattern: proxy for pattern, proxy in patterns if proxy is not None or _is_url(pattern)}

    mended.is_mended = True  # type: ignore[attr-defined]
    setattr(base_client, _READER, mended)


def _is_url(pattern: str) -> bool:
    httpx2_module = importlib.import_module("httpx2")
    try:
        httpx2_module.URL(pattern)
    except (httpx2_module.InvalidURL, ValueError):
        return False
    return True
