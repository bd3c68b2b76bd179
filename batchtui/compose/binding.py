"""Fit a template to a table: the column for the ids, the values by the template's names: `TemplateBinding`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from batchtui.compose.column_names import aliases, closest, list_names
from batchtui.compose.tables.json_records import TASKS, VALUE
from batchtui.domain.errors import InputError
from batchtui.intake.records.task_files import DEFAULT_TIER, TaskRenderer, model_of, task_values
from batchtui.intake.rules.model_table import TIERS
from batchtui.templates import RequestBuilder
from batchtui.templates.syntax import ROW
from batchtui.templates.values import as_json

if TYPE_CHECKING:
    from batchtui.compose.tables.base import Row, Table
    from batchtui.intake.problems import CheckFault
    from batchtui.intake.types import CheckOptions
    from batchtui.templates import Template
    from batchtui.templates.request_builder import CacheablePrefix


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposerOptions:
    """Options that apply to all requests of a table."""

    check: CheckOptions
    """What they are checked with; its tiers name the models, its own model and max_tokens are not used."""
    model: str | None = None
    """A tier or a model's id; goes before the template's and a task's tier."""
    max_tokens: int | None = None
    id: str | None = None
    """The column that custom_ids are made from; goes before the template's."""
    cache: bool | None = None
    """Whether the shared prefix is marked; goes before the template's."""
    limit: int | None = None
    """Rows at most."""


class BindingError(ValueError):
    """A row that no request can be made of."""

    def __init__(self, fault: CheckFault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class TemplateBinding:
    """One template and one table. It makes no request, and counts nothing."""

    def __init__(self, table: Table, template: Template | None, options: ComposerOptions) -> None:
        """Match the template's names with the table's columns.

        Raises:
            InputError: the column for the ids does not exist.
        """
        self._table = table
        self._template = template = template and template.bound_to(table.columns)
        self._options = options
        self.id_column = self._find_id_column()
        self._tasks = self._task_renderer() if table.kind == TASKS else None
        self._shaper = None if self._tasks or template is None else self._make_shaper(template)
        self._aliases = aliases(table.columns, template.names) if template and not self._tasks else {}
        # A column of that name is the cell; then nothing is called the whole row.
        self._wants_row = template is not None and ROW in template.names and ROW not in table.columns
        names = template.names if template and not self._tasks else set[str]()
        # The built-in types of tasks ask for `input_data`; a table without such a column gives the row itself.
        self._wants_whole = VALUE in names and VALUE not in table.columns and VALUE not in self._aliases
        self.uses_whole_row = self._wants_row or self._wants_whole
        """Whether a placeholder is the whole row as JSON."""
        if template is not None and self._tasks is None:
            _refuse_words(template, table)
        self.written: tuple[str, ...] = tuple(sorted(template.written)) if template and not self._tasks else ()
        """The names whose values stand in the prompt as they are."""

    @property
    def prefix(self) -> CacheablePrefix | None:
        """What all requests begin with; None where tasks bring templates of their own."""
        return self._shaper.prefix if self._shaper else None

    @property
    def model(self) -> str | None:
        """The model of all requests; None where tasks choose."""
        return self._shaper.model if self._shaper else None

    def fit(self, row: Row) -> tuple[RequestBuilder, dict[str, Any]]:
        """Return what shapes a row, and the values by the names that a template uses.

        Raises:
            BindingError: the row is no task, or its tier or template is not known.
        """
        values = row.values
        if self._shaper is None:
            assert self._tasks is not None
            shaper, faults = self._tasks.shaper(values)
            if shaper is None:
                raise BindingError(faults[0])
            return shaper, task_values(values)
        whole = {VALUE: as_json(values, indent=2)} if self._wants_whole else {}
        if self._wants_row or whole:
            values = {ROW: values, **values, **whole}
        # Beside the column's own name, which `row["…"]` still uses.
        for name, column in self._aliases.items():
            if column in values:
                values[name] = values[column]
        return self._shaper, values

    def column_of(self, name: str) -> str:
        """Return the column that a name in the template means."""
        return self._aliases.get(name, name)

    def original(self, row: Row) -> Any:
        """Return the id that the data has for a row; None where it has none."""
        return row.values.get(self.id_column) if self.id_column else None

    def refuse_missing(self, row: Row) -> None:
        """Stop at a row that lacks what the template asks for, where the whole table does.

        Raises:
            InputError: it names every gap that has no column, with a guess.
        """
        if self._template is None or self._tasks is not None:
            return
        whole = [VALUE] if self._wants_whole else []
        known = dict.fromkeys([*self._table.columns, *self._aliases, *row.values, *whole])
        missing = self._template.missing(list(known))
        if missing:
            raise InputError(
                f'The template "{self._template.name}" does not fit {self._table.name}: ' + "; ".join(missing) + ".",
                hint=f"Its columns are {list_names(self._table.columns)}.",
                title="A column is missing",
            )

    def _task_renderer(self) -> TaskRenderer:
        check, options = self._options.check, self._options
        model = model_of(options.model, self._tiers) if options.model else None
        wished = replace(check, model=model, max_tokens=options.max_tokens)
        return TaskRenderer(wished, self._template, cache=options.cache)

    def _make_shaper(self, template: Template) -> RequestBuilder:
        options = self._options
        named = options.model or template.model or DEFAULT_TIER
        return RequestBuilder(
            template,
            model=model_of(named, self._tiers) or named,
            max_tokens=options.max_tokens,
            cache=options.cache,
            has_blocks=self._table.has_blocks,
        )

    @property
    def _tiers(self) -> dict[str, str]:
        return {**TIERS, **self._options.check.tiers}

    def _find_id_column(self) -> str | None:
        """Return the column with the ids; what a person names must exist."""
        columns = self._table.columns
        wanted = self._options.id or (self._template.id if self._template else None)
        if wanted is None:
            return self._table.id_column
        if wanted in columns:
            return wanted
        meant = aliases(columns, {wanted})
        if meant:
            return meant[wanted]
        raise InputError(
            f'{self._table.name} has no column "{wanted}" to make the ids from{closest(wanted, columns)}',
            hint=f"Its columns are {list_names(columns)}.",
        )


def _refuse_words(template: Template, table: Table) -> None:
    """Stop where a placeholder is a word of the language and the name of a column at once.

    Raises:
        InputError: it says how the column is written instead.
    """
    for word, place in template.words.items():
        if word in table.columns:
            raise InputError(
                f'{place}: {{{{ {word} }}}} is a keyword of the template language, not the column "{word}".',
                hint=f'Write {{{{ row["{word}"] }}}} for the column.',
            )
