"""The whole of a request as types that are checked in C: the envelope, params, tools; one validator an API version.

Source: the OpenAPI document of 2026-07-28 and SDK 2.14.0; for what batches refuse, the documentation.
"""

# Annotations stay evaluated here: pydantic reads them when the schema is built.
from functools import cache
from typing import Annotated, Any, Literal, NotRequired, cast

from pydantic import Field, GetPydanticSchema, TypeAdapter, with_config
from pydantic_core import SchemaValidator, core_schema
from typing_extensions import TypedDict

from batchtui.domain.limits import CUSTOM_ID_PATTERN, LEGACY_API_VERSION
from batchtui.intake.schema.blocks import (
    OPEN,
    CacheControl,
    CitationsConfig,
    JsonObject,
    Message,
    MessageBefore,
    Text,
)
from batchtui.intake.schema.server_results import STRICT

TOOL_NAME_PATTERN = r"^[a-zA-Z0-9_-]{1,128}$"
Natural = Annotated[int, Field(ge=1)]
AllowedCaller = Annotated[str, Field(pattern=r"^(direct|code_execution_[0-9]{8})$")]
"""Known by its beginning, as new versions of code execution keep coming."""


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
    allowed_callers: NotRequired[list[AllowedCaller]]
    defer_loading: NotRequired[bool]
    input_examples: NotRequired[list[JsonObject]]


@with_config(STRICT)
class UserLocation(TypedDict):
    """Where a web search is to be made from."""

    type: Literal["approximate"]
    city: NotRequired[Annotated[str, Field(min_length=1, max_length=255)] | None]
    country: NotRequired[Annotated[str, Field(pattern=r"^[A-Za-z]{2}$")] | None]
    region: NotRequired[Annotated[str, Field(min_length=1, max_length=255)] | None]
    timezone: NotRequired[Annotated[str, Field(min_length=1, max_length=255)] | None]


@with_config(OPEN)
class ToolsetConfig(TypedDict):
    """How the tools of a toolset may be used; each toolset adds keys of its own."""

    enabled: NotRequired[bool]
    defer_loading: NotRequired[bool]


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
    allowed_callers: NotRequired[list[AllowedCaller]]
    defer_loading: NotRequired[bool]
    input_examples: NotRequired[list[JsonObject]]
    max_characters: NotRequired[Natural | None]
    max_uses: NotRequired[Natural | None]
    max_content_tokens: NotRequired[Natural | None]
    allowed_domains: NotRequired[list[str] | None]
    blocked_domains: NotRequired[list[str] | None]
    user_location: NotRequired[UserLocation | None]
    citations: NotRequired[CitationsConfig | None]
    use_cache: NotRequired[bool]
    response_inclusion: NotRequired[Literal["full", "excluded"]]
    url_sources: NotRequired[JsonObject | None]
    model: NotRequired[str]
    max_tokens: NotRequired[Annotated[int, Field(ge=1024)] | None]
    caching: NotRequired[CacheControl | None]
    display_width_px: NotRequired[Natural]
    display_height_px: NotRequired[Natural]
    display_number: NotRequired[Annotated[int, Field(ge=0)] | None]
    enable_zoom: NotRequired[bool]
    mcp_server_name: NotRequired[Annotated[str, Field(min_length=1, max_length=255)]]
    default_config: NotRequired[ToolsetConfig]
    configs: NotRequired[dict[str, ToolsetConfig] | None]
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
    display: NotRequired[Literal["summarized", "omitted"] | None]
    block_binding: NotRequired[Any]


@with_config(STRICT)
class AdaptiveThinking(TypedDict):
    """Thinking as much as the model sees fit."""

    type: Literal["adaptive"]
    display: NotRequired[Literal["summarized", "omitted"] | None]
    block_binding: NotRequired[Any]


@with_config(STRICT)
class ThinkingMode(TypedDict):
    """No thinking, or only between the calls of tools."""

    type: Literal["disabled", "between_tools"]


@with_config(STRICT)
class OutputFormat(TypedDict):
    """Structured output."""

    type: Literal["json_schema"]
    schema: JsonObject


@with_config(STRICT)
class TaskBudget(TypedDict):
    """A budget of tokens for a whole task."""

    type: Literal["tokens"]
    total: Annotated[int, Field(ge=1024)]
    remaining: NotRequired[Annotated[int, Field(ge=0)] | None]


@with_config(STRICT)
class OutputConfig(TypedDict):
    """How the answer is made."""

    effort: NotRequired[str | None]
    """Which levels there are depends on the model: a rule looks at it."""
    format: NotRequired[OutputFormat | None]
    task_budget: NotRequired[TaskBudget | None]


@with_config(STRICT)
class Metadata(TypedDict):
    """Whom the request is for, as the caller's own opaque id."""

    user_id: NotRequired[Annotated[str, Field(max_length=512)] | None]


@with_config(STRICT)
class McpToolConfiguration(TypedDict):
    """Which tools of an MCP server may be used (the older way; a toolset says it now)."""

    allowed_tools: NotRequired[list[str] | None]
    enabled: NotRequired[bool | None]


@with_config(STRICT)
class McpServer(TypedDict):
    """An MCP server that the API connects to."""

    type: Literal["url"]
    name: str
    url: str
    authorization_token: NotRequired[str | None]
    tool_configuration: NotRequired[McpToolConfiguration | None]


@with_config(STRICT)
class Skill(TypedDict):
    """A skill to load into a container."""

    type: Literal["anthropic", "custom"]
    skill_id: Annotated[str, Field(min_length=1, max_length=64)]
    version: NotRequired[Annotated[str, Field(min_length=1, max_length=64)]]


@with_config(STRICT)
class Diagnostics(TypedDict):
    """Which earlier request the cache is to be compared with."""

    previous_message_id: NotRequired[Annotated[str, Field(max_length=256)] | None]


@with_config(STRICT)
class Container(TypedDict):
    """A container, with skills."""

    id: NotRequired[str | None]
    skills: NotRequired[Annotated[list[Skill], Field(max_length=8)] | None]


@with_config(STRICT)
class ContextManagement(TypedDict):
    """What is cleared from the context on the way."""

    edits: NotRequired[list[JsonObject]]


Off = Annotated[
    bool,
    GetPydanticSchema(
        lambda _, handler: core_schema.chain_schema([handler(bool), core_schema.literal_schema([False])]),
    ),
]
"""False, and not the 0 that a literal alone would take for it."""


@with_config(STRICT)
class Common(TypedDict):
    """Everything of params but the messages."""

    model: Annotated[str, Field(min_length=1, max_length=256)]
    max_tokens: Natural
    system: NotRequired[Annotated[list[Text] | str, Field(union_mode="left_to_right")]]
    # By type would be quicker, but a tool of one's own may leave its type out.
    tools: NotRequired[list[Annotated[CustomTool | ServerTool, Field(union_mode="left_to_right")]]]
    tool_choice: NotRequired[Annotated[FreeChoice | ToolByName | NoTool, Field(discriminator="type")]]
    # By type: an error then speaks of the kind that was meant, and not of all three.
    thinking: NotRequired[Annotated[ThinkingBudget | AdaptiveThinking | ThinkingMode, Field(discriminator="type")]]
    output_config: NotRequired[OutputConfig]
    output_format: NotRequired[OutputFormat | None]
    cache_control: NotRequired[CacheControl | None]
    metadata: NotRequired[Metadata]
    stop_sequences: NotRequired[list[str]]
    service_tier: NotRequired[Literal["auto", "standard_only"]]
    stream: NotRequired[Off]
    container: NotRequired[Annotated[str | Container, Field(union_mode="left_to_right")] | None]
    context_management: NotRequired[ContextManagement | None]
    compaction: NotRequired[JsonObject | None]
    mcp_servers: NotRequired[Annotated[list[McpServer], Field(max_length=20)]]
    inference_geo: NotRequired[str | None]
    diagnostics: NotRequired[Diagnostics | None]
    user_profile_id: NotRequired[str]


@with_config(STRICT)
class Params(Common):
    """The params of version 2026-10-21: no sampling parameters."""

    messages: Annotated[list[Message], Field(min_length=1, max_length=100_000)]


@with_config(STRICT)
class LegacyParams(Common):
    """The params of version 2023-06-01."""

    messages: Annotated[list[MessageBefore], Field(min_length=1, max_length=100_000)]
    # Version 2026-10-21 has removed these three: `sampling-removed` says so.
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
