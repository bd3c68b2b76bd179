"""One line into facts: outcomes, both error envelopes, tokens, and everything that can be wrong with a line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from batchtui.domain.results.result import Outcome
from batchtui.domain.results.usage import Usage
from batchtui.results.json_line import shorten_values
from batchtui.results.json_text import MAX_DEPTH
from batchtui.results.line_parser import PREVIEW, parse_line
from batchtui.results.parsed_result import parse_result
from tests.support.lines import USAGE, bare, encoded, errored, succeeded, tool_use

THINKING = {"type": "thinking", "thinking": "17 times 23 is 391.", "signature": "Eo4D"}


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        (succeeded("a", "hello"), Outcome.SUCCEEDED),
        (succeeded("a", "hello", stop_reason="stop_sequence"), Outcome.SUCCEEDED),
        (succeeded("a", "hello", stop_reason=None), Outcome.SUCCEEDED),
        (succeeded("a", "hello", stop_reason="something_new"), Outcome.SUCCEEDED),
        (succeeded("a", "hel", stop_reason="max_tokens"), Outcome.TRUNCATED),
        (succeeded("a", "hel", stop_reason="model_context_window_exceeded"), Outcome.TRUNCATED),
        (succeeded("a", stop_reason="refusal"), Outcome.REFUSED),
        (succeeded("a", "so far", stop_reason="pause_turn"), Outcome.PAUSED),
        (succeeded("a", tool_use("f", {}), stop_reason="tool_use"), Outcome.TOOL_USE),
        (succeeded("a"), Outcome.EMPTY),
        (succeeded("a", " \n"), Outcome.EMPTY),
        (succeeded("a", THINKING), Outcome.EMPTY),
        (succeeded("a", {"type": "hologram"}), Outcome.SUCCEEDED),
        (errored("a"), Outcome.ERRORED),
        (bare("a", "canceled"), Outcome.CANCELED),
        (bare("a", "expired"), Outcome.EXPIRED),
        (bare("a", "postponed"), Outcome.UNRECOGNIZED),
        (bare("a", "succeeded"), Outcome.UNRECOGNIZED),
    ],
)
def test_a_result_is_classified_by_type_and_stop_reason(line: bytes, outcome: Outcome) -> None:
    assert parse_line(line).outcome is outcome


def test_an_unknown_type_keeps_the_word_of_the_api() -> None:
    assert parse_line(bare("a", "postponed")).result_type == "postponed"


@pytest.mark.parametrize(
    "error",
    [
        {"type": "error", "error": {"type": "api_error", "message": "Internal"}, "request_id": None},
        {"error": {"message": "Internal", "type": "api_error"}},
        {"type": "api_error", "message": "Internal"},
    ],
)
def test_both_error_envelopes_are_read(error: dict[str, Any]) -> None:
    reading = parse_line(encoded({"custom_id": "a", "result": {"type": "errored", "error": error}}))
    assert (reading.error_type, reading.message) == ("api_error", "Internal")


@pytest.mark.parametrize("error", [None, "Internal", [], 7, {}])
def test_an_errored_result_without_a_proper_error_is_errored_all_the_same(error: object) -> None:
    reading = parse_line(encoded({"custom_id": "a", "result": {"type": "errored", "error": error}}))
    assert (reading.outcome, reading.error_type) == (Outcome.ERRORED, None)


def test_the_text_is_that_of_the_text_blocks_joined() -> None:
    answer = parse_result(succeeded("a", THINKING, "The answer", {"type": "server_tool_use"}, "It is 391."))
    assert answer.text == "The answer\n\nIt is 391."


def test_a_tool_call_without_words_is_previewed_by_its_input() -> None:
    line = succeeded("a", tool_use("weather", {"city": "Zürich"}), stop_reason="tool_use")
    assert parse_line(line).message == 'weather {"city": "Zürich"}'


def test_tokens_are_read_by_category() -> None:
    usage = {
        **USAGE, "input_tokens": 3, "cache_creation_input_tokens": 30, "cache_read_input_tokens": 7, "output_tokens": 9,
        "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
        "output_tokens_details": {"thinking_tokens": 4}, "server_tool_use": {"web_search_requests": 2},
    }  # fmt: skip
    assert Usage(*parse_line(succeeded("a", "x", usage=usage)).tokens) == Usage(3, 10, 20, 7, 9, 4, 2)


def test_cache_writes_without_a_split_were_for_five_minutes() -> None:
    usage = {"input_tokens": 3, "cache_creation_input_tokens": 30, "output_tokens": 1}
    assert Usage(*parse_line(succeeded("a", "x", usage=usage)).tokens).cache_write_5m_tokens == 30


@pytest.mark.parametrize("count", [None, "12", -1, 1.5, 2**70, [], True])
def test_an_invalid_token_count_is_ignored(count: object) -> None:
    tokens = parse_line(succeeded("a", "x", usage={"input_tokens": count, "output_tokens": 5})).tokens
    assert tokens[0] in (0, 1)
    assert tokens[4] == 5


@pytest.mark.parametrize("usage", [None, 7, "many", []])
def test_a_usage_that_is_none(usage: object) -> None:
    assert sum(parse_line(succeeded("a", "x", usage=usage)).tokens) == 0


def test_the_preview_is_one_line_of_bounded_length() -> None:
    message = parse_line(succeeded("a", "\n\n  First line.\nSecond\tline. " + "x" * 500)).message
    assert message.startswith("First line. Second line. xxx")
    assert len(message) == PREVIEW


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"custom_id":"a","result":{"type":"succ', "not JSON"),
        (b"<html>Bad gateway</html>", "not JSON"),
        (b"[1,2]", "an array instead of an object"),
        (b"null", "a null instead of an object"),
        (b"{}", "the line has no result"),
        (b'{"custom_id":"a"}', "the line has no result"),
        (b'{"custom_id":"a","result":"succeeded"}', "the line has no result"),
    ],
)
def test_a_line_that_is_no_result_is_said_to_be_none(line: bytes, reason: str) -> None:
    reading = parse_line(line)
    assert (reading.outcome, reading.result_type, reading.is_readable) == (Outcome.UNRECOGNIZED, "", False)
    assert reason.replace("an array", "a JSON array").replace("a null", "a JSON null") in reading.message


def test_a_cut_line_still_says_whose_it_was() -> None:
    assert parse_line(b'{"custom_id":"req-7","result":{"type":"succ').custom_id == "req-7"


@pytest.mark.parametrize("custom_id", [None, 7, ["a"], {"b": 1}])
def test_a_custom_id_that_is_no_text_does_not_fail_the_line(custom_id: object) -> None:
    assert parse_line(encoded({"custom_id": custom_id, "result": {"type": "expired"}})).outcome is Outcome.EXPIRED


@pytest.mark.parametrize(
    "content", [None, "plain text", {"type": "text"}, ["text", 7, None, {"type": 7}, {"text": "x"}]]
)
def test_odd_content_does_not_fail_the_line(content: object) -> None:
    line = encoded({"custom_id": "a", "result": {"type": "succeeded", "message": {"content": content}}})
    assert parse_line(line).result_type == "succeeded"
    assert isinstance(parse_result(line).blocks, tuple)


def test_lone_surrogates_become_replacement_characters() -> None:
    line = b'{"custom_id":"a","result":{"type":"succeeded","message":{"content":[{"type":"text","text":"x\\ud800y"}]}}}'
    reading = parse_line(line)
    assert (reading.outcome, reading.message) == (Outcome.SUCCEEDED, "x\ufffdy")


def test_a_surrogate_pair_stays_the_character_it_is() -> None:
    line = b'{"custom_id":"\\ud800","result":{"type":"errored","error":{"message":"\\ud83d\\ude00"}}}'
    assert parse_line(line).message == "\U0001f600"


def test_bytes_that_are_not_utf8_do_not_fail_the_line() -> None:
    line = succeeded("a", "caf?").replace(b"?", b"\xe9")
    assert parse_line(line).message == "caf\ufffd"


@pytest.mark.parametrize("levels", [150, 5_000, 200_000])
def test_deep_nesting_costs_nothing_but_the_depth(levels: int) -> None:
    deep = b'{"a":' * levels + b"1" + b"}" * levels
    line = succeeded("a", "hello", {"type": "tool_use", "name": "f", "input": "?"}).replace(b'"?"', deep)
    answer = parse_result(line)
    assert (answer.outcome, answer.text) == (Outcome.SUCCEEDED, "hello")
    assert len(answer.blocks) == 2


def test_pruning_leaves_everything_above_the_depth() -> None:
    assert json.loads(shorten_values(b'{"a":[1,[2,[3]],"]["],"b":{"c":{}}}', 2)) == {
        "a": [1, None, "]["],
        "b": {"c": None},
    }
    assert MAX_DEPTH > 20


def test_an_answer_of_ten_megabytes() -> None:
    reading = parse_line(succeeded("a", "word " * 2_000_000))
    assert (reading.outcome, len(reading.message)) == (Outcome.SUCCEEDED, PREVIEW)


def test_hostile_text_stays_as_it_came() -> None:
    text = "[red]x[/red] \x1b[31m \u202eabc"
    assert parse_result(succeeded("a", text)).text == text
