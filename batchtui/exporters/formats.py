"""Choose the writer of a format by its name: `Format`, `write`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePath
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from batchtui.domain.results.statistics import ResultStatistics
    from batchtui.exporters.columns import ExportColumn
    from batchtui.exporters.record import ExportRecord


class Format(StrEnum):
    """The export formats."""

    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"
    TSV = "tsv"
    MD = "md"
    PARQUET = "parquet"
    CHAT = "chat"
    """Lines for fine-tuning: request and answer as one conversation."""

    @property
    def is_table(self) -> bool:
        """Whether it has columns always, chosen or not."""
        return self in (Format.CSV, Format.TSV, Format.PARQUET)

    @property
    def is_delimited(self) -> bool:
        """Whether it is text with delimiters, as spreadsheets read it."""
        return self in DELIMITERS

    @property
    def suffix(self) -> str:
        """The file suffix, without a dot."""
        return "jsonl" if self is Format.CHAT else str(self)


DELIMITERS = {Format.CSV: ",", Format.TSV: "\t"}
"""What stands between two cells."""
_BY_SUFFIX = {".ndjson": Format.JSONL, ".markdown": Format.MD, ".pq": Format.PARQUET}


def format_of(output: str | None) -> Format:
    """Guess the format from the name of a file; JSON Lines where it says nothing."""
    suffix = PurePath(output or "").suffix.lower()
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    return next((kind for kind in Format if f".{kind.suffix}" == suffix), Format.JSONL)


def write(
    kind: Format,
    out: IO[bytes],
    entries: Iterable[ExportRecord],
    columns: Sequence[ExportColumn] | None,
    *,
    with_requests: bool = False,
    guard: bool = True,
    bom: bool = False,
    statistics: ResultStatistics | None = None,
) -> None:
    """Write entries in a format, as they come: memory does not grow with their number.

    Args:
        kind: the format.
        out: a binary stream; it is neither flushed nor closed.
        entries: what to write, in this order.
        columns: for a table its columns; for the others None writes them as they are.
        with_requests: whether a format without columns shows the requests.
        guard: whether CSV and TSV keep spreadsheets from running a cell.
        bom: whether CSV and TSV begin with a byte order mark, for Excel.
        statistics: what Markdown says of all results at its beginning; None for nothing.
    """
    if kind is Format.PARQUET:
        from batchtui.exporters.parquet import write_parquet

        write_parquet(out, entries, columns or ())
    elif kind in DELIMITERS:
        from batchtui.exporters.delimited import write_delimited

        write_delimited(out, entries, columns or (), delimiter=DELIMITERS[kind], guard=guard, bom=bom)
    elif kind is Format.CHAT:
        from batchtui.exporters.chat import write_chat

        write_chat(out, entries)
    elif kind is Format.MD:
        from batchtui.exporters.markdown import write_markdown

        if statistics is not None:
            from batchtui.exporters.overview import overview

            out.write(overview(statistics))
        write_markdown(out, entries, columns, with_requests=with_requests, is_begun=statistics is not None)
    else:
        from batchtui.exporters.json_formats import write_json, write_jsonl

        writer = write_jsonl if kind is Format.JSONL else write_json
        writer(out, entries, columns, with_requests=with_requests)
