"""Shorten text from outside and remove anything that looks like a key: `redact`."""

from __future__ import annotations

import re
from collections.abc import Mapping

LONGEST = 600
"""Characters of the API's own message that are kept: it may be anything, of any length."""

_KEY = re.compile(r"sk-ant-[\w-]+|(?<=Bearer )\S+", re.IGNORECASE)
_USER_IN_URL = re.compile(r"(?<=://)[^/@\s]+@")


def redact(words: object, longest: int = LONGEST) -> str:
    """Return text from outside as one line of at most `longest` characters, without keys.

    It may still contain control characters: what shows it passes it through `text.safe`.
    """
    # Cut before anything is searched: the text may be megabytes.
    line = " ".join(str(words)[: 4 * longest].split())
    line = _USER_IN_URL.sub("", _KEY.sub("[key]", line))
    return line if len(line) <= longest else line[: longest - 1] + "…"


def error_message(body: object) -> str:
    """Return the message in an error body; empty where there is none.

    The API sends `{"error": {"message"}}`; proxies and other servers send it flat, or as `detail`.
    """
    for part in (dig(body, "error"), body):
        if isinstance(part, str) and part is not body:
            return redact(part)
        message = dig(part, "message") or dig(part, "detail")
        if isinstance(message, str):
            return redact(message)
    return ""


def dig(value: object, *keys: str) -> object:
    """Return the value at a path of keys in nested objects; None where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
