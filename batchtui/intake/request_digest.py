"""Hash what a request asks, so that the same question is known again in another file: `RequestHasher`.

Two requests are the same where their params are, whatever the order of keys and however numbers and characters are
written, for the same API version and beta headers. The custom_id does not count.

What is hashed is `marshal` of version 2 of the values in the order of their sorted keys. JSON with sorted keys would
take five times as long, and this runs for every request of every check. Version 2 knows no references, so equal values
have equal bytes in every Python. SHA-256 has instructions of its own in today's processors, which makes it twice as
fast as BLAKE2 there.
"""

from __future__ import annotations

from hashlib import sha256
from marshal import dumps
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from batchtui.domain.limits import DIGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from batchtui.intake.shapes import Key

_SCHEME = b"batchtui request 1\0"
"""Changes whenever equal requests would get other digests: digests of another scheme never meet these."""
_MARSHAL = 2
_PLAIN_VALUES = frozenset({"model", "max_tokens", "system", "top_k", "stop_sequences", "service_tier", "inference_geo"})
"""Keys of params whose values are strings, whole numbers or lists of strings, and so have one form only."""
_OPEN = b"\1"
"""Behind the digest of a request whose answer also depends on what a server tool or an address says at the time."""
_KEPT_TOOLS = 8


class RequestHasher:
    """Hashes the params of requests that are sent with one API version and one set of beta headers.

    A digest has `DIGEST_BYTES` bytes, and one more where the answer depends on more than the request.
    """

    def __init__(self, api_version: str, betas: Iterable[str] = ()) -> None:
        self._start = _SCHEME + dumps([api_version, sorted(set(betas))], _MARSHAL)
        self._tools: list[tuple[list[dict[str, Any]], tuple[bytes, bytes]]] = []
        self._is_open = False

    def function_for(self, key: Key) -> Callable[[dict[str, Any]], bytes]:
        """Return what hashes the params of requests with this key, as a validator or a JSON parser returned them.

        Most requests are a few strings and numbers, with or without tools: their values are taken as they are, while
        others are walked through.
        """
        names = self._plain_names(key)
        if names is None:
            return self.digest
        start = self._start + b"plain\0" + dumps(names, _MARSHAL)
        values_of, digest_any, known_tools = itemgetter(*names), self.digest, self._known_tools

        def digest(params: dict[str, Any]) -> bytes:
            tools = params.get("tools")
            form, mark = known_tools(tools) if tools else (None, b"")
            values = [start, form, *values_of(params)]
            for message in params["messages"]:
                if len(message) != 2:
                    return digest_any(params)
                values.append(message["role"])
                values.append(message["content"])
            return sha256(dumps(values, _MARSHAL)).digest()[:DIGEST_BYTES] + mark

        return digest

    def function_of_text(self, key: Key, params: dict[str, Any]) -> Callable[[str], bytes] | None:
        """Return what hashes requests that differ from this one only in the text of their single turn.

        All that comes before the text is hashed once. None where requests with this key are walked through.
        """
        names = self._plain_names(key)
        if names is None or len(params["messages"]) != 1 or len(message := params["messages"][0]) != 2:
            return None
        tools = params.get("tools")
        form, mark = self._known_tools(tools) if tools else (None, b"")
        start = self._start + b"plain\0" + dumps(names, _MARSHAL)
        values = [start, form, *itemgetter(*names)(params), message["role"], ""]
        # The last value of a list is the last of its bytes, and version 2 refers to nothing before it.
        head = sha256(dumps(values, _MARSHAL).removesuffix(dumps("", _MARSHAL)))

        def digest(text: str) -> bytes:
            state = head.copy()
            state.update(dumps(text, _MARSHAL))
            return state.digest()[:DIGEST_BYTES] + mark

        return digest

    @staticmethod
    def _plain_names(key: Key) -> list[str] | None:
        """Return the sorted names of params that are hashed as they are; None where they are walked through."""
        names = sorted(frozenset(key.names) - {"messages", "tools"})
        is_plain = _PLAIN_VALUES.issuperset(names) and key.system is None and len(names) > 1
        return names if is_plain and all(type(turn) is str for turn in key.turns) else None

    def digest(self, params: dict[str, Any]) -> bytes:
        """Return the digest of params of any form."""
        self._is_open = bool(params.get("mcp_servers") or params.get("container"))
        tools = params.get("tools")
        others = self._canonical({name: value for name, value in params.items() if name != "tools"})
        form, mark = self._known_tools(tools) if tools else (None, b"")
        found = sha256(dumps([self._start, others, form], _MARSHAL)).digest()[:DIGEST_BYTES]
        return found + (_OPEN if self._is_open else mark)

    def _known_tools(self, tools: list[dict[str, Any]]) -> tuple[bytes, bytes]:
        """Return the digest of a list of tools, and `_OPEN` where the API runs one of them.

        Most requests of a job have the very same list (see `ToolsCache`).
        """
        for known, found in self._tools:
            if known is tools:
                return found
        mark = _OPEN if any(tool.get("type") not in (None, "custom") for tool in tools) else b""
        found = sha256(dumps(self._canonical(tools), _MARSHAL)).digest(), mark
        # The list itself is kept, so that no other one can have its identity.
        self._tools = [(tools, found), *self._tools[: _KEPT_TOOLS - 1]]
        return found

    def _canonical(self, value: Any) -> Any:
        """Return a value of lists, numbers and texts that is the same for equal JSON."""
        kind = type(value)
        if kind is dict:
            # What an address holds can change from one day to the next.
            if value.get("type") == "url":
                self._is_open = True
            flat: list[Any] = [None]  # tells an object from a list
            for name in sorted(value):
                flat.append(name)
                flat.append(self._canonical(value[name]))
            return flat
        if kind is list:
            return [True, *map(self._canonical, value)]
        if kind is float and value.is_integer():
            return int(value)  # 1.0 and 1 are one number in JSON
        return value
