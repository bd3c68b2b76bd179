"""Group failures by message pattern, and suggest what to do about each group: `FailureGrouper`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from batchtui.domain.results.result import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchtui.results.line_parser import ResultLine

MAX_GROUPS = 200
"""Kinds of messages kept apart for one type of error; the rest are counted together."""
# The model first: its digits distinguish failures. A hexadecimal word needs a digit, or `deadbeefdeadbeef`-like words
# would go, too.
_VARIABLE = re.compile(
    r"(?P<model>\bclaude-[\w.@:-]+)"
    r"|\b(?:msg|req|workerreq|toolu|srvtoolu|file|msgbatch|container)_\w+"
    r"|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
    r"|\b(?=[0-9a-f]*\d)[0-9a-f]{16,}\b"
    r"|\d+(?:[.,]\d+)*"
)
_CACHED_MESSAGES = 10_000


class SuggestedAction(StrEnum):
    """What to do about a failure."""

    RESEND = "resend"
    """Send it again as it is."""
    RAISE = "raise_max_tokens"
    """Send it again with a larger max_tokens."""
    EDIT = "edit"
    """It fails again unless the request changes."""
    LEAVE = "leave"
    """A person has to look; sending again is not expected to help."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about one kind of failure, and why."""

    action: SuggestedAction
    sentence: str


_BY_ERROR: Mapping[str, Advice] = {
    "api_error": Advice(SuggestedAction.RESEND, "The service failed; the request is fine."),
    "overloaded_error": Advice(SuggestedAction.RESEND, "The service was overloaded; the request is fine."),
    "timeout_error": Advice(SuggestedAction.RESEND, "The service took too long; the request is fine."),
    "rate_limit_error": Advice(SuggestedAction.RESEND, "A rate limit was reached; the request is fine."),
    "billing_error": Advice(SuggestedAction.RESEND, "Retry once the account has credit."),
    "invalid_request_error": Advice(SuggestedAction.EDIT, "The request is invalid; change it."),
    "not_found_error": Advice(SuggestedAction.EDIT, "It names a model or a file that does not exist."),
    "request_too_large": Advice(SuggestedAction.EDIT, "The request is too large."),
    "permission_error": Advice(SuggestedAction.EDIT, "The key lacks a permission that the request needs."),
    "authentication_error": Advice(SuggestedAction.EDIT, "The key was rejected."),
}
_BY_STOP: Mapping[str, Advice] = {
    "max_tokens": Advice(SuggestedAction.RAISE, "Truncated at max_tokens; the same limit truncates it again."),
    "model_context_window_exceeded": Advice(SuggestedAction.EDIT, "The context window was full; shorten the request."),
}
_BY_OUTCOME: Mapping[Outcome, Advice] = {
    Outcome.TRUNCATED: Advice(SuggestedAction.RAISE, "The answer was truncated."),
    Outcome.REFUSED: Advice(SuggestedAction.LEAVE, "The model refused; the same request is refused again."),
    Outcome.PAUSED: Advice(SuggestedAction.LEAVE, "Paused: `batchtui continue` sends the conversation on."),
    Outcome.EMPTY: Advice(SuggestedAction.RESEND, "The answer is empty."),
    Outcome.INVALID: Advice(
        SuggestedAction.LEAVE, "The answer is not valid JSON, which was requested; read an example first."
    ),
    Outcome.CANCELED: Advice(SuggestedAction.RESEND, "Canceled before it was processed; not billed."),
    Outcome.EXPIRED: Advice(SuggestedAction.RESEND, "Expired before it was processed; not billed."),
    Outcome.ERRORED: Advice(SuggestedAction.LEAVE, "An unknown error type; read an example first."),
    Outcome.UNRECOGNIZED: Advice(SuggestedAction.LEAVE, "An unknown result type; read an example first."),
}
_FINE = Advice(SuggestedAction.LEAVE, "Nothing to do.")


def suggest_action(outcome: Outcome, error_type: str | None = None, stop_reason: str | None = None) -> Advice:
    """Return what to do about one kind of failure (documentation of API errors)."""
    otherwise = _BY_OUTCOME.get(outcome, _FINE)
    if outcome is Outcome.ERRORED:
        return _BY_ERROR.get(error_type or "", otherwise)
    if outcome is Outcome.TRUNCATED:
        return _BY_STOP.get(stop_reason or "", otherwise)
    return otherwise


def message_pattern(message: str) -> str:
    """Return the message with numbers and ids replaced by `#`; names of models stay: they distinguish failures."""
    return _VARIABLE.sub(lambda found: found["model"] or "#", message)


Kind = tuple[Outcome, str | None, str | None, str]
"""Outcome, type of error, stop reason, and the message with its numbers taken out."""


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """All failures of one kind in one set of results."""

    id: int
    """From 1; results that need no second look are in group 0."""
    outcome: Outcome
    error_type: str | None
    stop_reason: str | None
    pattern: str
    """The message with its numbers taken out; empty where there is none, `…` where too many kinds are together."""
    count: int
    example_id: str
    """custom_id of the first of them."""
    example: str
    """Its message, or the beginning of its answer."""

    @property
    def kind(self) -> Kind:
        """Identifies the group; the same in every set of results."""
        return self.outcome, self.error_type, self.stop_reason, self.pattern

    @property
    def advice(self) -> Advice:
        """What to do about it."""
        return suggest_action(self.outcome, self.error_type, self.stop_reason)


class FailureGrouper:
    """Sorts readings into groups as they pass. Holds one entry for a group, never one for a result."""

    def __init__(self) -> None:
        self._ids: dict[tuple[Outcome, str | None, str | None, str], int] = {}
        self._counts: list[int] = [0]
        self._examples: list[tuple[str, str]] = [("", "")]
        self._patterns: dict[str, str] = {}
        self._kinds: dict[str | None, int] = {}

    def place(self, reading: ResultLine) -> int:
        """Return the id of the reading's group, 0 for a success."""
        outcome = reading.outcome
        if outcome is Outcome.SUCCEEDED or outcome is Outcome.TOOL_USE:
            return 0
        has_message = outcome is Outcome.ERRORED or outcome is Outcome.UNRECOGNIZED
        pattern = self._pattern(reading.message) if has_message and reading.message else ""
        key = (outcome, reading.error_type, reading.stop_reason, pattern)
        group = self._ids.get(key)
        if group is None:
            group = self._open(key, reading)
        self._counts[group] += 1
        return group

    def groups(self) -> list[FailureGroup]:
        """Return all groups, in order of their ids."""
        return [
            FailureGroup(group, *key, self._counts[group], *self._examples[group]) for key, group in self._ids.items()
        ]

    def _pattern(self, message: str) -> str:
        pattern = self._patterns.get(message)
        if pattern is None:
            pattern = message_pattern(message)
            # Bounded: a server may put a new id into every message.
            if len(self._patterns) < _CACHED_MESSAGES:
                self._patterns[message] = pattern
        return pattern

    def _open(self, key: tuple[Outcome, str | None, str | None, str], reading: ResultLine) -> int:
        error_type = key[1]
        kinds = self._kinds[error_type] = self._kinds.get(error_type, 0) + 1
        if kinds > MAX_GROUPS:
            key = (key[0], self._known_type(error_type), None, "…")
            if key in self._ids:
                return self._ids[key]
        group = self._ids[key] = len(self._counts)
        self._counts.append(0)
        self._examples.append((reading.custom_id, reading.message))
        return group

    def _known_type(self, error_type: str | None) -> str | None:
        return error_type if error_type in _BY_ERROR else None
