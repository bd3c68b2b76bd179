"""The whole of a request as types that are checked in C: the envelope, params, tools; one validator an API version.

Where it was read: the OpenAPI document of 2026-07-28, SDK 2.11.0, and for what batches refuse the documentation.
"""

# Annotations stay evaluated here: pydantic reads them when the schema is built.
from functools import cache
from typing import Annotated, Literal, NotRequired, cast

from pydantic import Field, TypeAdapter, with_config
from pydantic_core import SchemaValidator
from typing_extensions import TypedDict

from batchtui.domain.limits import CUSTOM_ID_PATTERN, LEGACY_API_VERSION
from batchtui.intake.schema_blocks import OPEN, STRICT, CacheControl, JsonObject, Message, MessageBefore, Text

TOOL_NAME_PATTERN = r"^[a-zA-Z0-9_-]{1,128}$"
Natural = Annotated[int, Field(ge=1)]


@with_config(OPEN)
class InputSchema(TypedDict):
    """A JSON schema of a tool's input; only its top is looked at."""

    type: Literal["object"]
    properties: NotRequired[JsonObject | None]
    required: NotRequired[list[str] | None]


@with_config(STRICT)
class CustomTool(TypedDict):
    """A tool of the caller's own."""

    name: Annotated[str, Field(pattern=TOOL_NAME_PATTERN)]
    input_schema: InputSchema
    type: NotRequired[Literal["custom"] | None]
    description: NotRequired[str]
    cache_control: NotRequired[CacheControl | None]
    strict: NotRequired[bool]
    eager_input_streaming: NotRequired[bool | None]
    allowed_callers: NotRequired[list[str]]
    defer_loading: NotRequired[bool]
    input_examples: NotRequired[list[JsonObject]]


@with_config(STRICT)
class ServerTool(TypedDict):
    """A tool that the API brings or defines; known by the beginning of its type, as new dates keep coming."""

    type: Annotated[
        str,
        Field(
            pattern=r"^(bash|code_execution|memory|text_editor|web_search|web_fetch|computer|advisor|computer_toolset"
            r"|browser_toolset|tool_search_tool_bm25|tool_search_tool_regex)(_[0-9]{8})?$|^mcp_toolset$"
        ),
    ]
    name: NotRequired[str]
    cache_control: NotRequired[CacheControl | None]
    strict: NotRequired[bool]
    allowed_callers: NotRequired[list[str]]
    defer_loading: NotRequired[bool]
    input_examples: NotRequired[list[JsonObject]]
    max_characters: NotRequired[Natural | None]
    max_uses: NotRequired[Natural | None]
    max_content_tokens: NotRequired[Natural | None]
    allowed_domains: NotRequired[list[str] | None]
    blocked_domains: NotRequired[list[str] | None]
    user_location: NotRequired[JsonObject | None]
    citations: NotRequired[JsonObject | None]
    use_cache: NotRequired[bool]
    response_inclusion: NotRequired[str]
    url_sources: NotRequired[JsonObject | None]
    model: NotRequired[str]
    max_tokens: NotRequired[Natural | None]
    caching: NotRequired[JsonObject | None]
    display_width_px: NotRequired[Natural]
    display_height_px: NotRequired[Natural]
    display_number: NotRequired[int | None]
    enable_zoom: NotRequired[bool]
    mcp_server_name: NotRequired[str]
    default_config: NotRequired[JsonObject | None]
    configs: NotRequired[JsonObject | None]
    tools: NotRequired[list[JsonObject] | None]


@with_config(STRICT)
class FreeChoice(TypedDict):
    """The model decides, or must use some tool."""

    type: Literal["auto", "any"]
    disable_parallel_tool_use: NotRequired[bool]


@with_config(STRICT)
class ToolByName(TypedDict):
    """The model must use this tool."""

    type: Literal["tool"]
    name: str
    disable_parallel_tool_use: NotRequired[bool]


@with_config(STRICT)
class NoTool(TypedDict):
    """The model may not use a tool."""

    type: Literal["none"]


@with_config(STRICT)
class ThinkingBudget(TypedDict):
    """Thinking within a budget; older models only."""

    type: Literal["enabled"]
    budget_tokens: Annotated[int, Field(ge=1024)]
    display: NotRequired[str | None]


@with_config(STRICT)
class ThinkingMode(TypedDict):
    """Thinking without a budget, or none."""

    type: Literal["adaptive", "disabled", "between_tools"]
    display: NotRequired[str | None]


@with_config(STRICT)
class OutputFormat(TypedDict):
    """Structured output."""

    type: Literal["json_schema"]
    schema: JsonObject


@with_config(STRICT)
class OutputConfig(TypedDict):
    """How the answer is made."""

    effort: NotRequired[Literal["low", "medium", "high", "xhigh", "max"] | None]
    format: NotRequired[OutputFormat | None]
    task_budget: NotRequired[JsonObject | None]


@with_config(STRICT)
class Metadata(TypedDict):
    """Whom the request is for, as the caller's own opaque id."""

    user_id: NotRequired[Annotated[str, Field(max_length=512)] | None]


@with_config(STRICT)
class McpServer(TypedDict):
    """An MCP server that the API connects to."""

    type: Literal["url"]
    name: str
    url: str
    authorization_token: NotRequired[str | None]
    tool_configuration: NotRequired[JsonObject | None]


@with_config(STRICT)
class Container(TypedDict):
    """A container, with skills."""

    id: NotRequired[str | None]
    skills: NotRequired[list[JsonObject] | None]


@with_config(OPEN)
class ContextManagement(TypedDict):
    """What is cleared from the context on the way."""

    edits: NotRequired[list[JsonObject]]


@with_config(STRICT)
class Common(TypedDict):
    """Everything of params but the messages."""

    model: Annotated[str, Field(min_length=1, max_length=256)]
    max_tokens: Natural
    system: NotRequired[Annotated[list[Text] | str, Field(union_mode="left_to_right")]]
    tools: NotRequired[list[Annotated[CustomTool | ServerTool, Field(union_mode="left_to_right")]]]
    tool_choice: NotRequired[Annotated[FreeChoice | ToolByName | NoTool, Field(discriminator="type")]]
    thinking: NotRequired[Annotated[ThinkingBudget | ThinkingMode, Field(discriminator="type")]]
    output_config: NotRequired[OutputConfig]
    output_format: NotRequired[OutputFormat | None]
    cache_control: NotRequired[CacheControl | None]
    metadata: NotRequired[Metadata]
    stop_sequences: NotRequired[list[str]]
    service_tier: NotRequired[Literal["auto", "standard_only"]]
    stream: NotRequired[Literal[False]]
    container: NotRequired[Annotated[str | Container, Field(union_mode="left_to_right")] | None]
    context_management: NotRequired[ContextManagement | None]
    compaction: NotRequired[JsonObject | None]
    mcp_servers: NotRequired[Annotated[list[McpServer], Field(max_length=20)]]
    inference_geo: NotRequired[str | None]
    diagnostics: NotRequired[JsonObject | None]
    user_profile_id: NotRequired[str]


@with_config(STRICT)
class Params(Common):
    """The params of version 2026-10-21: no sampling parameters."""

    messages: Annotated[list[Message], Field(min_length=1, max_length=100_000)]


@with_config(STRICT)
class LegacyParams(Common):
    """The params of version 2023-06-01."""

    messages: Annotated[list[MessageBefore], Field(min_length=1, max_length=100_000)]
    temperature: NotRequired[Annotated[float, Field(ge=0, le=1)]]
    top_p: NotRequired[Annotated[float, Field(ge=0, le=1)]]
    top_k: NotRequired[Annotated[int, Field(ge=0)]]


CustomId = Annotated[str, Field(pattern=CUSTOM_ID_PATTERN)]


@with_config(STRICT)
class Envelope(TypedDict):
    """One request of a batch."""

    custom_id: CustomId
    params: Params


@with_config(STRICT)
class LegacyEnvelope(TypedDict):
    """One request of a batch at version 2023-06-01."""

    custom_id: CustomId
    params: LegacyParams


@cache
def validator(api_version: str) -> SchemaValidator:
    """Return what checks one whole request, as JSON (`validate_json`) or parsed (`validate_python`)."""
    envelope = LegacyEnvelope if api_version == LEGACY_API_VERSION else Envelope
    return cast("SchemaValidator", TypeAdapter(envelope).validator)
