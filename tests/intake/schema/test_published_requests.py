"""Requests that were changed in one place are judged as the published OpenAPI document judges them.

`published_requests.json` is the part of that document which describes params: see its `source`. Every difference that
remains is named in `OUR_OWN` or `LEFT_TO_THE_API`, with its reason.
"""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from batchtui.domain.submission.problem import Severity
from batchtui.intake import Checker
from tests.intake.builders import options
from tests.support import request_cases as cases
from tests.support.request_cases import GOOD, MCP, Case, case, text, turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from batchtui.domain.submission.problem import Problem

SCHEMAS = json.loads((FilePath(__file__).parent / "published_requests.json").read_text("utf-8"))["schemas"]
Path = tuple[str | int, ...]
FREE = frozenset({"input", "schema", "input_schema", "properties", "input_examples"})
"""Keys with JSON of the caller's own behind them: what it holds is judged elsewhere."""
ANYTHING: tuple[Any, ...] = (None, True, 0, -1, 1.5, "", "zzz", [], ["zzz"], {}, {"zzz": 1})
OUR_OWN = {
    "empty-text": "the API refuses blank text",
    "empty-content": "the API refuses messages, blocks and ids of nothing",
    "messages-empty": "the API needs a message",
    "max-tokens-range": "0 fills the cache of the Messages API; a batch refuses it",
    "not-in-batch": "the document describes single requests, too",
    "sampling-model": "what a model accepts is not in the document",
    "prefill-refused": "what a model accepts is not in the document",
    "tool-result-missing": "a schema cannot compare two turns",
    "tool-result-orphan": "a schema cannot compare two turns",
    "tool-result-not-first": "a schema cannot order the blocks of a turn",
    "tool-result-empty": "a schema does not tie content to is_error",
    "server-result-orphan": "a schema cannot compare two blocks",
    "mcp-toolset": "a schema cannot compare servers and toolsets",
    "mcp-url": "only https is connected to",
    "media-url": "only https is fetched",
    "tool-domains": "domains come without a scheme",
    "tool-choice-without-tools": "a schema does not tie tool_choice to tools",
    "base64": "a schema does not look at data",
    "schema-additional-properties": "what a strict schema may hold is not in the document",
    "stop-sequence-blank": "the API refuses blank stop sequences",
}
"""Codes of errors without a counterpart in the document, each with its reason."""
LEFT_TO_THE_API = {
    ("container",): "an object with skills belongs to a beta, whose header may come from elsewhere",
    ("messages", "N", "content", "N", "content", "error_code"): "the API's own words sent back; tools add more",
    ("messages", "N", "content", "N", "name"): "of a server tool: the API's own words sent back; there will be more",
}
"""Places in which the document refuses what `check` lets pass, each with its reason."""
SEEDS: dict[str, Case] = {
    **{name: each for name, each in GOOD.items() if name not in {"images of all kinds", "between tools on Sonnet 5.5"}},
    "every citation": case(
        messages=turns(
            ("user", "x"),
            ("assistant", [text(citations=[
                cases.CITATION,
                {"type": "page_location", "cited_text": "c", "document_index": 0, "document_title": "t",
                 "start_page_number": 1, "end_page_number": 2},
                {"type": "content_block_location", "cited_text": "c", "document_index": 0, "document_title": None,
                 "start_block_index": 0, "end_block_index": 1},
                {"type": "web_search_result_location", "cited_text": "c", "encrypted_index": "e", "title": None,
                 "url": "https://a"},
                {"type": "search_result_location", "cited_text": "c", "search_result_index": 0, "source": "s",
                 "title": None, "start_block_index": 0, "end_block_index": 1},
            ])]),
            ("user", [{"type": "search_result", "source": "s", "title": "t", "content": [text()]}]),
        )
    ),
    "every server tool": case(
        tools=[
            {"type": "bash_20250124", "name": "bash"},
            {"type": "memory_20250818", "name": "memory"},
            {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool", "max_characters": 9},
            {"type": "code_execution_20250825", "name": "code_execution", "allowed_callers": ["direct"]},
            {"type": "web_fetch_20260318", "name": "web_fetch", "citations": {"enabled": True}, "max_uses": 1,
             "max_content_tokens": 9, "use_cache": True, "response_inclusion": "full"},
            {**cases.tool(), "type": "custom", "strict": False, "eager_input_streaming": True, "defer_loading": False},
        ],
        tool_choice={"type": "auto", "disable_parallel_tool_use": True},
    ),
    "results of server tools": case(
        messages=turns(
            ("user", "x"),
            ("assistant", [
                {**cases.SEARCHED, "caller": {"type": "direct"}},
                {**cases.FOUND, "content": [{"type": "web_search_result", "encrypted_content": "e", "title": "t",
                                             "url": "https://a", "page_age": None}]},
                {**cases.SEARCHED, "id": "srvtoolu_2", "name": "web_fetch"},
                {"type": "web_fetch_tool_result", "tool_use_id": "srvtoolu_2", "content": {
                    "type": "web_fetch_tool_result_error", "error_code": "unavailable"}},
                {**cases.SEARCHED, "id": "srvtoolu_3", "name": "text_editor_code_execution"},
                {"type": "text_editor_code_execution_tool_result", "tool_use_id": "srvtoolu_3", "content": {
                    "type": "text_editor_code_execution_view_result", "content": "c", "file_type": "text",
                    "num_lines": 1}},
                {**cases.SEARCHED, "id": "srvtoolu_4", "name": "bash_code_execution"},
                {"type": "bash_code_execution_tool_result", "tool_use_id": "srvtoolu_4", "content": {
                    "type": "bash_code_execution_result", "content": [
                        {"type": "bash_code_execution_output", "file_id": "f"}],
                    "return_code": 0, "stderr": "", "stdout": ""}},
            ]),
            ("user", "y"),
        )
    ),
    "keys of betas": case(
        betas=(MCP, "context-management-2025-06-27", "task-budgets-2026-03-13", "skills-2025-10-02"),
        mcp_servers=[{**cases.SERVER, "authorization_token": "t"}], tools=[cases.TOOLSET],
        context_management={"edits": []}, output_config={"task_budget": {"type": "tokens", "total": 2000}},
        container={"id": None, "skills": [{"type": "custom", "skill_id": "s"}]},
    ),
    "the rest": case(
        container="c", inference_geo="us", stop_sequences=["a"], stream=False, service_tier="standard_only",
        metadata={"user_id": None}, cache_control={"type": "ephemeral", "ttl": "1h"}, system=[text("s")],
    ),
}  # fmt: skip


def mutations(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield places, and what may stand there instead: a key more, a key less, another value."""
    if isinstance(value, dict):
        yield (*path, "zzz"), 1
        for key, inner in value.items():
            yield (*path, key), ...
            for other in ANYTHING:
                yield (*path, key), other
            if key not in FREE:
                yield from mutations(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            for other in ANYTHING:
                yield (*path, index), other
            yield from mutations(inner, (*path, index))


def changed(params: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """The params with another value in one place; an ellipsis takes the key away."""
    whole = deepcopy(params)
    here: Any = whole
    for step in path[:-1]:
        here = here[step]
    if value is ...:
        del here[path[-1]]
    else:
        here[path[-1]] = value
    return whole


def document(seed: Case) -> jsonschema.Draft202012Validator:
    """The published schema of params, with the betas or without."""
    root = "BetaCreateMessageParams" if seed.betas else "CreateMessageParams"
    schema = {"$ref": f"#/components/schemas/{root}", "components": {"schemas": SCHEMAS}}
    return jsonschema.Draft202012Validator(schema)


def problems_of(seed: Case, requests: list[dict[str, Any]]) -> tuple[set[int], list[Problem]]:
    """The numbers of the requests that may be sent, from 1, and what is said."""
    checker = Checker(options(api_version=seed.api_version, betas=seed.betas))
    checker.places.open("f")
    lines = [json.dumps({"custom_id": "a", "params": params}).encode() for params in requests]
    good = checker.check("f", 1, lines)
    return {each.line for each in good}, list(checker.report().problems)


def differences(seed: Case, step: int) -> Iterator[str]:
    """Every `step`th change on which `check` and the document disagree, and for which nobody has given a reason."""
    validator = document(seed)
    changes = list(mutations(seed.params))[::step]
    requests = [changed(seed.params, path, value) for path, value in changes]
    sendable, _ = problems_of(seed, requests)
    for number, (params, (path, value)) in enumerate(zip(requests, changes, strict=True), 1):
        is_right = validator.is_valid(params)
        if is_right == (number in sendable):
            continue
        place = tuple("N" if isinstance(each, int) else each for each in path)
        if number in sendable:
            if place not in LEFT_TO_THE_API:
                yield f"only the document refuses {place} as {value!r}"
            continue
        codes = {each.code for each in problems_of(seed, [params])[1] if each.severity is Severity.ERROR}
        if not codes <= OUR_OWN.keys():
            yield f"only check refuses {place} as {value!r}: {codes}"


@pytest.mark.parametrize("name", SEEDS)
def test_the_document_and_check_take_the_seed(name: str) -> None:
    assert list(document(SEEDS[name]).iter_errors(SEEDS[name].params)) == []
    assert problems_of(SEEDS[name], [SEEDS[name].params])[0] == {1}


@pytest.mark.parametrize("name", SEEDS)
def test_one_change_in_twenty_is_judged_as_the_document_does(name: str) -> None:
    assert list(differences(SEEDS[name], 20)) == []


@pytest.mark.long
@pytest.mark.parametrize("name", SEEDS)
def test_every_change_is_judged_as_the_document_does(name: str) -> None:
    assert list(differences(SEEDS[name], 1)) == []


def test_every_object_that_the_document_closes_takes_no_other_key() -> None:
    closed = {name for name, schema in SCHEMAS.items() if schema.get("additionalProperties") is False}
    open_ones = {name for name, schema in SCHEMAS.items() if "properties" in schema} - closed
    assert open_ones == {"InputSchema", "BetaInputSchema", "BetaFallbackConfigV2"}
    for name, seed in SEEDS.items():
        more = [changed(seed.params, path, value) for path, value in mutations(seed.params) if path[-1] == "zzz"]
        sendable, found = problems_of(seed, more)
        assert sendable == set(), name
        assert "unknown-key" in {each.code for each in found}, name
