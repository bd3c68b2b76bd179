"""Requests that the API refuses hours after it took the batch, by the code of what `check` says, and good ones.

The first of each kind is made after a public bug report; the others are variants of it.
"""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any

from batchtui.domain.limits import API_VERSION, LEGACY_API_VERSION

HAIKU, OLD = "claude-haiku-5-5", "claude-haiku-4-5"
MCP = "mcp-client-2025-11-20"


@dataclass(frozen=True)
class Case:
    """The params of one request, and the headers that it goes out with."""

    params: dict[str, Any]
    api_version: str = API_VERSION
    betas: tuple[str, ...] = field(default=())


def case(
    *, api_version: str = API_VERSION, betas: tuple[str, ...] = (), without: tuple[str, ...] = (), **params: Any
) -> Case:
    """A right request with these keys in its params."""
    whole = {"model": HAIKU, "max_tokens": 4000, "messages": [{"role": "user", "content": "Hi"}], **params}
    return Case({key: value for key, value in whole.items() if key not in without}, api_version, betas)


def legacy(**params: Any) -> Case:
    return case(api_version=LEGACY_API_VERSION, **params)


def turns(*said: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"role": role, "content": content} for role, content in said]


def text(words: str = "x", **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **more}


def marked(ttl: str | None = None) -> dict[str, Any]:
    return text("s", cache_control={"type": "ephemeral", **({"ttl": ttl} if ttl else {})})


def said(*blocks: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(blocks)}]


def tool(name: str = "t", **schema: Any) -> dict[str, Any]:
    return {"name": name, "description": "d", "input_schema": {"type": "object", **schema}}


def strict(name: str = "t", **schema: Any) -> dict[str, Any]:
    return {**tool(name, additionalProperties=False, **schema), "strict": True}


def output(schema: dict[str, Any], **config: Any) -> dict[str, Any]:
    return {"format": {"type": "json_schema", "schema": schema}, **config}


def closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False
    }  # fmt: skip


def encoded(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def png(width: int = 1, height: int = 1) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpeg(width: int = 1, height: int = 1, metadata: int = 0) -> bytes:
    """A JPEG up to its frame header, after that many bytes of metadata."""
    segments = b""
    while metadata > 0:
        size = min(metadata, 65_000)
        segments += b"\xff\xe1" + struct.pack(">H", size + 2) + b"m" * size
        metadata -= size
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\x01\x22\0\x02\x11\x01\x03\x11\x01"
    return b"\xff\xd8" + segments + frame + b"\xff\xda\0\x0c\x03\x01\0\x02\x11\x03\x11\0\x3f\0" + b"\xff\xd9"


def gif(width: int = 1, height: int = 1) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0;"


def webp(width: int = 1, height: int = 1) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + sides + b"\0" * 8


def image(raw: bytes, kind: str = "image/png") -> dict[str, Any]:
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": encoded(raw)}}


def document(**source: Any) -> dict[str, Any]:
    return {"type": "document", "source": source}


def pdf(raw: bytes) -> dict[str, Any]:
    return document(type="base64", media_type="application/pdf", data=encoded(raw))


PLAIN_DOCUMENT = document(type="text", media_type="text/plain", data="d")
CALL = {"type": "tool_use", "id": "toolu_1", "name": "t", "input": {}}
CALL_2 = {**CALL, "id": "toolu_2"}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "1"}
RESULT_2 = {**RESULT, "tool_use_id": "toolu_2"}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
SEARCHED = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
SERVER = {"type": "url", "url": "https://mcp.example.com/sse", "name": "m"}
TOOLSET = {"type": "mcp_toolset", "mcp_server_name": "m"}
STRING = {"type": "string"}
THOUGHT = {"type": "thinking", "thinking": "t", "signature": "s"}
BUDGET = {"type": "enabled", "budget_tokens": 2000}
PREFILL = turns(("user", "x"), ("assistant", "{"))
LONG = text("s", cache_control={"type": "ephemeral", "ttl": "1h"})


def conversation(*said: tuple[str, Any], **params: Any) -> Case:
    return case(messages=turns(*said), tools=[tool()], **params)


REFUSED: dict[str, list[Case]] = {
    "prefill-refused": [
        case(model="claude-opus-4-6", messages=PREFILL),
        case(model="claude-sonnet-4-6", messages=PREFILL),
        case(model="claude-fable-5", messages=turns(("user", "x"), ("assistant", [text("{")]))),
        case(model="claude-mythos-5-1", messages=PREFILL),
        case(model="claude-opus-5-5", messages=turns(("user", "x"), ("assistant", [SEARCHED, FOUND, text("So")]))),
    ],
    "thinking-refused": [
        case(model="claude-opus-4-7", thinking=BUDGET),
        case(model="claude-haiku-4-5", thinking={"type": "adaptive"}),
        case(model="claude-opus-4-8", thinking=BUDGET),
        case(model="claude-sonnet-5", thinking=BUDGET),
        case(model="claude-opus-5", thinking=BUDGET),
        case(model="claude-haiku-5-5", thinking=BUDGET),
        case(model="claude-opus-4-5-20251101", thinking={"type": "adaptive"}),
        case(model="claude-sonnet-4-5", thinking={"type": "adaptive"}),
        case(model="claude-opus-5", thinking={"type": "disabled"}, output_config={"effort": "xhigh"}),
        case(model="claude-opus-5", thinking={"type": "disabled"}, output_config={"effort": "max"}),
        case(model="claude-opus-5-5", thinking={"type": "disabled"}),
        case(model="claude-sonnet-5-5", thinking={"type": "disabled"}),
        case(model="claude-opus-4-6", thinking={"type": "between_tools"}),
    ],
    "effort-refused": [
        case(model="claude-haiku-4-5", output_config={"effort": "low"}),
        case(model="claude-sonnet-4-5-20250929", output_config={"effort": "high"}),
        case(model="claude-opus-4-5", output_config={"effort": "max"}),
        case(model="claude-opus-4-6", output_config={"effort": "xhigh"}),
        case(output_config={"effort": "extreme"}),
    ],
    "sampling-model": [
        legacy(model="claude-sonnet-5", temperature=0.2),
        legacy(model="claude-opus-4-7", top_k=5),
        legacy(model="claude-fable-5", top_p=0.5),
        legacy(model="claude-haiku-5-5", temperature=0),
    ],
    "sampling-removed": [
        case(model=OLD, temperature=1),
        case(temperature=0.2),
        case(model="claude-opus-4-6", top_k=1),
        case(model=OLD, top_p=1),
    ],
    "sampling-both": [
        legacy(model=OLD, temperature=0.5, top_p=0.5),
        legacy(model="claude-opus-4-6", temperature=1, top_p=1),
        legacy(model="claude-sonnet-4-5", temperature=0, top_p=0.9),
        legacy(model="claude-opus-4-5", temperature=0.3, top_p=0.9),
    ],
    "prefill-thinking": [
        case(model=OLD, messages=PREFILL, thinking=BUDGET),
        case(model="claude-opus-4-5", messages=PREFILL, thinking=BUDGET),
        case(model="claude-sonnet-4-5", messages=PREFILL, thinking=BUDGET),
        case(model=OLD, messages=turns(("user", "x"), ("assistant", [text("{")])), thinking=BUDGET),
    ],
    "prefill-format": [
        case(model=OLD, messages=PREFILL, output_config=output(closed(n=STRING))),
        case(model="claude-opus-4-5", messages=PREFILL, output_config=output(closed())),
        case(model="claude-sonnet-4-5", messages=PREFILL, output_config=output(closed(a=STRING))),
    ],
    "tool-choice-thinking": [
        case(model=OLD, tools=[tool()], tool_choice={"type": "any"}, thinking=BUDGET),
        case(model="claude-opus-4-6", tools=[tool()], tool_choice={"type": "any"}, thinking={"type": "adaptive"}),
        case(model="claude-opus-5", tools=[tool()], tool_choice={"type": "tool", "name": "t"},
             thinking={"type": "adaptive"}),
    ],
    "tool-choice-refused": [
        case(tools=[tool()], tool_choice={"type": "any"}),
        case(model="claude-opus-5-5", tools=[tool()], tool_choice={"type": "tool", "name": "t"}),
        case(model="claude-fable-5-1", tools=[tool()], tool_choice={"type": "any"}),
    ],
    "model-retired": [
        case(model="claude-opus-4-1"),
        case(model="claude-opus-4-1-20250805"),
        case(model="claude-sonnet-4-20250514"),
        case(model="claude-opus-4-0"),
        case(model="claude-3-haiku-20240307"),
        case(model="claude-3-7-sonnet-latest"),
        case(model="claude-3-5-haiku-20241022"),
        case(model="claude-3-opus-20240229"),
        case(model="claude-2.1"),
        case(model="claude-mythos-preview"),
    ],
    "schema-additional-properties": [
        case(output_config=output({"type": "object", "properties": {"n": STRING}, "required": ["n"]})),
        case(output_config=output(closed(a={"type": "object", "properties": {}}))),
        case(output_config=output(closed(a={"type": "array", "items": {"type": "object"}}))),
        case(output_config=output({**closed(), "additionalProperties": True})),
        case(tools=[{**tool(), "strict": True}]),
        case(output_config=output({**closed(), "$defs": {"a": {"type": ["object", "null"]}}})),
    ],
    "schema-bounds": [
        case(output_config=output(closed(n={"type": "integer", "minimum": 1, "maximum": 5}))),
        case(output_config=output(closed(n={"type": "number", "multipleOf": 2}))),
        case(output_config=output(closed(n={"type": "string", "maxLength": 5}))),
        case(output_config=output(closed(n={"type": "array", "items": STRING, "minItems": 2}))),
        case(output_config=output(closed(n={"type": "array", "items": STRING, "maxItems": 2}))),
        case(output_config=output(closed(n={"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}]}))),
        case(tools=[strict(properties={"q": {"type": "string", "minLength": 1}}, required=["q"])]),
    ],
    "schema-recursive": [
        case(output_config=output({"$ref": "#/$defs/N", "$defs": {"N": closed(
            c={"type": "array", "items": {"$ref": "#/$defs/N"}})}})),
        case(output_config=output(closed(a={"$ref": "#"}))),
        case(output_config=output({**closed(a={"$ref": "#/$defs/A"}), "$defs": {
            "A": closed(b={"$ref": "#/$defs/B"}), "B": closed(a={"$ref": "#/$defs/A"})}})),
        case(tools=[strict(properties={"a": {"$ref": "#"}}, required=["a"])]),
    ],
    "schema-ref": [
        case(output_config=output(closed(a={"$ref": "https://example.com/a.json"}))),
        case(output_config=output(closed(a={"$ref": "other.json#/$defs/A"}))),
        case(output_config=output(closed(a={"$ref": "#/$defs/Missing"}))),
    ],
    "schema-pattern": [
        case(output_config=output(closed(a={"type": "string", "pattern": "^(?=.*a).*$"}))),
        case(output_config=output(closed(a={"type": "string", "pattern": "(?<!b)a"}))),
        case(output_config=output(closed(a={"type": "string", "pattern": "^(?!x)"}))),
    ],
    "schema-format": [
        case(output_config=output(closed(a={"type": "string", "format": "phone"}))),
        case(output_config=output(closed(a={"type": "string", "format": "uri-reference"}))),
        case(tools=[strict(properties={"a": {"type": "string", "format": "regex"}}, required=["a"])]),
    ],
    "schema-keyword": [
        case(output_config=output(closed(a={"oneOf": [STRING, {"type": "null"}]}))),
        case(output_config=output(closed(a={"not": STRING}))),
        case(output_config=output(closed(a={"type": "array", "prefixItems": [STRING]}))),
    ],
    "schema-optional": [
        case(output_config=output({**closed(**{f"p{n}": STRING for n in range(25)}), "required": []})),
        case(tools=[strict(properties={f"p{n}": STRING for n in range(25)})]),
        case(tools=[strict(f"t{n}", properties={f"p{i}": STRING for i in range(9)}) for n in range(3)]),
        case(tools=[strict(properties={f"p{n}": STRING for n in range(20)})],
             output_config=output({**closed(**{f"q{n}": STRING for n in range(5)}), "required": []})),
    ],
    "schema-unions": [
        case(output_config=output(closed(**{f"p{n}": {"type": ["string", "null"]} for n in range(17)}))),
        case(output_config=output(closed(**{f"p{n}": {"anyOf": [STRING, {"type": "null"}]} for n in range(17)}))),
        case(tools=[strict(f"t{n}", properties={f"p{i}": {"type": ["string", "null"]} for i in range(9)},
                           required=[f"p{i}" for i in range(9)]) for n in range(2)]),
    ],
    "strict-tools": [case(tools=[strict(f"t{n}") for n in range(count)]) for count in (21, 30, 64)],
    "format-citations": [
        case(messages=said({**PLAIN_DOCUMENT, "citations": {"enabled": True}}, text("q")),
             output_config=output(closed(n=STRING))),
        case(messages=said({"type": "search_result", "source": "s", "title": "t", "content": [text()],
                            "citations": {"enabled": True}}, text("q")), output_config=output(closed(n=STRING))),
        conversation(("user", "x"), ("assistant", [CALL]),
                     ("user", [{**RESULT, "content": [{**PLAIN_DOCUMENT, "citations": {"enabled": True}}]}]),
                     output_config=output(closed(n=STRING))),
    ],
    "output-format-renamed": [
        case(output_format={"type": "json_schema", "schema": closed(n=STRING)}),
        case(output_format=None),
        case(model=OLD, output_format={"type": "json_schema", "schema": closed()}),
    ],
    "schema-top-level": [
        case(tools=[tool(oneOf=[{"properties": {"a": STRING}}, {"properties": {"b": STRING}}])]),
        case(tools=[tool(anyOf=[{"required": ["a"]}])]),
        case(tools=[tool("a"), tool("b", allOf=[{"required": ["a"]}])]),
    ],
    "schema-invalid": [
        case(tools=[tool(properties={"a": {"type": "str"}})]),
        case(tools=[tool(properties={"a": {"type": "array", "items": [STRING, {"type": "number"}]}})]),
        case(tools=[tool(properties={"a": {"type": "string", "required": True}})]),
        case(tools=[tool(properties={"a": {"type": "number", "exclusiveMinimum": True}})]),
        case(tools=[tool(required=["a", "a"])]),
        case(output_config=output(closed(a={"enum": "a"}))),
    ],
    "schema-property-key": [
        case(tools=[tool(properties={"$filter key": STRING})]),
        case(tools=[tool(properties={"größe": STRING})]),
        case(tools=[tool(properties={"a" * 65: STRING})]),
        case(tools=[tool(properties={"a": {"type": "object", "properties": {"b/c": STRING}}})]),
    ],
    "tool-use-duplicate": [
        conversation(("user", "x"), ("assistant", [CALL, CALL]), ("user", [RESULT])),
        conversation(("user", "x"), ("assistant", [CALL]), ("assistant", [CALL]), ("user", [RESULT])),
        case(tools=[SEARCH], messages=turns(("user", "x"), ("assistant", [SEARCHED, FOUND, SEARCHED, FOUND]))),
    ],
    "tool-result-not-first": [
        conversation(("user", "x"), ("assistant", [CALL]), ("user", [text("look"), RESULT])),
        conversation(("user", "x"), ("assistant", [CALL, CALL_2]), ("user", [RESULT, text(), RESULT_2])),
        conversation(("user", "x"), ("assistant", [CALL]), ("user", [image(png()), RESULT, text()])),
    ],
    "tool-result-empty": [
        conversation(("user", "x"), ("assistant", [CALL]), ("user", [{**RESULT, "is_error": True, "content": ""}])),
        conversation(("user", "x"), ("assistant", [CALL]), ("user", [{**RESULT, "is_error": True, "content": []}])),
        conversation(("user", "x"), ("assistant", [CALL]), (
            "user", [{"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True}])),
    ],
    "tool-result-duplicate": [
        conversation(("user", "x"), ("assistant", [CALL]), ("user", [RESULT, RESULT])),
        conversation(("user", "x"), ("assistant", [CALL, CALL_2]), ("user", [RESULT, RESULT_2, RESULT])),
    ],
    "tool-result-missing": [
        conversation(("user", "x"), ("assistant", [CALL]), ("user", "y")),
        conversation(("user", "x"), ("assistant", [CALL, CALL_2]), ("user", [RESULT])),
        conversation(("user", "x"), ("assistant", [CALL]), model=OLD),
    ],
    "tool-result-orphan": [
        conversation(("user", [RESULT])),
        conversation(("user", "x"), ("assistant", "y"), ("user", [RESULT])),
        conversation(("user", "x"), ("assistant", [CALL]), ("user", [RESULT, RESULT_2])),
    ],
    "server-result-orphan": [
        case(tools=[SEARCH], messages=turns(("user", "x"), ("assistant", [FOUND]))),
        case(tools=[SEARCH], messages=turns(("user", "x"), ("assistant", [FOUND, SEARCHED]))),
        case(tools=[SEARCH], messages=turns(
            ("user", "x"), ("assistant", [SEARCHED, {**FOUND, "tool_use_id": "srvtoolu_2"}, text()]), ("user", "y"))),
    ],
    "tool-domains": [
        case(tools=[{**SEARCH, "allowed_domains": ["a.com"], "blocked_domains": ["b.com"]}]),
        case(tools=[{**SEARCH, "allowed_domains": ["https://a.com"]}]),
        case(tools=[{**SEARCH, "blocked_domains": ["http://a.com/x"]}]),
        case(tools=[{"type": "web_fetch_20250910", "name": "web_fetch", "allowed_domains": ["a.com"],
                     "blocked_domains": ["b.com"]}]),
    ],
    "tool-country": [
        case(tools=[{**SEARCH, "user_location": {"type": "approximate", "country": "Germany"}}]),
        case(tools=[{**SEARCH, "user_location": {"type": "approximate", "country": "DEU"}}]),
        case(tools=[{**SEARCH, "user_location": {"type": "approximate", "country": ""}}]),
    ],
    "server-tool-name": [
        case(tools=[{"type": "web_search_20250305"}]),
        case(tools=[{"type": "bash_20250124", "name": "x"}]),
        case(tools=[{"type": "text_editor_20250728", "name": "str_replace_editor"}]),
        case(tools=[{"type": "memory_20250818"}]),
    ],
    "mcp-toolset": [
        case(mcp_servers=[SERVER], betas=(MCP,)),
        case(mcp_servers=[SERVER], tools=[{**TOOLSET, "mcp_server_name": "other"}], betas=(MCP,)),
        case(mcp_servers=[SERVER], tools=[TOOLSET, TOOLSET], betas=(MCP,)),
        case(tools=[TOOLSET], betas=(MCP,)),
    ],
    "mcp-url": [
        case(mcp_servers=[{**SERVER, "url": "http://mcp.example.com"}], tools=[TOOLSET], betas=(MCP,)),
        case(mcp_servers=[{**SERVER, "url": "wss://mcp.example.com"}], tools=[TOOLSET], betas=(MCP,)),
        case(mcp_servers=[{**SERVER, "url": "mcp.example.com"}], tools=[TOOLSET], betas=(MCP,)),
    ],
    "mcp-server-duplicate": [case(mcp_servers=[SERVER, SERVER], tools=[TOOLSET], betas=(MCP,))],
    "unknown-key": [
        case(messages=[{"role": "user", "name": "bob", "content": "x"}]),
        case(messages=[{"role": "user", "id": "m1", "content": "x"}]),
        case(messages=said(text(id="a"))),
        case(metadata={"user": "u"}),
        case(thinking={"type": "adaptive", "effort": "high"}),
        case(output_config={"verbosity": "low"}),
        case(tools=[{**tool(), "parameters": {}}]),
        case(tools=[{**SEARCH, "max_results": 3}]),
        case(messages=said({**image(png()), "detail": "high"})),
        case(colour="red"),
    ],
    "header-key": [
        case(anthropic_version="vertex-2023-10-16"),
        case(anthropic_beta=["x"]),
        case(anthropic_version="bedrock-2023-05-31"),
    ],
    "misplaced-key": [case(effort="high"), case(user="u"), case(user_id="u"), case(budget_tokens=2000)],
    "foreign-key": [case(response_format={"type": "json_object"}), case(stop=["x"]), case(seed=1), case(n=2)],
    "sdk-only-key": [case(extra_headers={}), case(timeout=5), case(extra_query={}), case(extra_body={})],
    "not-in-batch": [case(speed="fast"), case(stream=True), case(store=True), case(fallbacks=[]), case(cache_hint={})],
    "cache-control-count": [
        case(cache_control={"type": "ephemeral"}, system=[marked()] * 4),
        case(messages=said(*[marked()] * 5)),
        case(system=[marked()] * 2, messages=said(*[marked()] * 3)),
        case(tools=[{**tool(f"t{n}"), "cache_control": {"type": "ephemeral"}} for n in range(5)]),
    ],
    "cache-control-order": [
        case(cache_control={"type": "ephemeral", "ttl": "1h"}, messages=said(marked("5m"))),
        case(messages=said(marked(), LONG)),
        case(system=[marked("5m")], messages=said(LONG)),
        case(cache_control={"type": "ephemeral", "ttl": "1h"}, system=[marked()]),
    ],
    "cache-control": [
        conversation(("user", "x"), ("assistant", [
            {"type": "thinking", "thinking": "t", "signature": "s", "cache_control": {"type": "ephemeral"}}, CALL,
        ]), ("user", [RESULT])),
        case(cache_control={"type": "persistent"}),
        case(messages=said(text(cache_control={"type": "ephemeral", "ttl": "2h"}))),
        conversation(("user", "x"), ("assistant", [
            {"type": "redacted_thinking", "data": "d", "cache_control": {"type": "ephemeral"}}, CALL,
        ]), ("user", [RESULT])),
    ],
    "image-too-large": [
        case(messages=said(image(png() + b"\0" * 11_000_000))),
        case(messages=said(image(png(8001, 10)))),
        case(messages=said(image(jpeg(10, 9000), "image/jpeg"))),
        case(messages=said(image(jpeg(9000, 10, metadata=300_000), "image/jpeg"))),
        case(messages=said(image(gif(8001, 1), "image/gif"))),
        case(messages=said(image(webp(1, 8001), "image/webp"))),
        conversation(("user", "x"), ("assistant", [CALL]), ("user", [{**RESULT, "content": [image(png(1, 8001))]}])),
    ],
    "media-type": [
        case(messages=said(pdf(b"not a pdf"), text())),
        case(messages=said(image(png(), "image/jpeg"))),
        case(messages=said(image(b"hello world, this is no image"))),
        case(messages=said(pdf(png()))),
        case(messages=said(image(b"%PDF-1.7 x"))),
        case(messages=said(image(b"RIFF\0\0\0\0WAVEfmt ", "image/webp"))),
        case(messages=said(document(type="content", content=[image(jpeg())]))),
    ],
    "media-url": [
        case(messages=said({"type": "image", "source": {"type": "url", "url": "http://example.com/a.png"}})),
        case(messages=said(document(type="url", url="http://example.com/a.pdf"))),
        case(messages=said({"type": "image", "source": {"type": "url", "url": "data:image/png;base64,AAAA"}})),
        case(messages=said({"type": "image", "source": {"type": "url", "url": "gs://bucket/a.png"}})),
    ],
    "max-tokens-limit": [
        case(max_tokens=200_000),
        case(model=OLD, max_tokens=64_001),
        case(max_tokens=300_000, betas=("output-300k-2026-03-24",)),
    ],
}  # fmt: skip
"""By the code of the error."""

CITATION = {
    "type": "char_location", "cited_text": "c", "document_index": 0, "document_title": None, "start_char_index": 0,
    "end_char_index": 1,
}  # fmt: skip
GOOD: dict[str, Case] = {
    "plain": case(),
    "prefill on 4.5": case(model=OLD, messages=PREFILL),
    "a paused turn goes on": case(
        tools=[SEARCH], messages=turns(("user", "x"), ("assistant", [text("I search."), SEARCHED, FOUND]))
    ),
    "a paused turn goes on with thinking": case(
        model="claude-opus-4-6", tools=[SEARCH], thinking={"type": "adaptive"},
        messages=turns(("user", "x"), ("assistant", [THOUGHT, SEARCHED])),
    ),
    "a budget on 4.6": case(model="claude-opus-4-6", thinking=BUDGET),
    "a budget on 4.5": case(model=OLD, thinking=BUDGET),
    "thinking off on Sonnet 5": case(model="claude-sonnet-5", thinking={"type": "disabled"}),
    "thinking off on Opus 5 at high": case(
        model="claude-opus-5", thinking={"type": "disabled"}, output_config={"effort": "high"}
    ),
    "between tools on Sonnet 5.5": case(model="claude-sonnet-5-5", thinking={"type": "between_tools"}, tools=[tool()]),
    "effort on Opus 4.5": case(model="claude-opus-4-5", output_config={"effort": "high"}),
    "max on 4.6": case(model="claude-sonnet-4-6", output_config={"effort": "max"}),
    "xhigh on 4.7": case(model="claude-opus-4-7", output_config={"effort": "xhigh"}),
    "temperature on 4.6": legacy(model="claude-opus-4-6", temperature=0.2),
    "top_k beside temperature": legacy(model=OLD, temperature=0.2, top_k=3),
    "default temperature on Sonnet 5": legacy(model="claude-sonnet-5", temperature=1, top_p=0.99),
    "forced tool on Opus 5": case(model="claude-opus-5", tools=[tool()], tool_choice={"type": "any"}),
    "structured output": case(
        output_config=output({
            **closed(a={"$ref": "#/$defs/A"}, b={"$ref": "#/$defs/A"}, c={"type": ["string", "null"]}),
            "$defs": {"A": closed(n={"type": "array", "items": STRING, "minItems": 1}, when={
                "type": "string", "format": "date-time"}, kind={"enum": ["a", None, 3]})},
        })
    ),
    "24 optional": case(output_config=output({**closed(**{f"p{n}": STRING for n in range(24)}), "required": []})),
    "a loose tool may have bounds": case(
        tools=[tool(properties={"n": {"type": "integer", "minimum": 1}, "a": {"oneOf": [STRING, {"type": "null"}]}})]
    ),
    "20 strict tools": case(tools=[strict(f"t{n}") for n in range(20)]),
    "a recursive loose tool": case(tools=[tool(properties={"a": {"$ref": "#"}})]),
    "a schema of many drafts' words": case(
        tools=[{**tool(), "input_schema": {"type": "object", "$schema": "http://json-schema.org/draft-07/schema#",
                                           "definitions": {"a": {"nullable": True}}}}]
    ),
    "an id in a later turn again": conversation(
        ("user", "x"), ("assistant", [CALL]), ("user", [RESULT]), ("assistant", [CALL]), ("user", [RESULT, text()])
    ),
    "two results, then text": conversation(
        ("user", "x"), ("assistant", [text(), CALL, CALL_2]), ("user", [RESULT_2]), ("user", [RESULT, text()])
    ),
    "a result without content": conversation(
        ("user", "x"), ("assistant", [CALL]), ("user", [{"type": "tool_result", "tool_use_id": "toolu_1"}])
    ),
    "an error with content": conversation(
        ("user", "x"), ("assistant", [CALL]), ("user", [{**RESULT, "is_error": True, "content": "no"}])
    ),
    "code calls a tool, its result comes later": conversation(
        ("user", "x"),
        ("assistant", [
            {"type": "server_tool_use", "id": "srvtoolu_2", "name": "code_execution", "input": {"code": "t()"}},
            {**CALL, "caller": {"type": "code_execution_20260120", "tool_id": "srvtoolu_2"}},
        ]),
        ("user", [RESULT]),
        ("assistant", [{"type": "code_execution_tool_result", "tool_use_id": "srvtoolu_2", "content": {
            "type": "code_execution_result", "content": [], "return_code": 0, "stderr": "", "stdout": "1"}}, text()]),
        ("user", "And?"),
    ),
    "web search with a list and a place": case(
        tools=[{**SEARCH, "allowed_domains": ["a.com/docs", "*.b.org"], "blocked_domains": None, "user_location": {
            "type": "approximate", "country": "DE", "city": "Berlin"}}]
    ),
    "an MCP server with its toolset": case(mcp_servers=[SERVER], tools=[TOOLSET, tool()], betas=(MCP,)),
    "an MCP server at the older beta": case(
        mcp_servers=[{**SERVER, "tool_configuration": {"enabled": True}}], betas=("mcp-client-2025-04-04",)
    ),
    "four breakpoints": case(system=[LONG, LONG], messages=said(LONG, marked())),
    "one at the top and three": case(cache_control={"type": "ephemeral"}, system=[marked()] * 3),
    "images of all kinds": case(
        messages=said(
            image(png(8000, 8000)), image(jpeg(8000, 1, metadata=200_000), "image/jpeg"), image(gif(), "image/gif"),
            image(webp(8000, 8000), "image/webp"), text(),
        )
    ),
    "a PDF": case(messages=said(pdf(b"%PDF-1.7\n..."), text())),
    "a PDF behind a few bytes": case(messages=said(pdf(b"\r\n" * 100 + b"%PDF-1.4\n"), text())),
    "addresses": case(
        messages=said({"type": "image", "source": {"type": "url", "url": "HTTPS://example.com/a.png"}},
                      document(type="url", url="https://example.com/a.pdf"))
    ),
    "citations sent back": case(
        messages=turns(("user", [{**PLAIN_DOCUMENT, "citations": {"enabled": True}}, text()]),
                       ("assistant", [text(citations=[CITATION])]), ("user", "More."))
    ),
    "an old format at its beta": case(
        output_format={"type": "json_schema", "schema": closed()}, betas=("structured-outputs-2025-11-13",)
    ),
    "long output": case(model="claude-opus-5-5", max_tokens=300_000, betas=("output-300k-2026-03-24",)),
    "an opaque user": case(metadata={"user_id": "13803d75-b4b5-4c3e-b2a2-6f21399b021b"}, service_tier="auto"),
    "the assistant begins, as recorded": case(messages=turns(("assistant", "x"), ("user", "y"))),
}  # fmt: skip
"""Requests that the API answers."""
