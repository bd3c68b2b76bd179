"""Remember lists of tools that were checked, byte for byte: most jobs send the same ones with every request."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic_core import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable

_TOOLS = b'"tools"'
_MOST_KEPT = 8
_LONGEST_KEPT = 1 << 18
_TRIALS = 16
"""How many lists of tools are remembered without one being met again, before remembering is given up."""


class _Known(NamedTuple):
    text: bytes
    """From the quote of the key to the bracket that closes the list."""
    tools: list[dict[str, Any]]


class ToolsCache:
    """Validates requests that hold tools, looking at each list of tools once. It answers as the validator would.

    A request whose tools are known is validated with a stand-in for them, and given them back. The stand-in has a
    name that nobody can guess: where it comes out as the tools of params, the known ones stood just there.
    """

    def __init__(self, validate: Callable[[bytes], Any]) -> None:
        self._validate = validate
        name = secrets.token_hex(8)
        self._stand_in = f'"tools":[{{"name":"{name}","input_schema":{{"type":"object"}}}}]'.encode()
        self._stood_in = [{"name": name, "input_schema": {"type": "object"}}]
        self._known: list[_Known] = []
        self._met = 0
        self._tried = 0

    def validate(self, line: bytes) -> Any:
        """Validate one request.

        Raises:
            ValidationError: exactly as for the whole line.
        """
        start = line.find(_TOOLS)
        if start < 0:
            return self._validate(line)
        for text, tools in self._known:
            if line.startswith(text, start):
                value = self._standing_in(line[:start], line[start + len(text) :])
                if value is None:
                    return self._validate(line)
                value["params"]["tools"] = tools
                self._met += 1
                return value
        value = self._validate(line)
        # Where every request has other tools, remembering them is wasted: it ends unless it has paid.
        if self._tried < _TRIALS + self._met // 4:
            self._learn(line, start, value["params"].get("tools"))
        return value

    def _standing_in(self, before: bytes, after: bytes) -> Any:
        """Validate what stands around the tools; None where something is wrong or they are not those of params."""
        try:
            value = self._validate(b"".join((before, self._stand_in, after)))
        except ValidationError:
            return None
        return value if value["params"].get("tools") == self._stood_in else None

    def _learn(self, line: bytes, start: int, tools: list[dict[str, Any]] | None) -> None:
        """Remember the tools of a request that is right."""
        self._tried += 1
        text = line[start:].decode()
        opening = text.find("[", len(_TOOLS))
        if not tools or opening < 0 or text[len(_TOOLS) : opening].strip() != ":":
            return
        found, end = json.JSONDecoder().raw_decode(text, opening)
        kept = text[:end].encode()
        if found == tools and len(kept) <= _LONGEST_KEPT:
            self._known = [_Known(kept, tools), *self._known[: _MOST_KEPT - 1]]
