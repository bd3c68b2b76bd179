"""`review_document` is an answer as a reviewer reads it: a structured one as fields, any other as its text."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from batchtui.results.json_text import encode_json
from batchtui.results.structured_output import structured_value
from batchtui.text.safe import one_line
from batchtui.tui.rendering.plain import MarkdownText, json_lines
from batchtui.tui.rendering.spans import Span, Tone, width
from batchtui.tui.widgets.document_pane import Document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchtui.tui.rendering.plain import Part
    from batchtui.tui.screens.results.source import LoadedResult

WIDEST_NAME = 24
"""Columns that the names of fields are padded to at most."""


def review_document(read: LoadedResult) -> Document:
    """Return an answer to be shown: its fields where it is a JSON object, else as everywhere."""
    value = structured_value(read.answer) if read.answer.message else None
    if not value:
        return read.answer_document
    return Document(partial(field_parts, value), read.raw)


def field_parts(value: Mapping[str, object], most: int | None) -> Iterator[Part]:
    """Yield a line for each field; long texts and nested values stand below their names."""
    names = {name: one_line(name) or '""' for name in value}
    room = min(WIDEST_NAME, max((width([Span(name)]) for name in names.values()), default=0))
    for name, said in value.items():
        head = Span(names[name] + " " * max(0, room - width([Span(names[name])])), Tone.ACCENT)
        if isinstance(said, str) and "\n" in said:
            yield (head,)
            yield MarkdownText(said)
        elif isinstance(said, dict | list) and said:
            yield (head,)
            yield from json_lines(encode_json(said, indent=2), most)
        else:
            text = said if isinstance(said, str) else encode_json(said)
            yield (head, Span("  "), Span(one_line(text[:most]), Tone.STRONG))
