"""What is found only when the batch has ended: everything inside params, with the service's sentences."""

from __future__ import annotations

from typing import Any

import pytest

from batchtui.simulator.models import CATALOGUE, find
from batchtui.simulator.validation.late import LONG_OUTPUT_BETA, Terms, find_problem
from tests.simulator.calling import params

OLD, NEW = Terms("2023-06-01"), Terms("2026-10-21")
HAIKU = "claude-haiku-4-5-20251001"
CITATION = {
    "type": "char_location",
    "cited_text": "a",
    "document_index": 0,
    "document_title": None,
    "start_char_index": 0,
    "end_char_index": 1,
}
TOOL = {"name": "look_up", "input_schema": {"type": "object"}}


def _without(key: str) -> dict[str, Any]:
    return {name: value for name, value in params().items() if name != key}


def _said(content: object, role: str = "user") -> dict[str, Any]:
    return params(messages=[{"role": role, "content": content}])


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "unknown model": (params(model="claude-does-not-exist-9"), "model: claude-does-not-exist-9"),
    "retired model": (params(model="claude-opus-4-20250514"), "model: claude-opus-4-20250514"),
    "no model": (_without("model"), "model: Field required"),
    "model a number": (params(model=5), "model: Input should be a valid string"),
    "a model without batches": (params(model="claude-mythos-preview"), "claude-mythos-preview is not supported"),
    "no max_tokens": (_without("max_tokens"), "max_tokens: Field required"),
    "max_tokens zero": (params(max_tokens=0), "max_tokens: Input should be greater than or equal to 1"),
    "max_tokens text": (params(max_tokens="9"), "max_tokens: Input should be a valid integer"),
    "max_tokens large": (
        params(model="claude-haiku-4-5", max_tokens=100_000),
        f"max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens for {HAIKU}",
    ),
    "no messages": (_without("messages"), "messages: Field required"),
    "messages empty": (params(messages=[]), "messages: at least one message is required"),
    "messages text": (params(messages="hello"), "messages: Input should be a valid list"),
    "message text": (params(messages=["hello"]), "messages.0: Input should be a valid dictionary"),
    "unknown role": (_said("x", "robot"), "messages.0.role: Input should be 'user' or 'assistant'"),
    "no content": (params(messages=[{"role": "user"}]), "messages.0.content: Field required"),
    "empty content": (_said(""), "messages.0: all messages must have non-empty content"),
    "empty text block": (
        _said([{"type": "text", "text": ""}]),
        "messages.0.content.0.text: String should have at least 1 character",
    ),
    "prefill": (
        params(messages=[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]),
        "This model does not support assistant message prefill",
    ),
    "stream": (params(stream=True), "stream: "),
    "speed": (params(speed="fast"), "speed: "),
    "store": (params(store=True), "store: "),
    "fallbacks": (params(fallbacks=[]), "fallbacks: "),
    "extra_headers": (params(extra_headers={}), "extra_headers: Extra inputs are not permitted"),
    "timeout": (params(timeout=5), "timeout: Extra inputs are not permitted"),
    "betas": (params(betas=[]), "betas: Extra inputs are not permitted"),
    "system a number": (params(system=5), "system: Input should be a valid string"),
    "thinking text": (params(thinking="on"), "thinking: Input should be a valid dictionary"),
    "thinking budget": (
        params(thinking={"type": "enabled", "budget_tokens": 2_000}, max_tokens=4_000),
        '"thinking.type.enabled" is not supported for this model.',
    ),
    "forced tool": (params(tools=[TOOL], tool_choice={"type": "any"}), "tool_choice: forced tool use"),
    "two tools of one name": (params(tools=[TOOL, TOOL]), "tools: Tool names must be unique."),
    "tool without a schema": (params(tools=[{"name": "a"}]), "tools.0.custom.input_schema: Field required"),
    "tool with a bad name": (params(tools=[{**TOOL, "name": "a b"}]), "tools.0.custom.name: String should match"),
}


@pytest.mark.parametrize(("wrong", "sentence"), WRONG.values(), ids=WRONG)
def test_each_mistake_has_its_sentence(wrong: dict[str, Any], sentence: str) -> None:
    problem = find_problem(wrong, NEW)
    assert problem is not None
    assert problem.message.startswith(sentence)


@pytest.mark.parametrize("model", [model.id for model in CATALOGUE if find(model.id) and model.batch])
def test_a_paused_turn_is_continued_on_every_model(model: str) -> None:
    call = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
    found = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
    turns = [{"role": "user", "content": "x"}, {"role": "assistant", "content": [call, found]}]
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    assert find_problem(params(model=model, messages=turns, tools=tools), NEW) is None


def test_only_an_unknown_model_is_not_found() -> None:
    problems = [find_problem(wrong, NEW) for wrong, _ in WRONG.values()]
    not_found = [problem.message for problem in problems if problem and problem.error_type == "not_found_error"]
    assert not_found == ["model: claude-does-not-exist-9", "model: claude-opus-4-20250514"]


@pytest.mark.parametrize("key", ["temperature", "top_p", "top_k"])
def test_sampling_parameters_are_refused_by_the_new_version_alone(key: str) -> None:
    sampled = params(model=HAIKU, **{key: 1})
    problem = find_problem(sampled, NEW)
    assert problem is not None
    assert problem.message == f"{key}: Extra inputs are not permitted"
    assert find_problem(sampled, OLD) is None


def test_a_document_from_the_assistant_is_refused_by_the_new_version_alone() -> None:
    document = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}
    turns = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [document]},
        {"role": "user", "content": "b"},
    ]
    assert find_problem(params(messages=turns), NEW) is not None
    assert find_problem(params(messages=turns), OLD) is None


def test_citations_on_a_users_text_are_refused_by_the_new_version_alone() -> None:
    cited = _said([{"type": "text", "text": "a", "citations": [CITATION]}])
    assert find_problem(cited, NEW) is not None
    assert find_problem(cited, OLD) is None


def test_the_long_output_beta_raises_the_limit_where_it_applies() -> None:
    beta = Terms("2026-10-21", frozenset({LONG_OUTPUT_BETA}))
    assert find_problem(params(model="claude-sonnet-5-5", max_tokens=300_000), beta) is None
    assert find_problem(params(model="claude-haiku-5-5", max_tokens=300_000), beta) is not None


@pytest.mark.parametrize(
    "right",
    [
        params(),
        params(system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]),
        params(tools=[TOOL], tool_choice={"type": "auto"}),
        params(model="claude-sonnet-4-6", tools=[TOOL], tool_choice={"type": "tool", "name": "look_up"}),
        params(thinking={"type": "adaptive"}),
        params(model="claude-opus-4-5", thinking={"type": "enabled", "budget_tokens": 1_024}, max_tokens=2_000),
        _said([{"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}]),
    ],
)
def test_valid_params_have_no_problem(right: dict[str, Any]) -> None:
    assert find_problem(right, NEW) is None
