"""What answers of the API contain and requests send back: citations, callers, and the results of server tools.

Source: the OpenAPI document of 2026-07-28 and the parameter types of SDK 2.14.0. All of these objects are
closed there: a key that is not listed is refused.
"""

# Annotations stay evaluated here: pydantic reads them when the schema is built.
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

STRICT = ConfigDict(extra="forbid", strict=True, cache_strings="keys", allow_inf_nan=False)
ServerToolId = Annotated[str, Field(pattern=r"^srvtoolu_[a-zA-Z0-9_]+$")]
Index = Annotated[int, Field(ge=0)]
DocumentTitle = Annotated[str, Field(min_length=1, max_length=255)] | None


@with_config(STRICT)
class CharLocation(TypedDict):
    """Characters of a plain text document."""

    type: Literal["char_location"]
    cited_text: str
    document_index: Index
    document_title: DocumentTitle
    start_char_index: Index
    end_char_index: int


@with_config(STRICT)
class PageLocation(TypedDict):
    """Pages of a PDF."""

    type: Literal["page_location"]
    cited_text: str
    document_index: Index
    document_title: DocumentTitle
    start_page_number: Annotated[int, Field(ge=1)]
    end_page_number: int


@with_config(STRICT)
class ContentBlockLocation(TypedDict):
    """Blocks of a document that is made of blocks."""

    type: Literal["content_block_location"]
    cited_text: str
    document_index: Index
    document_title: DocumentTitle
    start_block_index: Index
    end_block_index: int


@with_config(STRICT)
class WebSearchLocation(TypedDict):
    """A page that a web search found."""

    type: Literal["web_search_result_location"]
    cited_text: str
    encrypted_index: str
    title: Annotated[str, Field(min_length=1, max_length=512)] | None
    url: Annotated[str, Field(min_length=1, max_length=2048)]


@with_config(STRICT)
class SearchResultLocation(TypedDict):
    """Blocks of a search result that the caller supplied."""

    type: Literal["search_result_location"]
    cited_text: str
    search_result_index: Index
    source: str
    title: str | None
    start_block_index: Index
    end_block_index: int


Citation = Annotated[
    CharLocation | PageLocation | ContentBlockLocation | WebSearchLocation | SearchResultLocation,
    Field(discriminator="type"),
]


@with_config(STRICT)
class DirectCaller(TypedDict):
    """The model itself called the tool."""

    type: Literal["direct"]


@with_config(STRICT)
class CodeCaller(TypedDict):
    """Code that the model ran called the tool."""

    type: Literal["code_execution_20250825", "code_execution_20260120", "code_execution_20260521"]
    tool_id: ServerToolId


Caller = Annotated[DirectCaller | CodeCaller, Field(discriminator="type")]


@with_config(STRICT)
class ToolError(TypedDict):
    """The error of a server tool; the set of codes grows with the tools, so that they are not listed."""

    type: Literal[
        "web_search_tool_result_error",
        "web_fetch_tool_result_error",
        "code_execution_tool_result_error",
        "bash_code_execution_tool_result_error",
        "advisor_tool_result_error",
    ]
    error_code: str


@with_config(STRICT)
class ExplainedToolError(TypedDict):
    """The error of a server tool that may come with a sentence."""

    type: Literal["text_editor_code_execution_tool_result_error", "tool_search_tool_result_error"]
    error_code: str
    error_message: NotRequired[str | None]


@with_config(STRICT)
class WebSearchHit(TypedDict):
    """One page of a web search."""

    type: Literal["web_search_result"]
    encrypted_content: str
    title: str
    url: str
    page_age: NotRequired[str | None]


@with_config(STRICT)
class WebFetchResult(TypedDict):
    """A page that was fetched; the document inside is checked as free JSON."""

    type: Literal["web_fetch_result"]
    url: str
    content: dict[str, Any]
    retrieved_at: NotRequired[str | None]


@with_config(STRICT)
class OutputFile(TypedDict):
    """A file that code wrote."""

    type: Literal["code_execution_output", "bash_code_execution_output"]
    file_id: str


@with_config(STRICT)
class CodeResult(TypedDict):
    """What code printed."""

    type: Literal["code_execution_result", "bash_code_execution_result"]
    content: list[OutputFile]
    return_code: int
    stderr: str
    stdout: str


@with_config(STRICT)
class EncryptedCodeResult(TypedDict):
    """What code printed, readable to the API only."""

    type: Literal["encrypted_code_execution_result"]
    content: list[OutputFile]
    encrypted_stdout: str
    return_code: int
    stderr: str


@with_config(STRICT)
class FileViewed(TypedDict):
    """A file that the text editor showed."""

    type: Literal["text_editor_code_execution_view_result"]
    content: str
    file_type: Literal["text", "image", "pdf"]
    num_lines: NotRequired[int | None]
    start_line: NotRequired[int | None]
    total_lines: NotRequired[int | None]


@with_config(STRICT)
class FileCreated(TypedDict):
    """A file that the text editor wrote."""

    type: Literal["text_editor_code_execution_create_result"]
    is_file_update: bool


@with_config(STRICT)
class FileChanged(TypedDict):
    """A replacement that the text editor made."""

    type: Literal["text_editor_code_execution_str_replace_result"]
    lines: NotRequired[list[str] | None]
    new_lines: NotRequired[int | None]
    new_start: NotRequired[int | None]
    old_lines: NotRequired[int | None]
    old_start: NotRequired[int | None]


@with_config(STRICT)
class ToolReferenceFound(TypedDict):
    """A tool that a tool search found."""

    type: Literal["tool_reference"]
    tool_name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,256}$")]
    cache_control: NotRequired[dict[str, Any] | None]


@with_config(STRICT)
class ToolsFound(TypedDict):
    """What a tool search found."""

    type: Literal["tool_search_tool_search_result"]
    tool_references: list[ToolReferenceFound]


@with_config(STRICT)
class AdvisorResult(TypedDict):
    """What the advisor said."""

    type: Literal["advisor_result"]
    text: str
    stop_reason: NotRequired[str | None]


@with_config(STRICT)
class RedactedAdvice(TypedDict):
    """What the advisor said, readable to the API only."""

    type: Literal["advisor_redacted_result"]
    encrypted_content: str
    stop_reason: NotRequired[str | None]


ServerToolAnswer = Annotated[
    ToolError
    | ExplainedToolError
    | WebFetchResult
    | CodeResult
    | EncryptedCodeResult
    | FileViewed
    | FileCreated
    | FileChanged
    | ToolsFound
    | AdvisorResult
    | RedactedAdvice,
    Field(discriminator="type"),
]
