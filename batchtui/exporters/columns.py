"""Name the columns that a table of results can have, and fill their cells.

The columns of a table come in a fixed order: those of the result (`_RESULT`), `note` where rows are marked, those of
tool calls where there are any, the keys of structured answers in order of appearance, what is said beside answers, and
those of the request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import UsageError
from batchtui.exporters.json_types import INTEGER, SCALARS, TEXT, JsonType, type_of, widest
from batchtui.results.content_blocks import BlockKind
from batchtui.results.json_text import encode_json, join_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from batchtui.domain.results.annotation import AnnotationColumn
    from batchtui.exporters.record import ExportRecord

STRUCTURED = "answer."
"""Before the name of a key of a structured answer."""
MOST_STRUCTURED = 200
"""Keys that are spread into columns; whatever a model adds beyond that stays in the text."""
Read = Callable[["ExportRecord"], Any]


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column: its name, and how its cell is read from an entry. A cell is None or a JSON value."""

    name: str
    read: Read
    type: JsonType = TEXT
    """What its cells hold; a cell that is something else is written as JSON text."""


def prompt_of(params: Mapping[str, Any]) -> str:
    """Return the text of the last user message; what is no text (images, documents) is named in brackets."""
    messages = params.get("messages")
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, dict) and message.get("role") == "user":
            return _plain(message.get("content"))
    return ""


def system_of(params: Mapping[str, Any]) -> str | None:
    """Return the text of the system prompt; None where there is none."""
    return _plain(params.get("system")) or None


def _plain(content: object) -> str:
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    return "\n".join(
        str(block["text"]) if isinstance(block.get("text"), str) else f"[{block.get('type')}]"
        for block in blocks
        if isinstance(block, dict)
    )


def _thinking(entry: ExportRecord) -> str | None:
    said = [block.text for block in entry.answer.blocks if block.kind is BlockKind.THINKING]
    return "\n".join(said) or None


def _tool(entry: ExportRecord, key: str) -> Any:
    calls = entry.answer.tool_calls
    return calls[0].get(key) if calls else None


def _tool_names(entry: ExportRecord) -> str | None:
    return ", ".join(str(call.get("name")) for call in entry.answer.tool_calls) or None


def _tool_calls(entry: ExportRecord) -> list[dict[str, Any]] | None:
    """Return every call of a tool as it came, without the `type` that is the same in all of them."""
    calls = entry.answer.tool_calls
    return [{key: value for key, value in call.items() if key != "type"} for call in calls] or None


def _citations(entry: ExportRecord) -> list[Any] | None:
    """Return what the texts of the answer lean on, as the API said it."""
    texts = (block.raw.get("citations") for block in entry.answer.blocks if block.citations)
    return [citation for citations in texts if isinstance(citations, list) for citation in citations] or None


def _cache_writes(entry: ExportRecord) -> int:
    tokens = entry.answer.reading.tokens
    return tokens[1] + tokens[2]


_RESULT: tuple[ExportColumn, ...] = (
    ExportColumn("custom_id", lambda entry: entry.answer.custom_id),
    ExportColumn("outcome", lambda entry: str(entry.outcome)),
    ExportColumn("stop_reason", lambda entry: entry.answer.reading.stop_reason),
    ExportColumn("text", lambda entry: entry.answer.text or None),
    ExportColumn("error_type", lambda entry: entry.answer.reading.error_type),
    ExportColumn("error_message", lambda entry: entry.answer.error_message or None),
    ExportColumn("model", lambda entry: entry.answer.reading.model),
    ExportColumn("input_tokens", lambda entry: entry.answer.reading.tokens[0], INTEGER),
    ExportColumn("cache_write_tokens", _cache_writes, INTEGER),
    ExportColumn("cache_read_tokens", lambda entry: entry.answer.reading.tokens[3], INTEGER),
    ExportColumn("output_tokens", lambda entry: entry.answer.reading.tokens[4], INTEGER),
)
_REQUEST: tuple[ExportColumn, ...] = (
    ExportColumn("request.model", lambda entry: entry.params.get("model")),
    ExportColumn("request.max_tokens", lambda entry: entry.params.get("max_tokens"), INTEGER),
    ExportColumn("request.system", lambda entry: system_of(entry.params)),
    ExportColumn("request.prompt", lambda entry: prompt_of(entry.params) or None),
)
ORIGINAL = ExportColumn("original_id", lambda entry: entry.original)
"""What the data calls the row; custom_ids can be something else."""
NOTE = ExportColumn("note", lambda entry: entry.note)
"""The caller's remark on a row: why it is there although it is incomplete or not ours."""
REUSED = ExportColumn("reused_from", lambda entry: entry.reused_from)
"""The batch whose answer was reused instead of sending the request."""
_TOOLS: tuple[ExportColumn, ...] = (ExportColumn("tool_names", _tool_names), ExportColumn("tool_calls", _tool_calls))
_FURTHER: tuple[ExportColumn, ...] = (
    ORIGINAL,
    NOTE,
    REUSED,
    *_TOOLS,
    ExportColumn("type", lambda entry: entry.answer.reading.result_type),
    ExportColumn("message_id", lambda entry: entry.answer.message.get("id")),
    ExportColumn("thinking", _thinking),
    ExportColumn("thinking_tokens", lambda entry: entry.answer.reading.tokens[5], INTEGER),
    ExportColumn("tool_name", lambda entry: _tool(entry, "name")),
    ExportColumn("tool_input", lambda entry: _tool(entry, "input")),
    ExportColumn("citations", _citations),
    ExportColumn("raw", lambda entry: entry.line.decode("utf-8", "replace")),
)
_NAMED = {column.name: column for column in (*_RESULT, *_REQUEST, *_FURTHER)}


def row_reader(columns: Sequence[ExportColumn]) -> Callable[[ExportRecord], Sequence[Any]]:
    """Return a function that reads all cells of a row.

    The columns that nearly every table has are read by one function instead of ten: it costs a third of their time.
    """
    columns = tuple(columns)
    if columns == _RESULT:
        return lambda entry: (entry.answer.reading[0], *_result_cells(entry))
    if columns == _RESULT + _REQUEST:
        return lambda entry: (entry.answer.reading[0], *_result_cells(entry), *_request_cells(entry))
    # Without custom_id, as `original_id` may stand between it and the others.
    before, found, after = _parted(columns, _RESULT[1:])
    if not found:
        readers = tuple(column.read for column in columns)
        return lambda entry: [read(entry) for read in readers]
    between, is_asked, rest = _parted(after, _REQUEST)
    first, middle, last = (tuple(column.read for column in part) for part in (before, between, rest))
    return lambda entry: (
        *[read(entry) for read in first],
        *_result_cells(entry),
        *[read(entry) for read in middle],
        *(_request_cells(entry) if is_asked else ()),
        *[read(entry) for read in last],
    )


def _parted(
    columns: tuple[ExportColumn, ...], run: tuple[ExportColumn, ...]
) -> tuple[tuple[ExportColumn, ...], bool, tuple[ExportColumn, ...]]:
    """Return the columns before and after a run of others, and whether it is there; without it all come before."""
    for at in range(len(columns) - len(run) + 1):
        if columns[at : at + len(run)] == run:
            return columns[:at], True, columns[at + len(run) :]
    return columns, False, ()


def _request_cells(entry: ExportRecord) -> tuple[Any, ...]:
    """Return the cells of `_REQUEST`."""
    params = entry.params
    system = params.get("system")
    return (
        params.get("model"), params.get("max_tokens"), (_plain(system) or None) if system else None,
        prompt_of(params) or None,
    )  # fmt: skip


def _result_cells(entry: ExportRecord) -> tuple[Any, ...]:
    """Return the cells of `_RESULT` but the first: what its columns read one by one."""
    answer = entry.answer
    _, outcome, kind, model, stop_reason, error_type, _, tokens, _ = answer.reading
    text = message = None
    if kind == "succeeded":
        text = answer.text or None
    if text is None:
        message = answer.error_message or None
    # The index knows what the line alone does not tell: that an answer is not the JSON that was asked for.
    outcome = entry.read_as or outcome
    # _value_ and not value, which is a property written in Python.
    return (
        outcome._value_, stop_reason, text, error_type, message, model,
        # Caches of five minutes and of one hour are written to one column, as `_cache_writes` does.
        tokens[0], tokens[1] + tokens[2], tokens[3], tokens[4],
    )  # fmt: skip


FIELDS: tuple[str, ...] = tuple(_NAMED)
"""Every field that has a name of its own, in the order of the help."""


def default_columns(
    structured: Sequence[ExportColumn],
    *,
    with_requests: bool,
    with_originals: bool = False,
    with_tools: bool = False,
    with_notes: bool = False,
    with_reused: bool = False,
    annotations: Sequence[AnnotationColumn] = (),
) -> tuple[ExportColumn, ...]:
    """Return the default columns of a table."""
    custom_id, *others = _RESULT
    return (
        custom_id,
        *((ORIGINAL,) if with_originals else ()),
        *others,
        *((NOTE,) if with_notes else ()),
        *((REUSED,) if with_reused else ()),
        *(_TOOLS if with_tools else ()),
        *structured,
        *annotation_columns([column for column in annotations if column.is_usual]),
        *(_REQUEST if with_requests else ()),
    )


def annotation_columns(annotations: Sequence[AnnotationColumn]) -> tuple[ExportColumn, ...]:
    """Return the columns of what is said beside answers: scores, marks."""
    return tuple(_annotation(column) for column in annotations)


def _annotation(column: AnnotationColumn) -> ExportColumn:
    return ExportColumn(column.name, lambda entry: entry.annotations.get(column.name), SCALARS[column.kind])


def named_columns(names: Sequence[str], further: Sequence[ExportColumn]) -> tuple[ExportColumn, ...]:
    """Return the columns with these names, in this order.

    A name is one of the known columns, `answer.KEY` for a key of a structured answer, a path into the line or the
    request, like `result.message.usage.service_tier` or `request.metadata.user_id`, or one of the `further` columns
    that these results have: keys of structured answers with their types, and annotations.

    Raises:
        UsageError: where a name means nothing.
    """
    found = {column.name: column for column in further}
    return tuple(found.get(name) or _named(name, tuple(found)) for name in names)


def columns_by_name(names: Iterable[str]) -> tuple[ExportColumn, ...]:
    """Return columns that another process has told by their names. Their types are lost: text formats have none.

    Raises:
        UsageError: where a name means nothing.
    """
    # Asked for structure first: a key may be empty, and `answer.` alone is no field that a person may name.
    return tuple(
        _structured(name.removeprefix(STRUCTURED), TEXT) if name.startswith(STRUCTURED) else _named(name)
        for name in names
    )


def wants_requests(names: Sequence[str]) -> bool:
    """Whether one of these columns is filled from the request."""
    return any(name.startswith("request.") for name in names)


def wants_structure(names: Sequence[str]) -> bool:
    """Whether one of these columns is a key of a structured answer."""
    return any(name.startswith(STRUCTURED) for name in names)


def structured_columns(
    entries: Iterable[ExportRecord], declared: Mapping[str, JsonType] | None = None
) -> tuple[ExportColumn, ...]:
    """Look through entries for the keys of structured answers, in order of appearance, each with the type it has.

    Args:
        entries: all that will be written: a type holds for every one of them.
        declared: types that the request's JSON schema names; their keys have a column even where no answer has them.
    """
    types: dict[str, JsonType | None] = dict(declared or {})
    for entry in entries:
        for key, value in entry.structured.items():
            # Null has no type, and a key that is null everywhere is a column nevertheless.
            if value is None:
                if len(types) < MOST_STRUCTURED:
                    types.setdefault(key, None)
            elif key in types:
                types[key] = widest(types[key], type_of(value))
            elif len(types) < MOST_STRUCTURED:
                types[key] = type_of(value)
    return tuple(_structured(key, found or TEXT) for key, found in types.items())


def cell_text(cell: object) -> str:
    """Return a cell as text: nothing for None, JSON for what is neither text nor number."""
    if isinstance(cell, str):
        return join_text(cell)
    if cell is None:
        return ""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return str(cell)
    return join_text(encode_json(cell))


def _named(name: str, further: Sequence[str] = ()) -> ExportColumn:
    if name in _NAMED:
        return _NAMED[name]
    if name.startswith(STRUCTURED) and name != STRUCTURED:
        return _structured(name.removeprefix(STRUCTURED), TEXT)
    head, _, rest = name.partition(".")
    if rest and head == "result":
        path = rest.split(".")
        return ExportColumn(name, lambda entry: _at(entry.answer.result, path))
    if rest and head == "request":
        path = rest.split(".")
        return ExportColumn(name, lambda entry: _at(entry.params, path))
    raise UsageError(
        f'There is no field "{name}".',
        hint=f"Fields are {', '.join((*_NAMED, *further))}, answer.KEY, result.PATH and request.PATH.",
    )


def _structured(key: str, kind: JsonType) -> ExportColumn:
    return ExportColumn(STRUCTURED + key, lambda entry: entry.structured.get(key), kind)


def _at(value: object, path: Sequence[str]) -> Any:
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        # Not isdigit: it takes signs such as `²`, which int refuses.
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value
