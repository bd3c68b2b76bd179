"""Markdown: one section a result, for people who read answers rather than tables."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING

from batchtui.exporters.columns import cell_text, prompt_of
from batchtui.results.content_blocks import BlockKind
from batchtui.results.json_line import join_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from batchtui.exporters.columns import ExportColumn
    from batchtui.exporters.record import ExportRecord
    from batchtui.results.parsed_result import ParsedResult

_FENCES = re.compile(r"`+")
_SHOWN = (BlockKind.TEXT, BlockKind.HIDDEN_THINKING)


def write_markdown(
    out: IO[bytes], entries: Iterable[ExportRecord], columns: Sequence[ExportColumn] | None, *, with_requests: bool
) -> None:
    """Write a section for each entry: a heading, what became of it, and the answer as it is, or the chosen fields."""
    for number, entry in enumerate(entries):
        section = _fields(entry, columns) if columns is not None else _section(entry, with_requests=with_requests)
        out.write(join_text(("\n---\n\n" if number else "") + section).encode("utf-8", "replace"))


def _section(entry: ExportRecord, *, with_requests: bool) -> str:
    answer = entry.answer
    parts = [f"## {code(answer.custom_id)}", f"*{_about(answer)}*"]
    if with_requests and entry.params:
        parts.append(quote(prompt_of(entry.params)))
    if answer.error_message or not answer.line:
        parts.append(quote(answer.error_message or answer.reading.message))
    if answer.text.strip():
        parts.append(answer.text.strip())
    for block in answer.blocks:
        if block.kind not in _SHOWN and block.kind is not BlockKind.THINKING:
            parts.append(f"{block.title.strip()}:\n\n{fenced(block.text)}")
    return "\n\n".join(parts) + "\n"


def _about(answer: ParsedResult) -> str:
    usage = answer.usage
    said = [str(answer.outcome), answer.reading.error_type or "", answer.reading.model or ""]
    if answer.reading.model:
        said.append(f"{usage.total_input} tokens in, {usage.output_tokens} out")
    return " · ".join(part.replace("*", "") for part in said if part)


def _fields(entry: ExportRecord, columns: Sequence[ExportColumn]) -> str:
    parts = [f"## {code(entry.answer.custom_id)}"]
    parts += [f"**{column.name}**\n\n{cell_text(column.read(entry)).strip()}" for column in columns]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def code(text: str) -> str:
    """Return the text as a code span on one line, so that nothing in it is markup."""
    line = " ".join(text.split()) or "(no custom_id)"
    fence = "`" * (longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def fenced(text: str) -> str:
    """Return the text as a fenced block that no fence within can end."""
    fence = "`" * max(3, longest_run(text) + 1)
    return f"{fence}\n{text}\n{fence}"


def quote(text: str) -> str:
    """Return the text as a block quote."""
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())


def longest_run(text: str) -> int:
    """Return the length of the longest run of backticks."""
    return max((len(run) for run in _FENCES.findall(text)), default=0)
