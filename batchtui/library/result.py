"""One result as a program sees it, with its request: `Result`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchtui.domain.results.result import Outcome
    from batchtui.domain.results.usage import Usage
    from batchtui.exporters.record import ExportRecord


class Result:
    """A result with the request that led to it. Nothing is parsed before it is asked for; it never changes."""

    # Slots: a program may keep a million of them.
    __slots__ = ("_entry",)

    def __init__(self, entry: ExportRecord) -> None:
        self._entry = entry

    def __repr__(self) -> str:
        return f"<Result {self.custom_id}: {self.outcome}>"

    @property
    def custom_id(self) -> str:
        """Whose result it is."""
        return self._entry.answer.custom_id

    @property
    def original_id(self) -> str:
        """What the table that `batchtui compose` read calls the row; the custom_id where that is its own name."""
        return self.custom_id if self._entry.original is None else self._entry.original

    @property
    def reused_from(self) -> str | None:
        """The batch that made the answer, where it was reused instead of sending the request; else None."""
        return self._entry.reused_from

    @property
    def note(self) -> str | None:
        """Why it is there although it is incomplete or not this batch's own; None for every other result."""
        return self._entry.note

    @property
    def outcome(self) -> Outcome:
        """What became of the request, read closely: a truncated answer is no success."""
        return self._entry.outcome

    @property
    def succeeded(self) -> bool:
        """Whether nothing about it needs a second look."""
        return self.outcome.is_success

    @property
    def text(self) -> str:
        """The text of the answer; empty where there is none. Texts around a tool call are paragraphs of their own."""
        return self._entry.answer.text

    @property
    def message(self) -> Mapping[str, Any]:
        """The message as the API sent it (`content`, `usage`, `stop_reason`, …); empty without an answer."""
        return self._entry.answer.message

    @property
    def content(self) -> Sequence[Any]:
        """The blocks of the answer, as the API sent them."""
        return self._entry.answer.content

    @property
    def tool_calls(self) -> Sequence[Mapping[str, Any]]:
        """The blocks of type `tool_use`."""
        return self._entry.answer.tool_calls

    @property
    def structured(self) -> Mapping[str, Any]:
        """What the answer says as one JSON object: its JSON text, or the input of its first tool call; else empty."""
        return self._entry.structured

    @property
    def stop_reason(self) -> str | None:
        """Why the model stopped."""
        return self._entry.answer.reading.stop_reason

    @property
    def usage(self) -> Usage:
        """Tokens; zeros where nothing was billed."""
        return self._entry.answer.usage

    @property
    def error(self) -> Mapping[str, Any]:
        """The error (`type`, `message`); empty where there is none."""
        return self._entry.answer.error

    @property
    def params(self) -> Mapping[str, Any]:
        """The params of the request; empty where requests were not asked for, or are not kept here."""
        return self._entry.params

    @property
    def raw(self) -> bytes:
        """The line as the API sent it."""
        return self._entry.line
