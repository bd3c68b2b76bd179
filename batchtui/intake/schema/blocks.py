"""Content blocks and messages of a Messages request, as types that are checked in C.

Source: the OpenAPI document of 2026-07-28 and the parameter types of SDK 2.11.0. Every type is strict and
forbids unknown keys; the reading of a fault (`explain`) makes a warning of what may simply be newer than this list.
Where a list or a string may stand, the list is tried first: a branch that fails copies what it was given, and lists
are larger and cost more to copy.
"""

# Annotations stay evaluated here: pydantic reads them when the schema is built.
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from batchtui.intake.schema.server_results import STRICT, Caller, Citation, ServerToolAnswer, ServerToolId, WebSearchHit

OPEN = ConfigDict(extra="allow", strict=True, cache_strings="keys", allow_inf_nan=False)
"""For beta blocks whose inside changes from month to month."""

ToolUseId = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]+$")]
Said = Annotated[str, Field(pattern=r"\S")]
"""Text with something in it: blank text is refused ("text content blocks must contain non-whitespace text")."""
Base64 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]+={0,2}$")]
NonEmpty = Annotated[str, Field(min_length=1)]
JsonObject = dict[str, Any]


@with_config(STRICT)
class CacheControl(TypedDict):
    """A mark up to which the prompt is cached."""

    type: Literal["ephemeral"]
    ttl: NotRequired[Literal["5m", "1h"]]


@with_config(STRICT)
class Text(TypedDict):
    """A text block; only the assistant's may carry citations since version 2026-10-21."""

    type: Literal["text"]
    text: Said
    cache_control: NotRequired[CacheControl | None]
    citations: NotRequired[list[Citation] | None]


@with_config(STRICT)
class InnerText(TypedDict):
    """A text block inside another block: blank is allowed there, empty is not."""

    type: Literal["text"]
    text: NonEmpty
    cache_control: NotRequired[CacheControl | None]
    citations: NotRequired[list[Citation] | None]


@with_config(STRICT)
class UncitedText(TypedDict):
    """A user's text block since version 2026-10-21: no citations, except an empty list."""

    type: Literal["text"]
    text: Said
    cache_control: NotRequired[CacheControl | None]
    citations: NotRequired[Annotated[list[Citation], Field(max_length=0)] | None]


@with_config(STRICT)
class Base64Image(TypedDict):
    """An image in the request itself."""

    type: Literal["base64"]
    media_type: Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
    data: Base64


@with_config(STRICT)
class UrlSource(TypedDict):
    """Something the API fetches."""

    type: Literal["url"]
    url: NonEmpty


@with_config(STRICT)
class FileSource(TypedDict):
    """Something uploaded with the Files API."""

    type: Literal["file"]
    file_id: NonEmpty


@with_config(STRICT)
class Image(TypedDict):
    """An image block."""

    type: Literal["image"]
    source: Annotated[Base64Image | UrlSource | FileSource, Field(discriminator="type")]
    cache_control: NotRequired[CacheControl | None]
    transformations: NotRequired[JsonObject | None]


@with_config(STRICT)
class Base64Pdf(TypedDict):
    """A PDF in the request itself."""

    type: Literal["base64"]
    media_type: Literal["application/pdf"]
    data: Base64


@with_config(STRICT)
class PlainText(TypedDict):
    """A document that is plain text."""

    type: Literal["text"]
    media_type: Literal["text/plain"]
    data: str


@with_config(STRICT)
class ContentSource(TypedDict):
    """A document made of blocks."""

    type: Literal["content"]
    content: Annotated[
        list[Annotated[InnerText | Image, Field(discriminator="type")]] | str, Field(union_mode="left_to_right")
    ]


@with_config(STRICT)
class CitationsConfig(TypedDict):
    """Whether a document is cited from."""

    enabled: NotRequired[bool]


@with_config(STRICT)
class DocumentBlock(TypedDict):
    """A document block."""

    type: Literal["document"]
    source: Annotated[Base64Pdf | PlainText | ContentSource | UrlSource | FileSource, Field(discriminator="type")]
    cache_control: NotRequired[CacheControl | None]
    citations: NotRequired[CitationsConfig | None]
    context: NotRequired[NonEmpty | None]
    title: NotRequired[Annotated[str, Field(min_length=1, max_length=500)] | None]


@with_config(STRICT)
class SearchResult(TypedDict):
    """A search result that the caller found."""

    type: Literal["search_result"]
    source: str
    title: str
    content: list[InnerText]
    cache_control: NotRequired[CacheControl | None]
    citations: NotRequired[CitationsConfig]


@with_config(STRICT)
class Thinking(TypedDict):
    """Thinking of an earlier answer, sent back as it came."""

    type: Literal["thinking"]
    thinking: str
    signature: str


@with_config(STRICT)
class RedactedThinking(TypedDict):
    """Encrypted thinking of an earlier answer."""

    type: Literal["redacted_thinking"]
    data: str


@with_config(STRICT)
class ToolUse(TypedDict):
    """A call of one of the caller's tools."""

    type: Literal["tool_use"]
    id: ToolUseId
    name: Annotated[str, Field(min_length=1, max_length=200)]
    input: JsonObject
    cache_control: NotRequired[CacheControl | None]
    caller: NotRequired[Caller]
    toolset_name: NotRequired[str | None]


@with_config(STRICT)
class ToolReference(TypedDict):
    """A tool found by a tool search."""

    type: Literal["tool_reference"]
    tool_name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,256}$")]
    cache_control: NotRequired[CacheControl | None]


@with_config(OPEN)
class BrowserState(TypedDict):
    """What a browser tool shows."""

    type: Literal["browser_state"]


@with_config(STRICT)
class ToolResult(TypedDict):
    """What the caller's tool answered."""

    type: Literal["tool_result"]
    tool_use_id: ToolUseId
    content: NotRequired[
        Annotated[
            list[
                Annotated[
                    InnerText | Image | SearchResult | DocumentBlock | ToolReference | BrowserState,
                    Field(discriminator="type"),
                ]
            ]
            | str,
            Field(union_mode="left_to_right"),
        ]
    ]
    is_error: NotRequired[bool]
    cache_control: NotRequired[CacheControl | None]
    toolset_name: NotRequired[str | None]


@with_config(STRICT)
class ServerToolUse(TypedDict):
    """A call of one of the API's own tools."""

    type: Literal["server_tool_use"]
    id: ServerToolId
    name: NonEmpty
    input: JsonObject
    cache_control: NotRequired[CacheControl | None]
    caller: NotRequired[Caller]


@with_config(STRICT)
class WebSearchToolResult(TypedDict):
    """What a web search found, sent back as it came."""

    type: Literal["web_search_tool_result"]
    tool_use_id: ServerToolId
    content: Annotated[list[WebSearchHit] | ServerToolAnswer, Field(union_mode="left_to_right")]
    cache_control: NotRequired[CacheControl | None]
    caller: NotRequired[Caller]


@with_config(STRICT)
class WebFetchToolResult(TypedDict):
    """What a web fetch brought, sent back as it came."""

    type: Literal["web_fetch_tool_result"]
    tool_use_id: ServerToolId
    content: ServerToolAnswer
    cache_control: NotRequired[CacheControl | None]
    caller: NotRequired[Caller]


@with_config(STRICT)
class ServerToolResult(TypedDict):
    """What another of the API's own tools answered, sent back as it came."""

    type: Literal[
        "code_execution_tool_result",
        "bash_code_execution_tool_result",
        "text_editor_code_execution_tool_result",
        "tool_search_tool_result",
        "advisor_tool_result",
    ]
    tool_use_id: ServerToolId
    content: ServerToolAnswer
    cache_control: NotRequired[CacheControl | None]


@with_config(STRICT)
class ContainerUpload(TypedDict):
    """A file for the code execution container."""

    type: Literal["container_upload"]
    file_id: NonEmpty
    cache_control: NotRequired[CacheControl | None]


@with_config(STRICT)
class McpToolUse(TypedDict):
    """A call of a tool of an MCP server."""

    type: Literal["mcp_tool_use"]
    id: ToolUseId
    name: str
    server_name: str
    input: JsonObject
    cache_control: NotRequired[CacheControl | None]


@with_config(STRICT)
class McpToolResult(TypedDict):
    """What a tool of an MCP server answered."""

    type: Literal["mcp_tool_result"]
    tool_use_id: ToolUseId
    content: NotRequired[Annotated[list[InnerText] | str, Field(union_mode="left_to_right")]]
    is_error: NotRequired[bool]
    cache_control: NotRequired[CacheControl | None]


@with_config(STRICT)
class ToolChange(TypedDict):
    """A tool that comes or goes in the middle of a conversation."""

    type: Literal["tool_addition", "tool_removal"]
    tool: JsonObject
    cache_control: NotRequired[CacheControl | None]


@with_config(STRICT)
class MidConversationSystem(TypedDict):
    """Instructions in the middle of a conversation, as a block."""

    type: Literal["mid_conv_system"]
    content: list[Annotated[Text | ToolChange, Field(discriminator="type")]]
    cache_control: NotRequired[CacheControl | None]


@with_config(STRICT)
class Compaction(TypedDict):
    """A summary that took the place of earlier turns."""

    type: Literal["compaction"]
    content: NotRequired[str | None]
    encrypted_content: NotRequired[str | None]
    signature: NotRequired[str | None]
    tool_changes: NotRequired[list[JsonObject] | None]
    cache_control: NotRequired[CacheControl | None]


@with_config(STRICT)
class Hop(TypedDict):
    """One side of a change of models."""

    model: NonEmpty


# "from" is a keyword of Python, so that this one is written as a call.
Fallback = TypedDict("Fallback", {"type": Literal["fallback"], "from": Hop, "to": Hop, "trigger": NotRequired[Any]})
with_config(STRICT)(Fallback)


@with_config(OPEN)
class BetaBlock(TypedDict):
    """Blocks that no published document describes: known by name, their inside is left to the API."""

    type: Literal["mcp_tool_listing"]


Further = (
    Image
    | SearchResult
    | Thinking
    | RedactedThinking
    | ToolUse
    | ToolResult
    | ServerToolUse
    | WebSearchToolResult
    | WebFetchToolResult
    | ServerToolResult
    | McpToolUse
    | McpToolResult
    | MidConversationSystem
    | ToolChange
    | Compaction
    | Fallback
    | ContainerUpload
    | BetaBlock
)
AnyBlock = Annotated[Text | DocumentBlock | Further, Field(discriminator="type")]
UserBlock = Annotated[UncitedText | DocumentBlock | Further, Field(discriminator="type")]
AssistantBlock = Annotated[Text | Further, Field(discriminator="type")]
"""Since version 2026-10-21 the assistant may not hold a document directly."""


@with_config(STRICT)
class SystemMessage(TypedDict):
    """Instructions in the middle of a conversation."""

    role: Literal["system"]
    content: Annotated[list[AnyBlock] | Said, Field(union_mode="left_to_right")]


@with_config(STRICT)
class LegacyMessage(TypedDict):
    """A turn of either side, at version 2023-06-01."""

    role: Literal["user", "assistant"]
    content: Annotated[Annotated[list[AnyBlock], Field(min_length=1)] | Said, Field(union_mode="left_to_right")]


@with_config(STRICT)
class UserMessage(TypedDict):
    """A user's turn."""

    role: Literal["user"]
    content: Annotated[Annotated[list[UserBlock], Field(min_length=1)] | Said, Field(union_mode="left_to_right")]


@with_config(STRICT)
class AssistantMessage(TypedDict):
    """A turn of the assistant."""

    role: Literal["assistant"]
    content: Annotated[Annotated[list[AssistantBlock], Field(min_length=1)] | Said, Field(union_mode="left_to_right")]


Message = Annotated[UserMessage | AssistantMessage | SystemMessage, Field(discriminator="role")]
MessageBefore = Annotated[LegacyMessage | SystemMessage, Field(discriminator="role")]
