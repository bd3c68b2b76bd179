"""One result on its way into a file: its line, its request, and what they say once somebody asks."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from batchtui.answers.answer import Answer, read_answer
from batchtui.answers.envelope import UnreadableLine, read_object
from batchtui.answers.structured import structured_value


class Entry:
    """A line of results with the request that led to it. Nothing is parsed before it is asked for, or twice."""

    def __init__(self, line: bytes, request: bytes | None = None) -> None:
        self.line = line
        self.request = request
        """The whole request, `{"custom_id", "params"}`; None where it is not wanted or not kept."""

    @cached_property
    def answer(self) -> Answer:
        """The line, read."""
        return read_answer(self.line)

    @cached_property
    def params(self) -> dict[str, Any]:
        """The request's params; empty where there is no request."""
        if self.request is None:
            return {}
        try:
            params = read_object(self.request).get("params")
        except UnreadableLine:
            return {}
        return params if isinstance(params, dict) else {}

    @cached_property
    def structured(self) -> dict[str, Any]:
        """What the answer says as one JSON object; empty where it says none."""
        return structured_value(self.answer) or {}
