"""Opening data: what it is, is told by its first bytes; its name helps only where these could be several things."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from batchtui.compose.tables.byte_source import ByteSource
from batchtui.compose.tables.delimited import DelimitedTable
from batchtui.compose.tables.duckdb import DuckdbTable, parquet_table
from batchtui.compose.tables.encoding import is_encoding
from batchtui.compose.tables.folder import FolderTable
from batchtui.compose.tables.json_records import JsonTable
from batchtui.domain.errors import InputError, UsageError
from batchtui.intake.record_reader import sniff
from batchtui.intake.sources import STDIN
from batchtui.settings.user_paths import is_file, is_folder

if TYPE_CHECKING:
    from batchtui.compose.tables.base import Table, TableOptions

_DOCUMENTS = (".txt", ".md", ".log", ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".html", ".xml", ".py")
"""Files that are one request, and no table."""
_DELIMITED = (".csv", ".tsv", ".tab", ".psv")
_RECORDS = (".json", ".jsonl", ".ndjson")


def open_table(name: str, options: TableOptions) -> Table:
    """Open a file, a folder, or the standard input (`-`).

    Raises:
        InputError: it is not there, cannot be read, or is nothing that has rows.
        UsageError: an encoding or a delimiter is none; Parquet without DuckDB.
    """
    _refuse_odd(options)
    path = Path(name)
    if name != STDIN and (is_folder(path) or (path.suffix.lower() in _DOCUMENTS and is_file(path))):
        return FolderTable(name, path, attach_text=options.attach_text)
    feed = ByteSource(name, options.stdin)
    if feed.head.startswith(b"PAR1"):
        if name == STDIN:
            raise InputError("Parquet cannot be read from a pipe.", hint="Name the file.")
        return parquet_table(name)
    if (foreign := sniff(feed.head)) is not None:
        hint = "Save it as CSV." if feed.head.startswith(b"PK") else f"{foreign[1].capitalize()}."
        raise InputError(f"{name} is {foreign[0]}, not a table.", hint=hint)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    looks_like_json = feed.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    is_named_so = any(suffix in _RECORDS for suffix in suffixes)
    if is_named_so or (looks_like_json and not any(suffix in _DELIMITED for suffix in suffixes)):
        return JsonTable(feed)
    return DelimitedTable(feed, options)


def open_query(sql: str) -> Table:
    """Open the rows of one SELECT over files.

    Raises:
        UsageError: DuckDB is not installed, or it is no SELECT.
        InputError: the query is wrong, or a file cannot be read.
    """
    return DuckdbTable("SQL", sql)


def _refuse_odd(options: TableOptions) -> None:
    if options.encoding is not None and not is_encoding(options.encoding):
        raise UsageError(f'There is no encoding "{options.encoding}".', hint="For example utf-8, cp1252, utf-16.")
    if options.delimiter is not None and len(options.delimiter) != 1:
        raise UsageError("A delimiter is one character.", hint="For example ; or tab.")
