"""Read an array or lines of JSON objects as a table, tasks among them: `JsonTable`."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from batchtui.compose.tables.base import Doubt, Readable, Row
from batchtui.domain.errors import InputError
from batchtui.intake.problems import CheckFault
from batchtui.intake.records.diagnosis import diagnose
from batchtui.intake.records.reader import UnknownFormat, read_records, without_mark
from batchtui.intake.records.task_files import is_task

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchtui.compose.tables.byte_source import ByteSource
    from batchtui.intake.records.reader import Records

VALUE = "input_data"
"""What a record is called that is no object: an array of texts is a table of one column."""
TASKS = "tasks"
_LOOKED_AT = 100
_OF_DATA = {
    ': {"custom_id": "…", "params": {…}}': "", "one request per line": "one object per line",
    "the request": "the object", "not a file of requests": "not JSON",
}  # fmt: skip
_HOPELESS = ("file-binary", "file-encoding", "file-empty", "file-not-json", "file-csv", "file-pointer", "file-markup")
"""What the beginning says about all of it."""


class JsonTable(Readable):
    """Objects in JSON. Their keys are the columns; a record may lack some, and its own lines are its place."""

    has_blocks = False

    def __init__(self, feed: ByteSource) -> None:
        """Look at the first records.

        Raises:
            InputError: there are none, or they are requests already.
        """
        self._feed = feed
        self.name = feed.name
        self._is_array = feed.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
        first = self._first()
        if first and "params" in first[0] and "custom_id" in first[0]:
            raise InputError(
                f"{self.name} already contains requests.", hint=f"`batchtui submit {self.name}` checks and sends them."
            )
        self.doubts = _twice(feed.head)
        if len(first) == 1 and feed.is_whole:
            self.doubts += _refuse_columns(self.name, first[0])
        self.is_tasks = bool(first) and is_task(first[0])
        self.columns = tuple(dict.fromkeys(key for values in first for key in values))
        self.id_column = "task_id" if self.is_tasks else None

    @property
    def kind(self) -> str:
        """Tasks, JSON, or JSON lines."""
        return TASKS if self.is_tasks else "JSON" if self._is_array else "JSON lines"

    @property
    def facts(self) -> Mapping[str, str]:
        """How it is written."""
        return {"encoding": "UTF-8"}

    @property
    def progress(self) -> tuple[int, int | None]:
        """Bytes read so far, and in all where that is known."""
        return self._feed.progress

    def keep(self) -> None:
        """Keep what a pipe brings, so that it can be read again."""
        self._feed.keep()

    def rows(self) -> Iterator[list[Row]]:
        """Yield the records in blocks; what is no JSON comes with its fault."""
        try:
            for records in read_records(self._feed.chunks()):
                yield list(_rows(records))
        except UnknownFormat as fault:
            said = CheckFault(fault.code, _of_data(fault.message), _of_data(fault.hint))
            yield [Row(fault.line or 1, {}, said)]

    def _first(self) -> list[dict[str, Any]]:
        """Return the first records, as far as they can be read; the last one of a beginning may be cut."""
        rows: list[Row] = []
        try:
            for records in islice(read_records(iter([self._feed.head])), _LOOKED_AT):
                rows += _rows(records)
        except UnknownFormat as fault:
            if not rows and (self._feed.is_whole or fault.code in _HOPELESS):
                raise InputError(f"{self.name}: {_of_data(fault.message)}.", hint=_of_data(fault.hint)) from None
        return [row.values for row in rows[:_LOOKED_AT] if row.fault is None]


def begins_as_json(head: bytes) -> bool:
    """Whether a text begins with a whole object or an array of them; a row of a CSV may begin with a bracket."""
    try:
        rows = [row for records in islice(read_records(iter([head])), 1) for row in _rows(records)]
    except UnknownFormat:
        return False
    return bool(rows) and rows[0].fault is None and VALUE not in rows[0].values


def _twice(head: bytes) -> tuple[Doubt, ...]:
    """Return the doubt about a key that one of the first records has twice: readers of JSON keep the last value."""
    found: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        found.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)
        return dict(pairs)

    with suppress(UnknownFormat):
        for records in islice(read_records(iter([head])), _LOOKED_AT):
            for item in records.items[:_LOOKED_AT]:
                with suppress(ValueError, RecursionError):
                    json.loads(without_mark(item), object_pairs_hook=note)
    if not found:
        return ()
    because = f'a record has "{found[0]}" twice, and the last one counts'
    return (Doubt("columns", "right?", because, "rename one of them, to have both,"),)


def _refuse_columns(name: str, record: dict[str, Any]) -> tuple[Doubt, ...]:
    """Return the doubt about a file of one object that may hold the rows.

    Raises:
        InputError: it is a table that pandas wrote by columns, which would be a single request.
    """
    values = list(record.values())
    are_alike = all(isinstance(each, dict) and each.keys() == values[0].keys() for each in values)
    by_columns = are_alike and bool(values and values[0]) and all(map(str.isdigit, values[0]))
    by_index = len(record) > 1 and all(map(str.isdigit, record))
    if by_columns or by_index or set(record) in ({"columns", "index", "data"}, {"schema", "data"}):
        raise InputError(
            f"{name} contains a whole table in one object, as pandas writes it by default.",
            hint='Write it with df.to_json(PATH, orient="records", lines=True).',
        )
    for key, value in record.items():
        if isinstance(value, list) and len(value) > 1 and all(isinstance(each, dict) for each in value):
            because = f'the file is one object; "{key}" in it has {len(value)} objects'
            return (Doubt("rows", "one?", because, f"jq '.[\"{key}\"]' FILE turns them into rows"),)
    return ()


def _rows(records: Records) -> Iterator[Row]:
    for line, item in enumerate(records.items, records.first):
        # Files with a mark that were put one behind the other have it in the middle, too.
        text = without_mark(item).strip()
        if not text:
            continue
        try:
            value = from_json(text, allow_inf_nan=False)
        except ValueError:
            yield Row(line, {}, _fault(text))
            continue
        yield Row(line, value if isinstance(value, dict) else {VALUE: value})


def _fault(text: bytes) -> CheckFault:
    faults = diagnose(text).faults
    if not faults:
        return CheckFault("not-json", "it is not valid JSON")
    return faults[0]._replace(message=_of_data(faults[0].message), hint=_of_data(faults[0].hint))


def _of_data(text: str) -> str:
    """Return a sentence about requests, which the reader of JSON usually reads, as one about data."""
    for word, instead in _OF_DATA.items():
        text = text.replace(word, instead)
    return text
