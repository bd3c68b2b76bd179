"""One result with its request, parsed when a value is asked for: `ExportRecord`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchtui.results.json_line import UnreadableLine, parse_json_object
from batchtui.results.parsed_result import parse_result
from batchtui.results.structured_output import structured_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchtui.domain.results.result import Outcome
    from batchtui.results.parsed_result import ParsedResult


_NONE: Mapping[str, Any] = {}


class ExportRecord:
    """A line of results with the request that led to it. Nothing is parsed before it is asked for, or twice."""

    # Not cached_property: in Python 3.11 that takes a lock, which costs as much as parsing.
    __slots__ = (
        "_answer",
        "_params",
        "_structured",
        "annotations",
        "chat",
        "line",
        "note",
        "original",
        "read_as",
        "request",
        "reused_from",
    )

    def __init__(self, line: bytes, request: bytes | None = None) -> None:
        self.line = line
        self.request = request
        """The whole request, `{"custom_id", "params"}`; None where it is not wanted or not kept."""
        self.original: str | None = None
        """What the data calls the row, where ids were changed on the way."""
        self.note: str | None = None
        """The caller's remark on the row."""
        self.reused_from: str | None = None
        """The batch that made the answer first, where it was reused."""
        self.annotations: Mapping[str, Any] = _NONE
        """What is said beside the answer, by the name of its column: scores, marks."""
        self.chat: dict[str, Any] | None = None
        """The conversation for fine-tuning, where the caller has made it already."""
        self.read_as: Outcome | None = None
        """The outcome by the index, which knows the request; None where the index was not asked."""
        self._answer: ParsedResult | None = None
        self._params: dict[str, Any] | None = None
        self._structured: dict[str, Any] | None = None

    @property
    def answer(self) -> ParsedResult:
        """The line as parsed, which happens at the first need."""
        if self._answer is None:
            self._answer = parse_result(self.line)
        return self._answer

    @property
    def outcome(self) -> Outcome:
        """What became of the request, as closely as is known."""
        return self.read_as or self.answer.outcome

    @property
    def params(self) -> dict[str, Any]:
        """The request's params; empty where there is no request."""
        if self._params is None:
            self._params = _params(self.request)
        return self._params

    @property
    def structured(self) -> dict[str, Any]:
        """The answer as a JSON object; empty where it is not one."""
        if self._structured is None:
            self._structured = structured_value(self.answer) or {}
        return self._structured


def _params(request: bytes | None) -> dict[str, Any]:
    if request is None:
        return {}
    try:
        params = parse_json_object(request).get("params")
    except UnreadableLine:
        return {}
    return params if isinstance(params, dict) else {}
