"""Open a draft and show its rows as they would be sent, with what keeps them from it: `open_draft`, `show_row`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic_core import to_json

from batchtui.domain.errors import BatchtuiError, InputError
from batchtui.services.compose.composition import (
    Composition,
    attaches_text,
    default_for,
    open_data,
    rules_of,
)
from batchtui.services.compose.draft import Draft, options_of
from batchtui.services.compose.row_browser import RowBrowser
from batchtui.services.tables.result_source import find_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchtui.compose import ComposerOptions, RenderedRow, Row
    from batchtui.compose.binding import TemplateBinding
    from batchtui.services.compose.options import ComposeOptions
    from batchtui.services.tables.result_source import ResultSet
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class DraftSource:
    """Identifies the data that a table was opened from; equal sources mean the same table."""

    data: str
    read_as: str
    attach_text: bool
    changed_at: int
    """Of a file, in nanoseconds; 0 where there is none."""
    bytes: int


@dataclass(frozen=True, slots=True)
class OpenedDraft:
    """A draft with what it comes to. It changes nothing; another draft is opened anew, with the same table."""

    draft: Draft
    source: DraftSource | None = None
    rows: RowBrowser | None = None
    """None where there is no data yet, or it cannot be read."""
    composition: Composition | None = None
    """None where no request can be made: see `complaints`."""
    fitting: TemplateBinding | None = None
    """How template and table fit; None as above."""
    complaints: tuple[str, ...] = ()
    """What keeps every row from being a request, a sentence each."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The table's columns."""
        return self.rows.table.columns if self.rows else ()


@dataclass(frozen=True, slots=True)
class RowPreview:
    """One row, as the data has it and as it would be sent."""

    number: int
    """Of the row, from 1."""
    row: Row
    rendered: RenderedRow | None
    """None where no row becomes a request yet."""
    request: bytes = field(default=b"", repr=False)
    """Its JSON; empty where it cannot be sent."""


async def open_draft(workspace: Workspace, draft: Draft, before: OpenedDraft | None = None) -> OpenedDraft:
    """Open a draft; reuses the table of `before` where its source is equal. Errors become `complaints`."""
    # Without its texts: a half-typed one must not keep the table from being opened.
    rules = await rules_of(workspace, options_of(replace(draft, prompt="", base="", answers="")))
    results: dict[str, ResultSet] = {}
    complaints: tuple[str, ...] = ()
    try:
        # Nothing is fetched while somebody types: a sentence says what to do.
        results = await find_all(workspace, [draft.data.strip()])
    except BatchtuiError as error:
        complaints = (complaint(error),)
    if complaints:
        return OpenedDraft(draft, complaints=complaints)
    return await asyncio.to_thread(_open, workspace, draft, rules, results, before)


async def show_row(opened: OpenedDraft, number: int) -> RowPreview | None:
    """Return one row of a draft; None where there is no such row.

    Raises:
        InputError: the table cannot be read any more.
    """
    return await asyncio.to_thread(_shown, opened, number)


async def show_rows(opened: OpenedDraft, numbers: Sequence[int]) -> list[RowPreview]:
    """Return rows that follow one another, as many of them as there are, without what would be sent: for a list.

    Raises:
        InputError: the table cannot be read any more.
    """
    return await asyncio.to_thread(lambda: [_lightened(shown) for at in numbers if (shown := _shown(opened, at))])


def has_changed(opened: OpenedDraft) -> bool:
    """Whether the file that a table was opened from is another one by now. Blocking."""
    source = opened.source
    if source is None:
        return False
    return source != _source(opened.draft, options_of_data(opened.draft), attach_text=source.attach_text)


async def find_problem(opened: OpenedDraft, number: int, step: int, most: int) -> int | None:
    """Return the next row after this one that has a problem; with a step of -1 the one before.

    Looks at so many rows at most; None where none of them has a problem.

    Raises:
        InputError: the table cannot be read any more.
    """
    return await asyncio.to_thread(_find_problem, opened, number, step, most)


def _open(
    workspace: Workspace,
    draft: Draft,
    rules: ComposerOptions,
    results: Mapping[str, ResultSet],
    before: OpenedDraft | None,
) -> OpenedDraft:
    complaints: list[str] = []
    try:
        options = options_of(draft)
    except BatchtuiError as error:
        complaints.append(complaint(error))
        options = options_of_data(draft)
    template = options.template if not isinstance(options.template, str) else None
    if options.data is None and options.sql is None:
        return OpenedDraft(draft, complaints=tuple(complaints))
    source = _source(draft, options, attach_text=attaches_text(template))
    try:
        # A draft is opened anew with every pause in typing; reading the data, or running its query, would take too
        # long then.
        if before is not None and before.rows is not None and before.source == source:
            rows = before.rows
        else:
            rows = RowBrowser(open_data(workspace, options, results, attach_text=source.attach_text))
        if complaints:
            return OpenedDraft(draft, source, rows, complaints=tuple(complaints))
    except BatchtuiError as error:
        return OpenedDraft(draft, source, complaints=(*complaints, complaint(error)))
    try:
        chosen = default_for(workspace.paths.templates, rows.table) if template is None else template
        if template is None and (draft.system.strip() or draft.answers.strip()):
            raise InputError("A system prompt and a schema need a prompt.", title="No prompt")
        composition = Composition(chosen, rows.table, options, rules)
        composer = composition.composer()
        fitting = composer.fitting
        first = rows.at(1)
        if first is not None and not composer.render(first, 1).params:
            # A template that asks for other columns than the table has fits no row: said once, not at each of them.
            fitting.refuse_missing(first)
    except BatchtuiError as error:
        return OpenedDraft(draft, source, rows, complaints=(complaint(error),))
    return OpenedDraft(draft, source, rows, composition, fitting)


def options_of_data(draft: Draft) -> ComposeOptions:
    """Return what a draft says about its data alone, while its template is half typed."""
    return options_of(replace(Draft(), data=draft.data, read_as=draft.read_as))


def _source(draft: Draft, options: ComposeOptions, *, attach_text: bool) -> DraftSource:
    try:
        found = Path(options.data).stat() if options.data else None
    except OSError:
        found = None
    changed_at, length = (found.st_mtime_ns, found.st_size) if found else (0, 0)
    return DraftSource(draft.data.strip(), draft.read_as, attach_text, changed_at, length)


def _shown(opened: OpenedDraft, number: int) -> RowPreview | None:
    row = opened.rows.at(number) if opened.rows else None
    if row is None:
        return None
    if opened.composition is None:
        return RowPreview(number, row, None)
    rendered = opened.composition.composer().render(row, number)
    if not rendered.params:
        return RowPreview(number, row, rendered)
    return RowPreview(number, row, rendered, to_json({"custom_id": rendered.custom_id, "params": rendered.params}))


def _lightened(shown: RowPreview) -> RowPreview:
    rendered = replace(shown.rendered, params={}) if shown.rendered else None
    return replace(shown, row=shown.row._replace(blocks=()), rendered=rendered, request=b"")


def _find_problem(opened: OpenedDraft, number: int, step: int, most: int) -> int | None:
    for place in range(number + step, number + step * (most + 1), step):
        shown = _shown(opened, place)
        if shown is None:
            return None
        if shown.rendered is not None and shown.rendered.problems:
            return place
    return None


def complaint(error: BatchtuiError) -> str:
    """Return an error as one line, with its title where that is specific."""
    title = "" if error.heading in (error.title, InputError.title) else f"{error.heading}: "
    return f"{title}{error.message} {error.hint}".strip()
