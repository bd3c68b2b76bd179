"""Check the tools of a request: server tools against `server_tools.toml`, MCP servers, and every JSON Schema.

`ToolChecks` belongs to one pass. It looks at each distinct list of tools once, since most jobs send the same list with
every request.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from batchtui.domain.submission.problem import Severity
from batchtui.intake.problems import CheckFault
from batchtui.intake.rules.json_schemas import (
    MOST_OPTIONAL,
    MOST_STRICT_TOOLS,
    MOST_UNIONS,
    SchemaChecks,
    SchemaVerdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COMMON_KEYS = frozenset({"type", "name", "cache_control", "strict", "allowed_callers", "defer_loading"})
OLD_MCP_BETA = "mcp-client-2025-04-04"
"""With this beta the servers' own tool_configuration says what later versions say in toolsets."""
OLD_FORMAT_BETA = "structured-outputs"
"""With this beta `output_format` is still accepted."""
_MOST_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class _ToolsVerdict:
    """What was found in one list of tools."""

    faults: tuple[CheckFault, ...]
    betas: frozenset[str]
    """Beginnings of the beta headers that these tools need."""
    optional: int
    unions: int


_NOTHING = _ToolsVerdict((), frozenset(), 0, 0)


@cache
def server_tools() -> Mapping[str, Mapping[str, Any]]:
    """Return the rows of the table of server tools by type."""
    return tomllib.loads(Path(__file__).with_name("server_tools.toml").read_text(encoding="utf-8"))


class ToolChecks:
    """Looks at tools, structured outputs and MCP servers, and remembers what it has seen."""

    def __init__(self) -> None:
        self._schemas = SchemaChecks()
        self._lists: dict[bytes, _ToolsVerdict] = {}
        self._last: tuple[object, _ToolsVerdict] = (None, _NOTHING)

    def tool_faults(self, params: dict[str, Any], betas: tuple[str, ...]) -> Iterator[CheckFault]:
        """Yield what is wrong with the tools and the structured output of a request."""
        found = self._look(params["tools"]) if "tools" in params else _NOTHING
        yield from found.faults
        for beta in sorted(found.betas):
            if not any(sent.startswith(beta) for sent in betas):
                yield CheckFault(
                    "beta-missing", f"a tool needs a beta header ({beta}…)", f"--beta {beta}", Severity.WARNING, beta
                )
        wanted = (params.get("output_config") or {}).get("format")
        output = SchemaVerdict()
        if wanted is not None:
            output = self._schemas.look(wanted["schema"], is_strict=True, is_tool=False)
            yield from output.faults_at("output_config.format.schema")
        yield from _sums(found.optional + output.optional, found.unions + output.unions)

    def _look(self, tools: list[dict[str, Any]]) -> _ToolsVerdict:
        """Return what is wrong with a list of tools. The very list that was seen last needs no second look."""
        # By identity: `ToolsCache` gives every request the same list object where its bytes are the same.
        last, found = self._last
        if last is tools:
            return found
        found = self._looked_up(tools)
        self._last = tools, found
        return found

    def _looked_up(self, tools: list[dict[str, Any]]) -> _ToolsVerdict:
        """Return what was found in a list with this content."""
        key = to_json(tools)
        known = self._lists.get(key)
        if known is None:
            if len(self._lists) >= _MOST_KEPT:
                self._lists.clear()
            known = self._lists[key] = self._first_look(tools)
        return known

    def _first_look(self, tools: list[dict[str, Any]]) -> _ToolsVerdict:
        """Look at a list of tools for the first time."""
        faults: list[CheckFault] = []
        optional = unions = 0
        betas = set()
        for index, tool in enumerate(tools):
            where = f"tools.{index}"
            if "input_schema" in tool:
                is_strict = tool.get("strict") is True
                schema = self._schemas.look(tool["input_schema"], is_strict=is_strict, is_tool=True)
                faults += schema.faults_at(f"{where}.input_schema")
                optional, unions = optional + schema.optional, unions + schema.unions
            else:
                faults += _server_tool_faults(where, tool)
                # A type that the table lacks is newer: nothing is known of its beta.
                betas.add(server_tools().get(tool["type"], {}).get("beta", ""))
        strict = sum(tool.get("strict") is True for tool in tools)
        if strict > MOST_STRICT_TOOLS:
            message = f"{strict} tools are strict, {MOST_STRICT_TOOLS} may be"
            faults.append(CheckFault("strict-tools", message, 'leave out "strict" where it matters least'))
        return _ToolsVerdict(tuple(faults), frozenset(betas - {""}), optional, unions)


def _sums(optional: int, unions: int) -> Iterator[CheckFault]:
    """Yield the faults of strict schemas that together exceed the API's limits."""
    if optional > MOST_OPTIONAL:
        message = f"the strict schemas have {optional} optional parameters, {MOST_OPTIONAL} are allowed"
        yield CheckFault("schema-optional", message, f"list {optional - MOST_OPTIONAL} or more of them in required")
    if unions > MOST_UNIONS:
        message = f"the strict schemas have {unions} parameters of several types, {MOST_UNIONS} are allowed"
        yield CheckFault("schema-unions", message, "give more of them one type")


def _server_tool_faults(where: str, tool: dict[str, Any]) -> Iterator[CheckFault]:
    """Yield what is wrong with one tool that the API brings; a newer one than the table's is not looked into."""
    kind = tool["type"]
    row = server_tools().get(kind)
    if row is not None:
        yield from _shape_faults(where, tool, row)
    if kind.startswith(("web_search_", "web_fetch_")):
        yield from _domain_faults(where, tool)


def _shape_faults(where: str, tool: dict[str, Any], row: Mapping[str, Any]) -> Iterator[CheckFault]:
    """Yield the faults of a server tool's keys and name, by its row of the table."""
    kind, name = tool["type"], row.get("name")
    if name is None and "name" in tool:
        yield CheckFault("unknown-key", f"{where}.name: {kind} has no name", "leave it out", kind=kind)
    elif name is not None and tool.get("name") != name:
        told = f'is "{str(tool["name"])[:60]}"' if "name" in tool else "is missing"
        yield CheckFault("server-tool-name", f"{where}.name {told}", f'{kind} is always called "{name}"', kind=kind)
    for key in row.get("needs", ()):
        if key not in tool:
            yield CheckFault("missing-key", f"{where}.{key} is missing", f"{kind} needs it", kind=f"{kind} {key}")
    for key in tool.keys() - COMMON_KEYS - set(row.get("keys", ())):
        yield CheckFault("unknown-key", f"{where}.{key} is not a key of {kind}", "leave it out", kind=f"{kind} {key}")


def _domain_faults(where: str, tool: dict[str, Any]) -> Iterator[CheckFault]:
    """Yield the faults of allowed_domains and blocked_domains."""
    if tool.get("allowed_domains") and tool.get("blocked_domains"):
        message = f"{where} has allowed_domains and blocked_domains"
        yield CheckFault("tool-domains", message, "a request may have one of the two", kind="both")
    for key in ("allowed_domains", "blocked_domains"):
        for domain in tool.get(key) or ():
            if "://" in domain or domain.startswith("//"):
                bare = domain.partition("//")[2].rstrip("/")
                yield CheckFault("tool-domains", f'{where}.{key} has "{domain[:60]}"', f'write "{bare[:60]}"', kind=key)
            # A path may follow, with a wildcard in it (documentation of web search).
            elif not domain or any(letter in domain for letter in " @?#"):
                yield CheckFault(
                    "tool-domains", f'{where}.{key} has "{domain[:60]}"', "write a domain: example.com", kind=key
                )


def mcp_faults(params: dict[str, Any], betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Yield the faults of MCP servers and toolsets: each server needs exactly one toolset, each toolset a server."""
    servers = params.get("mcp_servers") or []
    named = Counter(server["name"] for server in servers)
    toolsets = Counter(
        tool["mcp_server_name"]
        for tool in params.get("tools") or ()
        if tool.get("type") == "mcp_toolset" and "mcp_server_name" in tool
    )
    for index, server in enumerate(servers):
        if not server["url"].lower().startswith("https://"):
            yield CheckFault(
                "mcp-url", f"mcp_servers.{index}.url does not begin with https://", "the API connects by https"
            )
    for name, count in named.items():
        shown = name[:60]
        if count > 1:
            yield CheckFault(
                "mcp-server-duplicate", f'{count} MCP servers are called "{shown}"', "give each its own name"
            )
        if toolsets[name] > 1:
            yield CheckFault(
                "mcp-toolset", f'{toolsets[name]} toolsets name the MCP server "{shown}"', "keep one of them"
            )
        if not toolsets[name] and OLD_MCP_BETA not in betas:
            hint = f'add {{"type": "mcp_toolset", "mcp_server_name": "{shown}"}} to tools'
            # A conversation in which the server was called went through without a toolset: it is of the older beta.
            severity = Severity.WARNING if name in _servers_called(params) else Severity.ERROR
            yield CheckFault("mcp-toolset", f'no toolset names the MCP server "{shown}"', hint, severity, "none")
    for name in toolsets.keys() - named.keys():
        hint = (
            f"add it to mcp_servers, or name one that is there: {', '.join(named)[:60]}"
            if named
            else "add it to mcp_servers"
        )
        yield CheckFault(
            "mcp-toolset", f'a toolset names the MCP server "{name[:60]}", which is not there', hint, kind="server"
        )


def _servers_called(params: dict[str, Any]) -> set[str]:
    """Return the MCP servers whose tools were called in the conversation."""
    return {
        block["server_name"]
        for message in params["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
        if block["type"] == "mcp_tool_use"
    }


def output_format_faults(params: dict[str, Any], betas: tuple[str, ...]) -> Iterator[CheckFault]:
    """Look at the old name of output_config.format, which only its old beta still takes."""
    if not any(beta.startswith(OLD_FORMAT_BETA) for beta in betas):
        yield CheckFault("output-format-renamed", "output_format is the old name of output_config.format",
                    'write "output_config": {"format": …}')  # fmt: skip
    elif (params.get("output_config") or {}).get("format") is not None and params["output_format"] is not None:
        yield CheckFault("output-format-renamed", "there is a format under two names", "keep output_config.format")
