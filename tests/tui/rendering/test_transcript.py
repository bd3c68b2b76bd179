"""A conversation as it is read: its turns in order, tools by name, bounded, and safe whatever it says."""

from __future__ import annotations

import json
from typing import Any

from batchtui.results.parsed_result import parse_result
from batchtui.tui.rendering.plain import MarkdownText
from batchtui.tui.rendering.request import MOST_MESSAGES, transcript_parts


def shown(messages: list[dict[str, Any]], answer: str, most: int | None = 1000) -> str:
    """The lines of a conversation."""
    request = json.dumps({"custom_id": "a", "params": {"model": "m", "max_tokens": 9, "messages": messages}}).encode()
    message = {"role": "assistant", "stop_reason": "end_turn", "content": [{"type": "text", "text": answer}]}
    line = json.dumps({"custom_id": "a", "result": {"type": "succeeded", "message": message}}).encode()
    parts = transcript_parts(request, parse_result(line), most)
    return "\n".join(
        part.text if isinstance(part, MarkdownText) else "".join(span.text for span in part) for part in parts
    )


def call(number: int) -> list[dict[str, Any]]:
    """A turn that calls a tool, and the turn with its result."""
    used = {"type": "tool_use", "id": f"t{number}", "name": "lookup", "input": {"word": f"w{number}"}}
    result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": f"means {number}", "is_error": number == 2}
    return [{"role": "assistant", "content": [used]}, {"role": "user", "content": [result]}]


def test_turns_stand_in_order_with_calls_and_results_by_the_names_of_their_tools() -> None:
    text = shown([{"role": "user", "content": "What?"}, *call(1), *call(2)], "This.")
    places = [
        text.index(words)
        for words in (
            "3 turns", "What?", "turn 1", "w1", "results of tools", "result of lookup", "means 1", "turn 2", "w2",
            "error of lookup", "means 2", "turn 3", "This.",
        )
    ]  # fmt: skip
    assert places == sorted(places)


def test_a_very_long_conversation_is_shown_with_its_beginning_and_its_end_unless_all_is_asked_for() -> None:
    talk = [{"role": "user", "content": "What?"}, *(turn for number in range(300) for turn in call(number))]
    text = shown(talk, "This.")
    assert "messages are not shown here" in text
    assert text.count("turn ") <= MOST_MESSAGES
    assert all(words in text for words in ("301 turns", "What?", "w0", "w299", "turn 301", "This."))
    assert "w100" not in text
    assert "w100" in shown(talk, "This.", None)


def test_nothing_that_a_conversation_says_reaches_the_terminal_as_a_command() -> None:
    evil = "\x1b]52;c;x\x07\u202e\x9b2J"
    used = {"type": "tool_use", "id": "t", "name": evil, "input": {evil: evil}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": evil}
    talk: list[dict[str, Any]] = [
        {"role": "user", "content": "x"}, {"role": "assistant", "content": [used]}, {"role": evil, "content": [result]},
    ]  # fmt: skip
    text = shown(talk, "fine")
    assert not set(text) & {"\x1b", "\x07", "\x9b"}


def test_messages_of_no_known_form_are_no_failure() -> None:
    talk: list[Any] = [{"role": 5, "content": None}, {"content": [1, {"type": []}]}, "x", {"role": "assistant"}]
    assert "2 turns" in shown(talk, "fine")
