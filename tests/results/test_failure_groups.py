"""Failures by kind, and what to do about each."""

from __future__ import annotations

import pytest

from batchtui.domain.results.result import Outcome
from batchtui.results.failure_groups import MAX_GROUPS, FailureGrouper, SuggestedAction, message_pattern, suggest_action
from batchtui.results.line_parser import parse_line
from tests.support.lines import bare, errored, succeeded


@pytest.mark.parametrize(
    ("message", "pattern"),
    [
        ("max_tokens: 100000 > 64000, which is the maximum", "max_tokens: # > #, which is the maximum"),
        ("messages.3.content.12: Field required", "messages.#.content.#: Field required"),
        ("model: claude-sonet-4-5", "model: claude-sonet-4-5"),
        ("File file_011CNha8iCJcU1wXNR6q4V8w not found", "File # not found"),
        ("prompt is too long: 1,234,567 tokens > 200,000", "prompt is too long: # tokens > #"),
        ("no such id 1b4e28ba-2fa1-11d2-883f-0016d3cca427", "no such id #"),
        ("Internal server error", "Internal server error"),
    ],
)
def test_numbers_and_ids_are_taken_out(message: str, pattern: str) -> None:
    assert message_pattern(message) == pattern


def test_messages_that_differ_in_numbers_are_one_group_with_the_first_as_its_example() -> None:
    grouper = FailureGrouper()
    ids = [grouper.place(parse_line(errored(f"r-{n}", message=f"messages.{n}: Field required"))) for n in (3, 4, 5)]
    (group,) = grouper.groups()
    assert ids == [group.id] * 3
    assert (group.count, group.example_id, group.example) == (3, "r-3", "messages.3: Field required")


def test_a_success_is_in_no_group() -> None:
    grouper = FailureGrouper()
    assert grouper.place(parse_line(succeeded("a", "hello"))) == 0
    assert grouper.groups() == []


def test_outcomes_without_a_message_group_by_outcome_and_stop_reason() -> None:
    grouper = FailureGrouper()
    lines = [
        succeeded("a", "x", stop_reason="max_tokens"),
        succeeded("b", "y", stop_reason="max_tokens"),
        succeeded("c", "z", stop_reason="model_context_window_exceeded"),
        bare("d", "expired"),
    ]
    for line in lines:
        grouper.place(parse_line(line))
    assert [(group.stop_reason, group.count) for group in grouper.groups()] == [
        ("max_tokens", 2),
        ("model_context_window_exceeded", 1),
        (None, 1),
    ]


def test_the_number_of_groups_is_bounded_and_every_failure_is_counted() -> None:
    grouper = FailureGrouper()
    words = [f"{a}{b}" for a in "abcdefghijklmnopqrst" for b in "abcdefghijklmnopqrst"]
    for word in words:
        grouper.place(parse_line(errored("a", message=word)))
    groups = grouper.groups()
    assert len(groups) == MAX_GROUPS + 1
    assert sum(group.count for group in groups) == len(words)


@pytest.mark.parametrize(
    ("outcome", "error_type", "stop_reason", "act"),
    [
        (Outcome.ERRORED, "api_error", None, SuggestedAction.RESEND),
        (Outcome.ERRORED, "overloaded_error", None, SuggestedAction.RESEND),
        (Outcome.ERRORED, "timeout_error", None, SuggestedAction.RESEND),
        (Outcome.ERRORED, "rate_limit_error", None, SuggestedAction.RESEND),
        (Outcome.ERRORED, "invalid_request_error", None, SuggestedAction.EDIT),
        (Outcome.ERRORED, "not_found_error", None, SuggestedAction.EDIT),
        (Outcome.ERRORED, "permission_error", None, SuggestedAction.EDIT),
        (Outcome.ERRORED, "solar_flare_error", None, SuggestedAction.LEAVE),
        (Outcome.ERRORED, None, None, SuggestedAction.LEAVE),
        (Outcome.TRUNCATED, None, "max_tokens", SuggestedAction.RAISE),
        (Outcome.TRUNCATED, None, "model_context_window_exceeded", SuggestedAction.EDIT),
        (Outcome.REFUSED, None, "refusal", SuggestedAction.LEAVE),
        (Outcome.CANCELED, None, None, SuggestedAction.RESEND),
        (Outcome.EXPIRED, None, None, SuggestedAction.RESEND),
    ],
)
def test_each_kind_of_failure_has_its_advice(
    outcome: Outcome, error_type: str | None, stop_reason: str | None, act: SuggestedAction
) -> None:
    advice = suggest_action(outcome, error_type, stop_reason)
    assert advice.action is act
    assert advice.sentence.endswith(".")
