"""Shorten text from outside and remove keys: what looks like one, and those that were sent: `redact`."""

from __future__ import annotations

import re
from collections.abc import Mapping

LONGEST = 600
"""Characters of the API's own message that are kept: it may be anything, of any length."""

_KEY = re.compile(r"sk-ant-[\w-]+|(?<=Bearer )\S+", re.IGNORECASE)
_USER_IN_URL = re.compile(r"(?<=://)[^/@\s]+@")


_SHORTEST_SECRET = 6
"""Characters; masking a shorter one would garble ordinary words."""
_sent: dict[str, re.Pattern[str]] = {}
"""Every credential that this process has sent, with all its spellings."""


def remember_secret(secret: str) -> None:
    """Have `redact` mask this credential from now on, whatever it looks like.

    A gateway's keys and tokens have any shape, and a server may echo one in an id, a header or an error message: as it
    is, escaped for a URL, for JSON or for HTML, or escaped twice.
    """
    if len(secret) >= _SHORTEST_SECRET and secret not in _sent:
        _sent[secret] = re.compile("".join(map(_any_spelling, secret)), re.IGNORECASE)


def _any_spelling(char: str) -> str:
    """Return an expression for one character, as it is or escaped."""
    code, bytes_ = ord(char), char.encode("utf-8", "surrogatepass")
    spellings = (
        rf"\\*{re.escape(char)}",
        rf"\\+u{code:04x}",
        "".join(f"%(?:25)*{byte:02x}" for byte in bytes_),
        f"&#(?:0*{code}|x0*{code:x});",
    )
    return f"(?:{'|'.join(spellings)})"


def redact(words: object, longest: int = LONGEST) -> str:
    """Return text from outside as one line of at most `longest` characters, without keys.

    It may still contain control characters: what shows it passes it through `text.safe`.
    """
    # Cut before anything is searched: the text may be megabytes.
    line = " ".join(str(words)[: 4 * longest].split())
    for secret in _sent.values():
        line = secret.sub("[key]", line)
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
