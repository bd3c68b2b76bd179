"""Make checked requests of a table and a template, with the problems of each row: `Composer`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from batchtui.compose.binding import BindingError, ComposerOptions, TemplateBinding
from batchtui.compose.column_names import placeholder_name
from batchtui.compose.custom_ids import CustomIdFactory
from batchtui.domain.submission.problem import Severity
from batchtui.intake.checker import Checker
from batchtui.intake.problems import CheckFault
from batchtui.intake.records.task_files import template_fault
from batchtui.templates import InvalidTemplate
from batchtui.templates.values import is_blank

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batchtui.compose.tables.base import Row, Table
    from batchtui.domain.submission.problem import Problem
    from batchtui.intake.types import CheckedRequest, CheckReport
    from batchtui.templates import RequestBuilder, Template

_LEFT_OUT = 1000
_ODD = re.compile("[\udc00-\udcff]")
"""A byte that is no text in the table's encoding: see `text_stream`."""
_Known = tuple["RequestBuilder", str, str]
"""What the value of a request is made of: the builder, the custom_id and the text."""
MOST_APART = 1000
"""Lines between two rows that are bridged; a row that goes on longer begins a new run."""


@dataclass(frozen=True, slots=True)
class RenderedRow:
    """One row as it would be sent, for looking at."""

    line: int
    custom_id: str
    params: dict[str, Any] = field(default_factory=dict)
    """Empty where no request can be made of the row."""
    problems: tuple[Problem, ...] = ()
    file: str | None = None
    """The file that it is, or stands in, where there are several."""
    number: int = 1
    """Which row it is, from 1; `line` is where it stands in its file."""


class Composer:
    """Makes the requests of one table. It holds a block of rows at a time, and writes nothing."""

    def __init__(
        self,
        table: Table,
        template: Template | None,
        options: ComposerOptions,
        on_changed: Callable[[str, str, int], None] | None = None,
        on_problem: Callable[[int], None] | None = None,
        on_made: Callable[[str, bytes, Row], None] | None = None,
    ) -> None:
        """Fit the template to the columns.

        Args:
            table: the data.
            template: what is asked; None takes that of each task's type, and is for task files alone.
            options: what applies to all requests.
            on_changed: hears each custom_id that is not what the data says, with the original and the row's line.
            on_problem: hears the number, from 1, of each row with an error or a warning.
            on_made: hears each request that may be sent, in their order: its custom_id, its JSON and its row.

        Raises:
            InputError: the column for the ids does not exist.
        """
        self.table = table
        self.template = template
        self._options = options
        self._on_changed = on_changed
        self._on_problem = on_problem
        self._on_made = on_made
        self._made: dict[str, Row] = {}
        """The rows of requests that are not checked yet, by custom_id; only where somebody hears of them."""
        self._checker = Checker(options.check)
        if on_problem:
            self._checker.findings.heard = set()
        self.fitting = TemplateBinding(table, template, options)
        self.ids = self.id_maker()
        self.rows = 0
        """Rows read so far, right or wrong."""
        self._file: str | None = None
        self._proven = set[object]()
        """Builders of which one request fits the schema: see `RequestBuilder.value`."""
        self._is_alone = False
        """Whether a single row is rendered: a missing column is then a problem of that row, not of the whole table."""

    def id_maker(self) -> CustomIdFactory:
        """Return what makes the ids of this table, from its first row on."""
        column, limit = self.fitting.id_column, self._options.limit
        if column is None:
            return CustomIdFactory()
        # Rows that are left out count for nothing in the limit; so far, twice as many are enough.
        most = None if limit is None else 2 * limit + _LEFT_OUT
        return CustomIdFactory(lambda: islice(self.table.values(column), most))

    def blocks(self) -> Iterator[list[CheckedRequest]]:
        """Yield the requests that may be sent. Run it to its end before `report`.

        Raises:
            InputError: the table cannot be read any more, or the template names columns that it does not have.
        """
        limit = self._options.limit
        if self.fitting.id_column is not None:
            self.table.keep()
        for rows in self.table.rows():
            # Rows and not requests: a wrong row counts, so that --limit 10 always shows the same ten.
            taken = rows if limit is None else rows[: limit - self.rows]
            if taken:
                yield self._compose(taken)
            if limit is not None and self.rows >= limit:
                return

    def report(self) -> CheckReport:
        """Return the report: shapes, models, and problems by row."""
        return self._checker.report()

    def render(self, row: Row, number: int, ids: CustomIdFactory | None = None) -> RenderedRow:
        """Make and check the request of one row; nothing of it is counted.

        Args:
            row: the row.
            number: which one it is, from 1.
            ids: knows the ids of the rows before it; without it the id is made as if there were none.
        """
        # With a checker of its own: a row that is only looked at must not count in the report.
        twin = type(self)(self.table, self.template, self._options)
        twin.ids = ids or CustomIdFactory()
        twin.rows = number - 1
        twin._is_alone = True  # noqa: SLF001 (its own kind)
        return twin._rendered(row)  # noqa: SLF001 (its own kind)

    def _rendered(self, row: Row) -> RenderedRow:
        name = row.file or self.table.name
        payload, _ = self._request(row, name)
        if not payload:
            original = str(self.fitting.original(row) or "")
            return RenderedRow(row.line, original, problems=self.report().problems, file=row.file, number=self.rows + 1)
        self._check(name, row.line, [payload], [None])
        request = from_json(payload)
        made, problems = request["params"], self.report().problems
        return RenderedRow(row.line, request["custom_id"], made, problems, row.file, self.rows + 1)

    def _compose(self, rows: list[Row]) -> list[CheckedRequest]:
        """Shape and check rows that follow one another, keeping each at the line where it stands."""
        good: list[CheckedRequest] = []
        first, file = rows[0].line, rows[0].file or self.table.name
        items, known = list[bytes](), list[_Known | None]()
        for row in rows:
            name = row.file or self.table.name
            apart = row.line - first - len(items)
            if name != file or not 0 <= apart <= MOST_APART:
                good += self._check(file, first, items, known)
                first, items, known, file = row.line, [], [], name
            elif apart:
                # The checker counts lines: blank ones keep each row at the line where it stands.
                items += [b""] * apart
                known += [None] * apart
            payload, parts = self._request(row, name)
            items.append(payload)
            known.append(parts)
            self.rows += 1
        good += self._check(file, first, items, known)
        self._tell_problems(rows)
        if self._on_made is not None:
            for request in good:
                self._on_made(request.custom_id, request.payload, self._made[request.custom_id])
            self._made.clear()
        return good

    def _tell_problems(self, rows: list[Row]) -> None:
        """Call `on_problem` with the number of each of these rows, the last ones read, that has a problem."""
        heard = self._checker.findings.heard
        if self._on_problem is None or not heard:
            return
        for number, row in enumerate(rows, self.rows - len(rows) + 1):
            if (row.file or self.table.name, row.line) in heard:
                self._on_problem(number)
        heard.clear()

    def _check(self, file: str, first: int, items: list[bytes], known: list[_Known | None]) -> list[CheckedRequest]:
        if file != self._file:
            self._checker.places.open(file)
            self._file = file
        builder = known[0][0] if known and known[0] else None
        if builder is not None and all(parts is not None and parts[0] is builder for parts in known):
            ids, texts = [parts[1] for parts in known if parts], [parts[2] for parts in known if parts]
            return self._checker.check_proven(file, first, items, builder, ids, texts)
        # Made one by one: thousands of them at once would only keep the garbage collector busy.
        values = (parts and parts[0].value(parts[1], parts[2]) for parts in known)
        return self._checker.check(file, first, items, values)

    def _request(self, row: Row, file: str) -> tuple[bytes, _Known | None]:
        """Return the request of a row, with what its value is made of where that is proved to fit the schema.

        Nothing where the row is wrong, which is noted then.
        """
        if row.fault is not None:
            self._checker.findings.add(row.fault, file, row.line)
            if not row.values:
                return b"", None
        original = self.fitting.original(row)
        try:
            shaper, values = self.fitting.fit(row)
            custom_id = self.ids.make(original, self.rows + 1)
            payload, text = shaper.request(custom_id, values, row.blocks)
        except InvalidTemplate as fault:
            # What the first row lacks usually the whole table lacks: then it is said once, and not for every row.
            if self.rows == 0 and not self._is_alone:
                self.fitting.refuse_missing(row)
            self._checker.findings.add(_odd_byte(row) or template_fault(fault, str(fault)), file, row.line)
            return b"", None
        except BindingError as unfit:
            self._checker.findings.add(unfit.fault, file, row.line)
            return b"", None
        if self._on_made is not None:
            self._made[custom_id] = row
        self._note_cells(row, values, file, custom_id)
        if custom_id != original and self._on_changed and original is not None and str(original) not in ("", custom_id):
            self._on_changed(custom_id, str(original), row.line)
        return payload, (shaper, custom_id, text) if text and self._is_proven(shaper, payload) else None

    def _note_cells(self, row: Row, values: dict[str, Any], file: str, custom_id: str) -> None:
        """Note warnings for cells that the prompt uses: blank ones, and bytes."""
        for name in self.fitting.written:
            cell = values.get(name)
            if (not cell or type(cell) is not str or cell.isspace()) and is_blank(cell) and not row.blocks:
                self._checker.findings.add(_empty(self.fitting.column_of(name)), file, row.line, custom_id)
        if self.fitting.uses_whole_row:
            self._note_bytes(row, file, custom_id)

    def _note_bytes(self, row: Row, file: str, custom_id: str) -> None:
        """Note a warning for each cell of bytes in a row that goes into the prompt whole."""
        for column, value in row.values.items():
            if type(value) is bytes:
                message = f'"{column}" has bytes that are not text; in the JSON of the row they are base64'
                hint = "choose the columns with --sql, or by name in the template"
                fault = CheckFault("binary-cell", message, hint, Severity.WARNING, kind=column)
                self._checker.findings.add(fault, file, row.line, custom_id)

    def _is_proven(self, shaper: RequestBuilder, payload: bytes) -> bool:
        """Return whether all requests of a builder fit the schema as this one does."""
        if shaper in self._proven:
            return True
        if self._checker.is_valid(payload):
            self._proven.add(shaper)
            return True
        return False


def _empty(column: str) -> CheckFault:
    """Return the warning about a blank cell in the prompt."""
    hint = f'{{{{ {placeholder_name(column)} | default("…", true) }}}} writes a default instead'
    return CheckFault("empty-cell", f'"{column}" is empty, and the prompt uses it', hint, Severity.WARNING, kind=column)


def _odd_byte(row: Row) -> CheckFault | None:
    """Return the fault of a row with a byte that is not text; None where there is none."""
    for column, value in row.values.items():
        text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value
        found = _ODD.search(text) if isinstance(text, str) else None
        if found is not None:
            byte = ord(found.group()) - 0xDC00
            said = bytes([byte]).decode("cp1252", "replace")
            message = f'"{column}" has the byte 0x{byte:02X}, which is invalid in the encoding of the rest'
            hint = f'in Windows-1252 it is "{said}": fix the row, or pass --encoding cp1252 if the whole file is'
            if text is not value:
                hint = "leave the column out of the prompt, or write it as text"
            return CheckFault("not-utf8", message, hint, kind=column)
    return None
