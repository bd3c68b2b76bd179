"""A table and a template: row by row to checked requests, with what is wrong said by row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from batchtui.composing.columns import aliases, called, guess, listed
from batchtui.composing.ids import IdMaker
from batchtui.composing.records import TASKS
from batchtui.domain.errors import InputError
from batchtui.intake.checker import Checker
from batchtui.intake.models import TIERS
from batchtui.intake.tasks import DEFAULT_TIER, TaskRenderer, model_of, task_values, template_fault
from batchtui.templates import Shaper, TemplateFault
from batchtui.templates.gaps import ROW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batchtui.composing.table import Row, Table
    from batchtui.domain.problem import Problem
    from batchtui.intake.contract import CheckedRequest, CheckOptions, CheckReport
    from batchtui.intake.findings import Fault
    from batchtui.templates import Template
    from batchtui.templates.shaping import Prefix

MOST_APART = 1000
"""Lines between two rows that are bridged; a row that goes on longer begins a new run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposerOptions:
    """What a person says about the requests."""

    check: CheckOptions
    """What they are checked with; its tiers name the models, its own model and max_tokens are left alone."""
    model: str | None = None
    """A tier or a model's id; goes before the template's and a task's tier."""
    max_tokens: int | None = None
    id: str | None = None
    """The column that custom_ids are made from; goes before the template's."""
    cache: bool | None = None
    """Whether the shared prefix is marked; goes before the template's."""
    limit: int | None = None
    """Rows at most."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """One row as it would be sent, for looking at."""

    line: int
    custom_id: str
    params: dict[str, Any] = field(default_factory=dict)
    """Empty where no request can be made of the row."""
    problems: tuple[Problem, ...] = ()


class Composer:
    """Makes the requests of one table. It holds a block of rows at a time, and writes nothing."""

    def __init__(
        self,
        table: Table,
        template: Template | None,
        options: ComposerOptions,
        on_changed: Callable[[str, str, int], None] | None = None,
    ) -> None:
        """Fit the template to the columns.

        Args:
            table: the data.
            template: what is asked; None takes that of each task's type, and is for task files alone.
            options: what else is wished.
            on_changed: hears each custom_id that is not what the data says, with the original and the row's line.

        Raises:
            InputError: the column for the ids does not exist.
        """
        self.table = table
        self.template = template
        self._options = options
        self._on_changed = on_changed
        self._checker = Checker(options.check)
        self._tasks = TaskRenderer(options.check) if table.kind == TASKS else None
        self._tiers = {**TIERS, **options.check.tiers}
        self._shapers: dict[str, Shaper] = {}
        self.id_column = self._find_id_column()
        self._aliases = aliases(table.columns, template.names) if template and not self._tasks else {}
        self._wants_row = template is not None and ROW in template.names
        self._shaper = None if self._tasks else self._shaper_for("")
        self.ids = IdMaker()
        self.rows = 0
        """Rows read so far, right or wrong."""
        self._file: str | None = None

    @property
    def prefix(self) -> Prefix | None:
        """What all requests begin with; None where tasks bring templates of their own."""
        return self._shaper.prefix if self._shaper else None

    @property
    def model(self) -> str | None:
        """The model of all requests; None where tasks choose."""
        return self._shaper.model if self._shaper else None

    def blocks(self) -> Iterator[list[CheckedRequest]]:
        """Yield the requests that may be sent. Run it to its end before `report`.

        Raises:
            InputError: the table cannot be read any more, or the template names columns that it does not have.
        """
        limit = self._options.limit
        for rows in self.table.rows():
            taken = rows if limit is None else rows[: limit - self.rows]
            if taken:
                yield self._compose(taken)
            if limit is not None and self.rows >= limit:
                return

    def report(self) -> CheckReport:
        """Say what was found: shapes, models, and problems by row."""
        return self._checker.report()

    def render(self, row: Row, ids: IdMaker | None = None) -> Rendered:
        """Make and check the request of one row; nothing of it is counted.

        `ids` knows the ids of the rows before it; without it the id is made as if there were none.
        """
        twin = type(self)(self.table, self.template, self._options)
        twin.ids = ids or IdMaker()
        twin.rows = 1  # what a first row is told about its columns, this one is told as any other
        return twin._rendered(row)  # noqa: SLF001 (its own kind)

    def _rendered(self, row: Row) -> Rendered:
        name = row.file or self.table.name
        payload = self._payload(row, name)
        if not payload:
            return Rendered(row.line, self._original(row) or "", problems=self.report().problems)
        self._check(name, row.line, [payload])
        request = from_json(payload)
        return Rendered(row.line, request["custom_id"], request["params"], self.report().problems)

    def _compose(self, rows: list[Row]) -> list[CheckedRequest]:
        """Shape and check rows that follow one another, keeping each at the line where it stands."""
        good: list[CheckedRequest] = []
        first, file = rows[0].line, rows[0].file or self.table.name
        items: list[bytes] = []
        for row in rows:
            name = row.file or self.table.name
            apart = row.line - first - len(items)
            if name != file or not 0 <= apart <= MOST_APART:
                good += self._check(file, first, items)
                first, items, file = row.line, [], name
            elif apart:
                items += [b""] * apart
            items.append(self._payload(row, name))
            self.rows += 1
        return good + self._check(file, first, items)

    def _check(self, file: str, first: int, items: list[bytes]) -> list[CheckedRequest]:
        if file != self._file:
            self._checker.places.open(file)
            self._file = file
        return self._checker.check(file, first, items)

    def _payload(self, row: Row, file: str) -> bytes:
        """Return the request of a row; nothing where it is wrong, which is noted then."""
        if row.fault is not None:
            self._checker.findings.add(row.fault, file, row.line)
            if not row.values:
                return b""
        try:
            shaper, values = self._fitted(row)
            original = row.values.get(self.id_column) if self.id_column else None
            custom_id = self.ids.make(original, row.line)
            payload = shaper.payload(custom_id, values, row.blocks)
        except TemplateFault as fault:
            self._refuse_missing(row)
            self._add(template_fault(fault, str(fault)), file, row.line)
            return b""
        except _WrongTask as wrong:
            self._add(wrong.fault, file, row.line)
            return b""
        if self._on_changed and original is not None and custom_id != original and str(original) not in ("", custom_id):
            self._on_changed(custom_id, str(original), row.line)
        return payload

    def _fitted(self, row: Row) -> tuple[Shaper, dict[str, Any]]:
        """Return what shapes a row, and the values by the names that a template uses."""
        values = row.values
        if self._tasks is not None:
            return self._task_shaper(values), task_values(values)
        assert self._shaper is not None
        if self._wants_row:
            values = {**values, ROW: values}
        for name, column in self._aliases.items():
            if column in values:
                values[name] = values[column]
        return self._shaper, values

    def _task_shaper(self, task: dict[str, Any]) -> Shaper:
        """Return the shaper of a task: that of its type, or the chosen template with the model of its tier."""
        assert self._tasks is not None
        shaper, faults = self._tasks.shaper(task)
        if shaper is None:
            raise _WrongTask(faults[0])
        if self.template is None and self._options.model is None and self._options.max_tokens is None:
            return shaper
        tier = str(task.get("model_tier") or "")
        key = tier if self.template else f"{shaper.template.name} {tier}"
        known = self._shapers.get(key)
        if known is None:
            known = self._shapers[key] = self._shaper_for(tier, shaper.template)
        return known

    def _shaper_for(self, tier: str, template: Template | None = None) -> Shaper:
        template = self.template or template
        assert template is not None
        named = self._options.model or tier or template.model or DEFAULT_TIER
        model = model_of(named, self._tiers) or str(named)
        return Shaper(
            template,
            model=model,
            max_tokens=self._options.max_tokens,
            cache=self._options.cache,
            has_blocks=self.table.has_blocks,
        )

    def _original(self, row: Row) -> str | None:
        value = row.values.get(self.id_column) if self.id_column else None
        return None if value is None else str(value)

    def _find_id_column(self) -> str | None:
        """Return the column that names a row; what a person names must exist."""
        columns = self.table.columns
        wanted = self._options.id or (self.template.id if self.template else None)
        if wanted is None:
            return self.table.id_column
        if wanted in columns:
            return wanted
        meant = [column for column in columns if called(column) == wanted]
        if meant:
            return meant[0]
        raise InputError(
            f"{self.table.name} has no column “{wanted}” to make the ids from{guess(wanted, columns)}.",
            hint=f"Its columns are {listed(columns)}.",
        )

    def _refuse_missing(self, row: Row) -> None:
        """Stop at a first row that lacks what the template asks for: every other row would, too."""
        if self.rows or self.template is None or self._tasks is not None:
            return
        missing = self.template.missing([*self.table.columns, *self._aliases, *row.values])
        if missing:
            raise InputError(
                f"The template “{self.template.name}” does not fit {self.table.name}: {'; '.join(missing)}.",
                hint=f"Its columns are {listed(self.table.columns)}.",
                title="A column is missing",
            )

    def _add(self, fault: Fault, file: str, line: int) -> None:
        self._checker.findings.add(fault, file, line)


class _WrongTask(ValueError):
    """A task that no request can be made of."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault
