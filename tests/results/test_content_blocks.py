"""Blocks named for people, by the type they say they are."""

from __future__ import annotations

from typing import Any

import pytest

from batchtui.results.content_blocks import BlockKind, block_of, blocks_of


@pytest.mark.parametrize(
    ("raw", "kind", "title", "text"),
    [
        ({"type": "text", "text": "hello"}, BlockKind.TEXT, "text", "hello"),
        ({"type": "thinking", "thinking": "hm"}, BlockKind.THINKING, "thinking", "hm"),
        ({"type": "redacted_thinking", "data": "abcd"}, BlockKind.HIDDEN_THINKING, "thinking, hidden by the service",
         "4 characters, encrypted"),
        ({"type": "tool_use", "name": "f", "input": {"a": 1}}, BlockKind.TOOL_CALL, "tool call f", '{\n  "a": 1\n}'),
        ({"type": "server_tool_use", "name": "web_search", "input": {}}, BlockKind.SERVER_TOOL,
         "server tool web_search", "{}"),
        ({"type": "mcp_tool_use", "name": "ask", "server_name": "wiki", "input": {}}, BlockKind.SERVER_TOOL,
         "server tool ask of wiki", "{}"),
        ({"type": "web_search_tool_result", "content": [{"title": "T", "url": "https://e.org"}]},
         BlockKind.TOOL_RESULT, "web search result", "T\n  https://e.org"),
        ({"type": "bash_code_execution_tool_result", "content": {"stdout": "4\n", "stderr": ""}},
         BlockKind.TOOL_RESULT, "bash code execution result", "4\n"),
        ({"type": "web_fetch_tool_result", "content": {"error_code": "unavailable"}}, BlockKind.TOOL_RESULT,
         "web fetch failed", "unavailable"),
        ({"type": "image", "source": {"media_type": "image/png", "data": "AAAA"}}, BlockKind.IMAGE, "image image/png",
         "3 bytes"),
        ({"type": "compaction", "content": "So far."}, BlockKind.SUMMARY, "summary of the earlier context", "So far."),
        ({"type": "hologram", "beam": 1}, BlockKind.UNKNOWN, "unknown block hologram",
         '{\n  "type": "hologram",\n  "beam": 1\n}'),
        ({}, BlockKind.UNKNOWN, "unknown block", "{}"),
    ],
)  # fmt: skip
def test_a_block_is_named_by_its_type(raw: dict[str, Any], kind: BlockKind, title: str, text: str) -> None:
    block = block_of(raw)
    assert (block.kind, block.title, block.text) == (kind, title, text)


def test_citations_say_what_is_cited_and_where() -> None:
    citations = [
        {"type": "page_location", "document_title": "Report", "cited_text": "up 3 %", "start_page_number": 2,
         "end_page_number": 3},
        {"type": "web_search_result_location", "title": "News", "url": "https://e.org", "cited_text": "x"},
    ]  # fmt: skip
    block = block_of({"type": "text", "text": "x", "citations": citations})
    assert [(c.source, c.quoted, c.place) for c in block.citations] == [
        ("Report", "up 3 %", "page 2 to 3"),
        ("News", "x", "https://e.org"),
    ]


def test_a_malformed_content_block_is_kept_as_unknown() -> None:
    (block,) = blocks_of(["loose text"])
    assert (block.kind, "loose text" in block.text) == (BlockKind.UNKNOWN, True)
