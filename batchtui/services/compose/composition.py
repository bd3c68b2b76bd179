"""Open a template and a table for composing, and render sample rows: `open_composition`, `sample`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from batchtui.domain.errors import UsageError
from batchtui.services.compose.template_choice import choose_template, saved_template
from batchtui.services.submission.staging.stage import IntakeOptions, build_check_options

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from batchtui.compose import Composer, ComposerOptions, RenderedRow, Table
    from batchtui.services.compose.options import ComposeOptions
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
    ) -> Composer:
        """Return a composer for one pass over the table; see `Composer` for the two listeners.

        Raises:
            InputError: the column for the ids does not exist.
        """
        from batchtui.compose import Composer

        return Composer(self.table, self.template, self.rules, on_changed, on_problem)


async def open_composition(workspace: Workspace, options: ComposeOptions) -> Composition:
    """Read the template and open the table: what it is, its columns, and how it is written are known then.

    Raises:
        UsageError: no such template, nothing to read, or something that is not installed.
        InputError: the template is wrong, or the data cannot be read.
    """
    rules = await rules_of(workspace, options)
    return await asyncio.to_thread(_open, workspace.paths.templates, options, rules)


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


def _open(folder: Path, options: ComposeOptions, rules: ComposerOptions) -> Composition:
    if (options.data is None) == (options.sql is None):
        raise UsageError("Pass the data with --data FILE, or with --sql and a SELECT.")
    template = choose_template(folder, options)
    table = open_data(options, attach_text=attaches_text(template))
    return Composition(default_for(folder, table) if template is None else template, table, options, rules)


def attaches_text(template: Template | None) -> bool:
    """Whether the text of a file goes along as a document, as no gap of the template takes it."""
    return template is not None and not template.names & {"text", "input_data", "row"}


def open_data(options: ComposeOptions, *, attach_text: bool) -> Table:
    """Open the table that the options name. Blocking.

    Raises:
        UsageError, InputError: as `open_composition`.
    """
    from batchtui.compose import TableOptions, open_query, open_tables

    if options.sql is not None:
        return open_query(options.sql)
    return open_tables(
        [str(options.data), *options.more_data],
        TableOptions(
            encoding=options.encoding,
            delimiter=options.delimiter,
            header=options.header,
            skip=options.skip,
            comment=options.comment,
            sheet=options.sheet,
            stdin=options.stdin,
            attach_text=attach_text,
        ),
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
