"""Open a template and a table for composing, and render sample rows: `open_composition`, `sample`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from batchtui.domain.errors import UsageError
from batchtui.services.compose.template_choice import choose_template, saved_template
from batchtui.services.submission.staging.stage import IntakeOptions, build_check_options
from batchtui.services.tables.grouped_table import GROUP_TOKENS, GroupedTable
from batchtui.services.tables.result_source import find_all
from batchtui.services.tables.results_table import ResultsTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from batchtui.compose import Composer, ComposerOptions, RenderedRow, Row, Table
    from batchtui.services.compose.options import ComposeOptions
    from batchtui.services.tables.result_source import ResultSet
    from batchtui.services.workspace import Workspace
    from batchtui.templates import Template


@dataclass(frozen=True, slots=True)
class Composition:
    """A template that was read and a table that was opened; nothing is made of them yet."""

    template: Template | None
    """With everything that the options change about it; None where tasks bring their own."""
    table: Table
    options: ComposeOptions
    rules: ComposerOptions

    def composer(
        self,
        on_changed: Callable[[str, str, int], None] | None = None,
        on_problem: Callable[[int], None] | None = None,
        on_made: Callable[[str, bytes, Row], None] | None = None,
    ) -> Composer:
        """Return a composer for one pass over the table; see `Composer` for the listeners.

        Raises:
            InputError: the column for the ids does not exist.
        """
        from batchtui.compose import Composer

        return Composer(self.table, self.template, self.rules, on_changed, on_problem, on_made)


async def open_composition(workspace: Workspace, options: ComposeOptions) -> Composition:
    """Read the template and open the table: what it is, its columns, and how it is written are known then.

    Raises:
        UsageError: no such template, nothing to read, or something that is not installed.
        InputError: the template is wrong, or the data cannot be read.
    """
    rules = await rules_of(workspace, options)
    results = await find_all(workspace, data_names(options), options.only, fetch=True)
    return await asyncio.to_thread(_open, workspace, options, rules, results)


async def rules_of(workspace: Workspace, options: ComposeOptions) -> ComposerOptions:
    """Return what the options say about the requests, and what these are checked with."""
    from batchtui.compose import ComposerOptions

    intake = IntakeOptions(api_version=options.api_version, betas=options.betas, allowed_models=options.allowed_models)
    return ComposerOptions(
        check=await build_check_options(workspace, intake),
        model=options.model,
        max_tokens=options.max_tokens,
        id=options.id,
        cache=options.cache,
        limit=options.limit,
    )


async def sample(composition: Composition, first: int, count: int) -> list[RenderedRow]:
    """Return some rows as they would be sent, each with its own problems; rows are counted from 1.

    Reads the table from its beginning; a pipe can be read only once.

    Raises:
        InputError: the table cannot be read, or does not fit the template at all, as for `compose`.
    """
    return await asyncio.to_thread(_sample, composition, first, count)


def _open(
    workspace: Workspace, options: ComposeOptions, rules: ComposerOptions, results: Mapping[str, ResultSet]
) -> Composition:
    if (options.data is None) == (options.sql is None):
        raise UsageError("Pass the data with --data FILE, or with --sql and a SELECT.")
    folder = workspace.paths.templates
    template = choose_template(folder, options)
    table = open_data(workspace, options, results, attach_text=attaches_text(template))
    return Composition(default_for(folder, table) if template is None else template, table, options, rules)


def attaches_text(template: Template | None) -> bool:
    """Whether the text of a file goes along as a document, as no gap of the template takes it."""
    return template is not None and not template.names & {"text", "input_data", "row"}


def data_names(options: ComposeOptions) -> list[str]:
    """Return everything that the options name as data."""
    return [name for name in (options.data, *options.more_data) if name is not None]


def open_data(
    workspace: Workspace, options: ComposeOptions, results: Mapping[str, ResultSet], *, attach_text: bool
) -> Table:
    """Open the table that the options name. Blocking.

    `results` are the saved results among the data, by name.

    Raises:
        UsageError, InputError: as `open_composition`.
    """
    table = _open_table(workspace, options, results, attach_text=attach_text)
    if options.group_by is None:
        return table
    return GroupedTable(table, options.group_by, options.group_tokens or GROUP_TOKENS)


def _open_table(
    workspace: Workspace, options: ComposeOptions, results: Mapping[str, ResultSet], *, attach_text: bool
) -> Table:
    from batchtui.compose import TableOptions, open_query, open_tables, refuse_text_options

    if options.only and not results:
        raise UsageError("--only applies to saved results.", hint="For example --data results:@last --only succeeded.")
    reading = TableOptions(
        encoding=options.encoding,
        delimiter=options.delimiter,
        header=options.header,
        skip=options.skip,
        comment=options.comment,
        sheet=options.sheet,
        stdin=options.stdin,
        attach_text=attach_text,
    )
    if options.sql is not None:
        refuse_text_options("The data are the rows of a SELECT", reading)
        return open_query(options.sql)
    names = data_names(options)
    if results and len(results) == len(set(names)):
        refuse_text_options("The data are saved results", reading)
    return open_tables(
        [ResultsTable(name, workspace, results[name]) if name in results else name for name in names], reading
    )


def default_for(folder: Path, table: Table) -> Template | None:
    """Return the template of data that was given without one: none for tasks, that of raw input for raw input.

    Raises:
        UsageError: there is none for such data.
    """
    from batchtui.compose.tables.json_records import TASKS
    from batchtui.templates import DEFAULT

    if table.kind == TASKS:
        return None
    # Raw input of the guide's tasks, without a type: its own default template takes it.
    if "input_data" in table.columns:
        return saved_template(DEFAULT, folder)
    raise UsageError(
        f"{table.name} needs a template.",
        hint=f"Pass --template with a file or a saved name. The columns are {', '.join(table.columns[:20])}.",
    )


def _sample(composition: Composition, first: int, count: int) -> list[RenderedRow]:
    composer, shown = composition.composer(), []
    if composer.fitting.id_column is not None:
        # Ids need a pass over one column first; a pipe would be empty after it.
        composition.table.keep()
    ids = composer.id_maker()
    rows = (row for block in composition.table.rows() for row in block)
    for number, row in enumerate(islice(rows, first - 1 + count), 1):
        if number < first:
            # Rows before the first take their ids, too: whether an id is a repetition depends on them.
            ids.make(composer.fitting.original(row), number)
            continue
        shown.append(composer.render(row, number, ids))
        if number == 1 and not shown[0].params:
            composer.fitting.refuse_missing(row)
    return shown
