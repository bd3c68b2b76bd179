"""One result on its way into a file: its line, its request, and what they say once somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchtui.results.json_line import UnreadableLine, parse_json_object
from batchtui.results.parsed_result import parse_result
from batchtui.results.structured_output import structured_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchtui.results.parsed_result import ParsedResult


class ExportRecord:
    """A line of results with the request that led to it. Nothing is parsed before it is asked for, or twice."""

    answer: ParsedResult
    """The line, read."""
    params: dict[str, Any]
    """The request's params; empty where there is no request."""
    structured: dict[str, Any]
    """What the answer says as one JSON object; empty where it says none."""

    original: str | None = None
    """What the data calls the row, where ids were changed on the way."""

    def __init__(self, line: bytes, request: bytes | None = None) -> None:
        self.line = line
        self.request = request
        """The whole request, `{"custom_id", "params"}`; None where it is not wanted or not kept."""

    def __getattr__(self, name: str) -> Any:
        """Read on first use. Not cached_property: in Python 3.11 that takes a lock, which costs as much as parsing."""
        reader = _READERS.get(name)
        if reader is None:
            raise AttributeError(name)
        value = self.__dict__[name] = reader(self)
        return value


def _params(entry: ExportRecord) -> dict[str, Any]:
    if entry.request is None:
        return {}
    try:
        params = parse_json_object(entry.request).get("params")
    except UnreadableLine:
        return {}
    return params if isinstance(params, dict) else {}


_READERS: dict[str, Callable[[ExportRecord], Any]] = {
    "answer": lambda entry: parse_result(entry.line),
    "params": _params,
    "structured": lambda entry: structured_value(entry.answer) or {},
}
