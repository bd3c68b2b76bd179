"""What is sent after a turn of the assistant, for every way in which one can end and every kind of model."""

from __future__ import annotations

from typing import Any

import pytest

from batchtui.domain.results.result import Outcome
from batchtui.intake.rules.model_table import row_of
from batchtui.services.retry.conversations.ended_turn import (
    GO_ON,
    PLEASE_GO_ON,
    CannotContinue,
    EndedTurn,
    ToolOutput,
    TruncationChoice,
    next_params,
)

NEWEST, OLDER = "claude-opus-5-5", "claude-haiku-4-5"
"""Models that refuse and accept that a conversation ends with the assistant's turn."""
ASKED = {"role": "user", "content": "What?"}
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "sig=="}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
GOES_ON = TruncationChoice(goes_on=True)


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def call(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{number}", "name": "lookup", "input": {"n": number}, **more}


def after(
    outcome: Outcome,
    content: list[Any],
    *,
    model: str = NEWEST,
    stop: str | None = None,
    results: tuple[ToolOutput, ...] = (),
    choice: TruncationChoice = TruncationChoice(),  # noqa: B008  (frozen)
    **params: Any,
) -> dict[str, Any]:
    """The params of the next turn."""
    turn = EndedTurn.of(outcome, {"content": content, "stop_reason": stop})
    asked = {"model": model, "max_tokens": 100, "messages": [ASKED], **params}
    return next_params(asked, turn, results, row_of(model), choice)


def added(*args: Any, **options: Any) -> list[dict[str, Any]]:
    """The messages that are added to the conversation."""
    messages: list[dict[str, Any]] = after(*args, **options)["messages"]
    assert messages[0] == ASKED
    return messages[1:]


@pytest.mark.parametrize("model", [NEWEST, OLDER, "claude-unknown-9"])
@pytest.mark.parametrize("end", [[SEARCH], [SEARCH, FOUND]], ids=["in a call", "in its result"])
def test_a_pause_in_a_server_tool_goes_back_as_it_is_with_every_model(model: str, end: list[Any]) -> None:
    content = [THOUGHT, text("I look."), *end]
    assert added(Outcome.PAUSED, content, model=model) == [{"role": "assistant", "content": content}]


def test_a_pause_that_ends_in_text_is_followed_by_the_user_where_a_prefill_would_be_refused() -> None:
    content = [text("So far")]
    assert added(Outcome.PAUSED, content, model=OLDER) == [{"role": "assistant", "content": content}]
    for refusing in (
        {"model": NEWEST},
        {"model": OLDER, "thinking": {"type": "enabled", "budget_tokens": 2000}},
        {"model": OLDER, "output_config": {"format": {"type": "json_schema", "schema": {}}}},
        {"model": "claude-unknown-9"},
    ):
        assert added(Outcome.PAUSED, content, **refusing)[1] == {"role": "user", "content": PLEASE_GO_ON}
    assert added(Outcome.PAUSED, [text("So far ")], model=OLDER)[1]["role"] == "user"


def test_results_of_parallel_calls_come_in_their_order_in_one_turn_of_the_user() -> None:
    content = [THOUGHT, text("I ask."), call(1), SEARCH, FOUND, call(2), call(3)]
    results = (ToolOutput("one"), ToolOutput("", is_error=True), ToolOutput("  "))
    assistant, user = added(Outcome.TOOL_USE, content, results=results)
    assert assistant == {"role": "assistant", "content": content}
    one, two, three = user["content"]
    assert one == {"type": "tool_result", "tool_use_id": "toolu_1", "content": "one"}
    assert (two["tool_use_id"], two["is_error"], bool(two["content"])) == ("toolu_2", True, True)
    assert three == {"type": "tool_result", "tool_use_id": "toolu_3"}


def test_calls_that_came_with_a_pause_are_answered_as_well() -> None:
    _, user = added(Outcome.PAUSED, [call(1), SEARCH], results=(ToolOutput("one"),))
    assert [block["tool_use_id"] for block in user["content"]] == ["toolu_1"]


def test_blank_texts_are_left_out_since_the_api_does_not_take_them_back() -> None:
    (assistant, _) = added(Outcome.TOOL_USE, [text(""), call(1), text(" \n")], results=(ToolOutput("x"),))
    assert assistant["content"] == [call(1)]


@pytest.mark.parametrize(
    "content",
    [[call(1), call(1)], [{"type": "tool_use", "name": "lookup", "input": {}}], [{**call(1), "name": None}]],
    ids=["ids twice", "no id", "no name"],
)
def test_calls_that_nobody_could_answer_are_not_continued(content: list[Any]) -> None:
    with pytest.raises(CannotContinue, match="no ids of their own"):
        added(Outcome.TOOL_USE, content, results=(ToolOutput("x"),) * len(content))


def test_a_turn_without_anything_is_not_continued() -> None:
    for outcome, content in ((Outcome.PAUSED, []), (Outcome.TOOL_USE, [text(" ")]), (Outcome.TOOL_USE, [text("x")])):
        with pytest.raises(CannotContinue):
            added(outcome, content)


def test_a_truncated_answer_is_asked_again_with_twice_the_limit_up_to_what_the_model_allows() -> None:
    assert after(Outcome.TRUNCATED, [text("So")]) == {"model": NEWEST, "max_tokens": 200, "messages": [ASKED]}
    assert after(Outcome.TRUNCATED, [text("So")], max_tokens=100_000)["max_tokens"] == 128_000
    chosen = after(Outcome.TRUNCATED, [text("So")], choice=TruncationChoice(max_tokens=1234))
    assert (chosen["max_tokens"], chosen["messages"]) == (1234, [ASKED])


@pytest.mark.parametrize("choice", [GOES_ON, TruncationChoice(max_tokens=100)], ids=["by name", "no higher limit"])
def test_a_truncated_answer_goes_on_where_the_limit_is_not_raised(choice: TruncationChoice) -> None:
    content = [THOUGHT, text("So it")]
    assert added(Outcome.TRUNCATED, content, choice=choice) == [
        {"role": "assistant", "content": content},
        {"role": "user", "content": GO_ON},
    ]
    plain = [text("So it")]
    assert added(Outcome.TRUNCATED, plain, model=OLDER, choice=choice) == [{"role": "assistant", "content": plain}]


@pytest.mark.parametrize(
    ("content", "stop", "why"),
    [
        ([text("I ask."), call(1)], "max_tokens", "within a tool call"),
        ([THOUGHT], "max_tokens", "before it said anything"),
        ([text("x")], "model_context_window_exceeded", "context window is full"),
    ],
    ids=["in a call", "in its thinking", "no room"],
)
def test_a_truncated_answer_that_cannot_go_on_is_left(content: list[Any], stop: str, why: str) -> None:
    with pytest.raises(CannotContinue, match=why):
        added(Outcome.TRUNCATED, content, stop=stop, choice=GOES_ON)


def test_the_conversation_that_is_continued_is_not_changed() -> None:
    params = {"model": NEWEST, "max_tokens": 100, "messages": [ASKED], "tools": [{"name": "lookup"}]}
    turn = EndedTurn.of(Outcome.TOOL_USE, {"content": [call(1)]})
    after_it = next_params(params, turn, (ToolOutput("x"),), row_of(NEWEST), TruncationChoice())
    assert params["messages"] == [ASKED]
    assert {key: after_it[key] for key in ("model", "max_tokens", "tools")} == {
        key: params[key] for key in ("model", "max_tokens", "tools")
    }
