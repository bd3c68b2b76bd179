"""Parse one result in full, for a person or an exporter: `parse_result`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from batchtui.domain.results.usage import Usage
from batchtui.results.content_blocks import blocks_of
from batchtui.results.json_line import UnreadableLine, parse_json_object
from batchtui.results.line_parser import ResultLine, error_of, first_text, parse_value, unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchtui.domain.results.result import Outcome
    from batchtui.results.content_blocks import Block


@dataclass(frozen=True, slots=True)
class ParsedResult:
    """A line of results with everything that it says. Its strings come from outside and are not made safe here."""

    reading: ResultLine
    line: Mapping[str, Any]
    """The whole line as JSON values; empty where it is no JSON object."""

    @property
    def custom_id(self) -> str:
        """Whose answer it is; empty where the line does not say."""
        return self.reading.custom_id

    @property
    def outcome(self) -> Outcome:
        """What became of the request."""
        return self.reading.outcome

    def with_outcome(self, outcome: Outcome) -> ParsedResult:
        """Return it with this outcome: whether an answer is the JSON that was asked for only its request tells."""
        return replace(self, reading=self.reading._replace(outcome=outcome))

    @property
    def usage(self) -> Usage:
        """Tokens of the message; zeros where nothing was billed."""
        return Usage(*self.reading.tokens)

    @property
    def result(self) -> Mapping[str, Any]:
        """The `result` object, or an empty one."""
        result = self.line.get("result")
        return result if isinstance(result, dict) else {}

    @property
    def message(self) -> Mapping[str, Any]:
        """The message of a succeeded result, or an empty object."""
        message = self.result.get("message")
        return message if isinstance(message, dict) else {}

    @property
    def content(self) -> list[Any]:
        """The blocks of the message as JSON values."""
        content = self.message.get("content")
        if isinstance(content, str):
            return [{"type": "text", "text": content}]
        return content if isinstance(content, list) else []

    @property
    def text(self) -> str:
        """The blocks of type text, joined."""
        # Without the properties above: every row of a table asks for it, and each of them is a call.
        result = self.line.get("result")
        message = result.get("message") if isinstance(result, dict) else None
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list):
            return first_text(content)
        return content if isinstance(content, str) else ""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks, named for people."""
        return blocks_of(self.content)

    @property
    def error(self) -> Mapping[str, Any]:
        """The inner error: `type`, `message` and perhaps `details`; empty where there is none."""
        return error_of(self.result)

    @property
    def error_message(self) -> str:
        """The error's message whole, or an empty text."""
        message = self.error.get("message")
        return message if isinstance(message, str) else ""

    @property
    def tool_calls(self) -> tuple[Mapping[str, Any], ...]:
        """The blocks of type tool_use as JSON values."""
        return tuple(block for block in self.content if isinstance(block, dict) and block.get("type") == "tool_use")

    @property
    def said(self) -> tuple[str, list[tuple[Any, Any]]]:
        """The text, and name and input of each tool call: what two answers are compared by."""
        return self.text, [(call.get("name"), call.get("input")) for call in self.tool_calls]


def parse_result(line: bytes) -> ParsedResult:
    """Parse one raw line in full. Never raises: a line that cannot be read says why."""
    try:
        value = parse_json_object(line)
    except UnreadableLine as failure:
        return ParsedResult(unreadable(failure.custom_id, failure.reason), {})
    return ParsedResult(parse_value(value), value)
