"""Open data as a table: its first bytes decide what it is; its name only where these fit several formats."""

from __future__ import annotations

from dataclasses import replace
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING

from batchtui.compose.tables.base import Doubt, TableOptions
from batchtui.compose.tables.byte_source import ByteSource
from batchtui.compose.tables.delimited.dialect import NONE
from batchtui.compose.tables.delimited.table import DelimitedTable
from batchtui.compose.tables.duckdb import DuckdbTable, parquet_table
from batchtui.compose.tables.encoding import is_encoding
from batchtui.compose.tables.folder import FolderTable
from batchtui.compose.tables.json_records import JsonTable, begins_as_json
from batchtui.compose.tables.many import ManyTables
from batchtui.compose.tables.spreadsheet import SpreadsheetTable, is_spreadsheet
from batchtui.domain.errors import InputError, UsageError
from batchtui.intake.records.reader import sniff
from batchtui.intake.records.sources import STDIN
from batchtui.settings.user_paths import is_file, is_folder, is_there, path_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.compose.tables.base import Table

_DOCUMENTS = (".txt", ".md", ".log", ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".html", ".xml", ".py")
"""Files that are one request, and no table."""
WORDS = {
    "comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "bar": "|", "space": " ",
    "none": NONE,
}  # fmt: skip
"""Delimiters by the words for them."""
_TEXT_OPTIONS = {
    "encoding": "--encoding", "delimiter": "--delimiter", "header": "--header", "skip": "--skip",
    "comment": "--comment",
}  # fmt: skip
"""Options about tables of text, by their names in `TableOptions`."""
_OF_SPREADSHEETS = frozenset({"header", "skip", "comment"})
_DELIMITED = (".csv", ".tsv", ".tab", ".psv")
_VALUES = (b"true", b"false", b"null", b"NaN")
_RECORDS = (".json", ".jsonl", ".ndjson")


def open_table(name: str, options: TableOptions) -> Table:
    """Open a file, a folder, or the standard input (`-`).

    Raises:
        InputError: it is not there, cannot be read, or is nothing that has rows.
        UsageError: an encoding or a delimiter is none; Parquet without DuckDB.
    """
    options = replace(options, delimiter=WORDS.get(options.delimiter or "", options.delimiter))
    _refuse_odd(options)
    path = Path(name)
    is_document = path.suffix.lower() in _DOCUMENTS and is_file(path) and not _is_said_to_be_table(path, options)
    if name != STDIN and (is_folder(path) or is_document):
        refuse_text_options(f"{name} is {'one text' if is_document else 'a folder'}", options)
        return FolderTable(name, path, attach_text=options.attach_text)
    if name != STDIN and is_file(path) and is_spreadsheet(path):
        refuse_text_options(f"{name} is a spreadsheet", options, but=_OF_SPREADSHEETS)
        return SpreadsheetTable(name, options)
    if options.sheet is not None:
        raise UsageError(f"{name} is not a spreadsheet, so it has no sheets.", hint="Leave out --sheet.")
    feed = ByteSource(name, options.stdin)
    _refuse_stand_in(name, feed.head)
    if feed.head.startswith(b"PAR1"):
        if name == STDIN:
            # The directory of a Parquet file stands at its end.
            raise InputError("Parquet cannot be read from a pipe.", hint="Pass the file's path.")
        refuse_text_options(f"{name} is a Parquet file", options)
        return parquet_table(name)
    if (foreign := sniff(feed.head)) is not None:
        raise InputError(f"{name} is {foreign[0]}, not a table.", hint=f"{foreign[1].capitalize()}.")
    suffixes = [suffix.lower() for suffix in path.suffixes]
    looks_like_json = feed.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    is_named_so = any(suffix in _RECORDS for suffix in suffixes) and not _begins_in_names(feed.head)
    is_delimited = any(suffix in _DELIMITED for suffix in suffixes) and not (
        looks_like_json and begins_as_json(feed.head)
    )
    if is_named_so or (looks_like_json and not is_delimited):
        refuse_text_options(f"{'The data' if name == STDIN else name} is JSON", options)
        return JsonTable(feed)
    return DelimitedTable(feed, options)


def open_tables(names: Sequence[str | Table], options: TableOptions) -> Table:
    """Open files, folders and patterns such as `data/*.csv`; several become one table, in the order of their names.

    A table among them that is opened already is taken as it is.

    Raises:
        InputError: as `open_table`; a pattern fits no file, or several are the standard input.
        UsageError: as `open_table`.
    """
    found = [file for name in names for file in (_expanded(name) if isinstance(name, str) else [name])]
    if found.count(STDIN) > 1:
        raise InputError("Standard input can be read only once.", hint="Pass - once.")
    if len(found) == 1:
        only = found[0]
        if not isinstance(only, str):
            return only
        table = open_table(only, options)
        if isinstance(table, FolderTable) and is_file(Path(only)):
            table.doubts = _doubt_document(only)
        return table
    tables = [open_table(file, options) if isinstance(file, str) else file for file in found]
    what = "files" if any(isinstance(file, str) for file in found) else "sets of results"
    return ManyTables(f"{len(found)} {what}", tables)


def _begins_in_names(head: bytes) -> bool:
    """Whether a text begins like a CSV and not like JSON, whatever its file is called."""
    line = head.partition(b"\n")[0]
    return line[:1].isalpha() and not line.startswith(_VALUES) and any(sign in line for sign in b",;\t|")


def _is_said_to_be_table(path: Path, options: TableOptions) -> bool:
    """Whether a text file is a table by what an option says: Excel calls its tables with tabs `.txt`."""
    said = (options.delimiter, options.header, options.skip, options.comment)
    return path.suffix.lower() in (".txt", ".log") and any(each is not None for each in said)


def _doubt_document(name: str) -> tuple[Doubt, ...]:
    """Return the doubt about a text file that is one request and looks like a table."""
    if Path(name).suffix.lower() != ".txt":
        return ()
    try:
        table = DelimitedTable(ByteSource(name), TableOptions())
    except InputError:
        return ()
    delimiter = table.facts["delimiter"]
    if len(table.columns) < 2 or table.doubts or table.facts["header"] == "none":
        return ()
    because = f"a file called .txt is a text; it looks like a table of {len(table.columns)} columns"
    option = f"--delimiter {delimiter if delimiter in WORDS else 'CHAR'} reads it as one, which is right"
    return (Doubt("requests", "one?", because, option),)


def _expanded(name: str) -> list[str]:
    """Return the files that a pattern fits, in the order of their names; a name that exists is no pattern.

    Raises:
        InputError: it fits none.
    """
    if name == STDIN or is_there(name) or not has_magic(name):
        return [name]
    found = sorted(glob(str(path_of(name)), recursive=True))  # noqa: PTH207 (Path.glob knows no absolute patterns)
    if not found:
        raise InputError(
            f'No file matches "{name}".', hint="Check the pattern: * is any part of a name, ** any folders."
        )
    return found


def open_query(sql: str) -> Table:
    """Open the rows of one SELECT over files.

    Raises:
        UsageError: DuckDB is not installed, or it is no SELECT.
        InputError: the query is wrong, or a file cannot be read.
    """
    return DuckdbTable("SQL", sql)


def _refuse_stand_in(name: str, head: bytes) -> None:
    """Stop at a small text that stands where the data should.

    Raises:
        InputError: it is a pointer of Git LFS or git-annex, or a web page.
    """
    start = head[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(b"version https://git-lfs.github.com"):
        raise InputError(f"{name} is a Git LFS pointer, not the file itself.", hint="`git lfs pull` fetches the file.")
    if start.startswith((b"/annex/objects/", b"../.git/annex/", b".git/annex/")):
        raise InputError(
            f"{name} is a git-annex pointer, not the file itself.", hint="`git annex get` fetches the file."
        )
    if start.startswith(b"{\\rtf"):
        raise InputError(f"{name} is an RTF document, not a table.", hint="Save it as text.")
    if start.startswith((b"<!doctype html", b"<html", b"<?xml")):
        what = "an XML file" if start.startswith(b"<?xml") else "a web page"
        raise InputError(
            f"{name} is {what}, not a table.", hint="Check that the file itself was downloaded, not a login page."
        )


def refuse_text_options(what: str, options: TableOptions, *, but: frozenset[str] = frozenset()) -> None:
    """Stop where an option about delimited text was given for other data, which would ignore it.

    Args:
        what: says what the data is.
        options: those that were given.
        but: names of options that this kind of data has as well.

    Raises:
        UsageError: there is one.
    """
    given = [word for name, word in _TEXT_OPTIONS.items() if name not in but and getattr(options, name) is not None]
    if given:
        words = ["--no-header" if word == "--header" and options.header is False else word for word in given]
        listed = " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
        raise UsageError(
            f"{what}; {listed} {'applies' if len(words) == 1 else 'apply'} only to tables of text such as CSV.",
            hint=f"Leave out {listed}, or pass a CSV file.",
        )


def _refuse_odd(options: TableOptions) -> None:
    if options.encoding is not None and not is_encoding(options.encoding):
        raise UsageError(f'Unknown encoding "{options.encoding}".', hint="For example utf-8, cp1252, utf-16.")
    if options.comment is not None and not options.comment.strip():
        raise UsageError("The comment character is blank.", hint="For example --comment '#'.")
    if options.delimiter is not None and len(options.delimiter) != 1:
        raise UsageError("A delimiter is one character.", hint="For example ; or tab; none where there is one column.")
