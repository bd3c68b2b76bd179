"""Why no connection came about, in words that a person can act on."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

from batchtui.gateway.redaction import told

if TYPE_CHECKING:
    from collections.abc import Iterator


def reason(cause: BaseException) -> str:
    """Name the reason that lies deepest and is understood; part of a sentence, without a full stop."""
    chain = list(_causes(cause))
    for found in chain:
        if isinstance(found, ssl.SSLError):
            why = getattr(found, "verify_message", "") or found.reason or found
            return f"the secure connection failed ({told(why, 120)})"
        if isinstance(found, socket.gaierror):
            return "the name of the server is not known here (no network, or a typing error in the address)"
        if isinstance(found, ConnectionRefusedError):
            return "the connection was refused"
    if any("Timeout" in type(found).__name__ for found in chain):
        return "no connection came about in time"
    return told(cause, 120) or type(cause).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it, each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        found = waiting.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        waiting += [led for led in (found.__cause__, found.__context__) if led is not None]
        waiting += found.exceptions if isinstance(found, BaseExceptionGroup) else ()
