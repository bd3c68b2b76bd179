"""The columns that a table of results can have, and how a cell is filled."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from batchtui.domain.errors import UsageError
from batchtui.results.content_blocks import BlockKind
from batchtui.results.json_line import join_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from batchtui.exporters.record import ExportRecord

STRUCTURED = "answer."
"""Before the name of a key of a structured answer."""
MOST_STRUCTURED = 200
"""Keys that are spread into columns; whatever a model adds beyond that stays in the text."""
Read = Callable[["ExportRecord"], Any]


class Kind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column: its name and how a cell is had from an entry. A cell is None, or a JSON value."""

    name: str
    read: Read
    kind: Kind = Kind.TEXT


def prompt_of(params: Mapping[str, Any]) -> str:
    """Return the text of the last user message; what is no text (images, documents) is named in brackets."""
    messages = params.get("messages")
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, dict) and message.get("role") == "user":
            return _plain(message.get("content"))
    return ""


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


def _cache_writes(entry: ExportRecord) -> int:
    tokens = entry.answer.reading.tokens
    return tokens[1] + tokens[2]


_RESULT: tuple[ExportColumn, ...] = (
    ExportColumn("custom_id", lambda entry: entry.answer.custom_id),
    ExportColumn("outcome", lambda entry: str(entry.answer.outcome)),
    ExportColumn("stop_reason", lambda entry: entry.answer.reading.stop_reason),
    ExportColumn("text", lambda entry: entry.answer.text or None),
    ExportColumn("error_type", lambda entry: entry.answer.reading.error_type),
    ExportColumn("error_message", lambda entry: entry.answer.error_message or None),
    ExportColumn("model", lambda entry: entry.answer.reading.model),
    ExportColumn("input_tokens", lambda entry: entry.answer.reading.tokens[0], Kind.INTEGER),
    ExportColumn("cache_write_tokens", _cache_writes, Kind.INTEGER),
    ExportColumn("cache_read_tokens", lambda entry: entry.answer.reading.tokens[3], Kind.INTEGER),
    ExportColumn("output_tokens", lambda entry: entry.answer.reading.tokens[4], Kind.INTEGER),
)
_REQUEST: tuple[ExportColumn, ...] = (
    ExportColumn("request.model", lambda entry: entry.params.get("model")),
    ExportColumn("request.max_tokens", lambda entry: entry.params.get("max_tokens"), Kind.INTEGER),
    ExportColumn("request.system", lambda entry: _plain(entry.params.get("system")) or None),
    ExportColumn("request.prompt", lambda entry: prompt_of(entry.params) or None),
)
ORIGINAL = ExportColumn("original_id", lambda entry: entry.original)
"""What the data calls the row; custom_ids can be something else."""
_FURTHER: tuple[ExportColumn, ...] = (
    ORIGINAL,
    ExportColumn("type", lambda entry: entry.answer.reading.result_type),
    ExportColumn("message_id", lambda entry: entry.answer.message.get("id")),
    ExportColumn("thinking", _thinking),
    ExportColumn("thinking_tokens", lambda entry: entry.answer.reading.tokens[5], Kind.INTEGER),
    ExportColumn("tool_name", lambda entry: _tool(entry, "name")),
    ExportColumn("tool_input", lambda entry: _tool(entry, "input")),
    ExportColumn("raw", lambda entry: entry.line.decode("utf-8", "replace")),
)
_NAMED = {column.name: column for column in (*_RESULT, *_REQUEST, *_FURTHER)}


def default_columns(
    structured: Sequence[ExportColumn], *, with_requests: bool, with_originals: bool = False
) -> tuple[ExportColumn, ...]:
    """Return the columns of a table where nobody chose any."""
    custom_id, *others = _RESULT
    originals = (ORIGINAL,) if with_originals else ()
    return (custom_id, *originals, *others, *structured, *(_REQUEST if with_requests else ()))


def named_columns(names: Sequence[str], structured: Sequence[ExportColumn]) -> tuple[ExportColumn, ...]:
    """Return the columns with these names, in this order.

    A name is one of the known columns, `answer.KEY` for a key of a structured answer, or a path into the line or the
    request, like `result.message.usage.service_tier` or `request.metadata.user_id`.

    Raises:
        UsageError: where a name means nothing.
    """
    found = {column.name: column for column in structured}
    return tuple(found.get(name) or _named(name) for name in names)


def wants_requests(names: Sequence[str]) -> bool:
    """Whether one of these columns is filled from the request."""
    return any(name.startswith("request.") for name in names)


def wants_structure(names: Sequence[str]) -> bool:
    """Whether one of these columns is a key of a structured answer."""
    return any(name.startswith(STRUCTURED) for name in names)


def structured_columns(entries: Iterable[ExportRecord]) -> tuple[ExportColumn, ...]:
    """Look through entries for the keys of structured answers, in order of appearance, each with the kind it has."""
    kinds: dict[str, Kind | None] = {}
    for entry in entries:
        for key, value in entry.structured.items():
            if key not in kinds and len(kinds) == MOST_STRUCTURED:
                continue
            kind = _kind_of(value)
            before = kinds.setdefault(key, kind)
            if kind is not None and before is not kind:
                kinds[key] = kind if before is None else _both(before, kind)
    return tuple(_structured(key, kind or Kind.TEXT) for key, kind in kinds.items())


def cell_text(cell: object) -> str:
    """Return a cell as text: nothing for None, JSON for what is neither text nor number."""
    if isinstance(cell, str):
        return join_text(cell)
    if cell is None:
        return ""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return str(cell)
    return join_text(json.dumps(cell, ensure_ascii=False, separators=(",", ":")))


def _named(name: str) -> ExportColumn:
    if name in _NAMED:
        return _NAMED[name]
    if name.startswith(STRUCTURED) and name != STRUCTURED:
        return _structured(name.removeprefix(STRUCTURED), Kind.TEXT)
    head, _, rest = name.partition(".")
    if rest and head == "result":
        path = rest.split(".")
        return ExportColumn(name, lambda entry: _at(entry.answer.result, path))
    if rest and head == "request":
        path = rest.split(".")
        return ExportColumn(name, lambda entry: _at(entry.params, path))
    raise UsageError(
        f'There is no field "{name}".',
        hint=f"Fields are {', '.join(_NAMED)}, answer.KEY, result.PATH and request.PATH.",
    )


def _structured(key: str, kind: Kind) -> ExportColumn:
    return ExportColumn(STRUCTURED + key, lambda entry: entry.structured.get(key), kind)


def _at(value: object, path: Sequence[str]) -> Any:
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def _kind_of(value: object) -> Kind | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return Kind.FLAG
    if isinstance(value, int):
        return Kind.INTEGER if value.bit_length() < 64 else Kind.TEXT
    return Kind.NUMBER if isinstance(value, float) else Kind.TEXT


def _both(one: Kind, other: Kind) -> Kind:
    return Kind.NUMBER if {one, other} == {Kind.INTEGER, Kind.NUMBER} else Kind.TEXT
