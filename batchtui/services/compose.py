"""Composing: data and a template become a file of checked requests, written whole or not at all.

composition = await open_composition(workspace, ComposeOptions(template="classify", data="tickets.csv"))
composition.table.columns, composition.prefix            # what was found
await sample(composition, 1, 20)                          # the first rows as they would be sent
composed = await compose(workspace, composition, stream)  # all of them, checked
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import IO, TYPE_CHECKING

from batchtui.domain.errors import StorageError, UsageError
from batchtui.services.loads import LoadCounter
from batchtui.services.originals import OriginalsWriter
from batchtui.services.staging import IntakeOptions, Reading, build_check_options

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any, BinaryIO

    from batchtui.composing import Composer, ComposerOptions, Rendered, Table
    from batchtui.domain.estimate import Estimate
    from batchtui.intake import CheckReport
    from batchtui.services.loads import Load
    from batchtui.services.priming import Gain
    from batchtui.services.workspace import Workspace
    from batchtui.templates import Template
    from batchtui.templates.library import Listed
    from batchtui.templates.shaping import Prefix

SPOOLED = 1 << 22
"""Bytes of requests that wait in memory for the last check; more waits on the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeOptions:
    """What a person says: on the command line, or in a form."""

    template: str | Template | None = None
    """A saved one's name (or NAME@VERSION), a file, or a template as it stands in a form. None for task files."""
    data: str | None = None
    """A file, a folder, or `-`."""
    sql: str | None = None
    """A SELECT over files, instead of data."""
    id: str | None = None
    """The column that custom_ids are made from."""
    model: str | None = None
    """A tier, or a model's id."""
    max_tokens: int | None = None
    system: str | None = None
    """Goes before the template's; may have gaps."""
    schema: str | None = None
    """A file with a JSON schema for the answers, or with a tool that has one."""
    fields: tuple[str, ...] = ()
    """Or the fields of the answers: `name:string`."""
    cache: bool | None = None
    """Whether the prefix that all requests share is marked to be cached; None leaves it to the template."""
    limit: int | None = None
    """Rows at most."""
    skip_wrong: bool = False
    """Whether wrong rows are left out, instead of stopping everything."""
    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None
    api_version: str | None = None
    betas: tuple[str, ...] = ()
    stdin: BinaryIO | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Composition:
    """A template that was read and a table that was opened; nothing is made of them yet."""

    template: Template | None
    """With everything that the options change about it; None where tasks bring their own."""
    table: Table
    options: ComposeOptions
    rules: ComposerOptions

    def composer(self, on_changed: Callable[[str, str, int], None] | None = None) -> Composer:
        """Begin a pass over the table.

        Raises:
            InputError: the column for the ids does not exist.
        """
        from batchtui.composing import Composer

        return Composer(self.table, self.template, self.rules, on_changed)


@dataclass(frozen=True, slots=True)
class Composed:
    """What became of a composition."""

    report: CheckReport
    rows: int
    """Rows read, right and wrong."""
    bytes: int
    """Written; 0 where wrong rows stopped it."""
    id_column: str | None
    made: int
    """Ids that were made, as their rows had none."""
    changed: int
    """Ids that are not what the data says, as that is not legal or not unique."""
    repeated: int
    """Of those, the ones that are not unique in the data."""
    originals: Path | None
    """Where the names of those rows are kept; exports find them by themselves."""
    prefix: Prefix | None
    least_cached: int | None
    """Tokens that the prefix must have for the model to cache it."""
    loads: tuple[Load, ...]
    """What the requests weigh."""
    estimate: Estimate | None = None
    """What they will cost as one batch; None where there are none."""
    gain: Gain | None = None
    """What caching the prefix is worth; None where it is too short, or the model's price is not known."""

    @property
    def is_written(self) -> bool:
        """Whether the requests were written."""
        return self.bytes > 0


async def open_composition(workspace: Workspace, options: ComposeOptions) -> Composition:
    """Read the template and open the table: what it is, its columns, and how it is written are known then.

    Raises:
        UsageError: no such template, nothing to read, or something that is not installed.
        InputError: the template is wrong, or the data cannot be read.
    """
    from batchtui.composing import ComposerOptions

    intake = IntakeOptions(api_version=options.api_version, betas=options.betas)
    check = await build_check_options(workspace, intake)
    rules = ComposerOptions(
        check=check,
        model=options.model,
        max_tokens=options.max_tokens,
        id=options.id,
        cache=options.cache,
        limit=options.limit,
    )
    return await asyncio.to_thread(_open, workspace.paths.templates, options, rules)


async def compose(
    workspace: Workspace,
    composition: Composition,
    stream: IO[bytes],
    on_progress: Callable[[Reading], None] | None = None,
) -> Composed:
    """Make and check all requests, then write them as JSON lines: all, or none where a row is wrong.

    Raises:
        InputError: the table cannot be read any more, or does not fit the template at all.
        StorageError: the disk refuses.
    """
    given_up = threading.Event()

    def tell(reading: Reading) -> None:
        if given_up.is_set():
            raise asyncio.CancelledError
        if on_progress:
            on_progress(reading)

    work = asyncio.ensure_future(asyncio.to_thread(_compose, workspace, composition, stream, tell))
    try:
        composed = await asyncio.shield(work)
    except asyncio.CancelledError:
        # The thread cannot be cancelled: tell it, and wait until it has let go of the stream.
        given_up.set()
        await asyncio.wait({work})
        raise
    return await _priced(workspace, composed) if composed.loads else composed


async def compose_to_file(
    workspace: Workspace,
    composition: Composition,
    output: Path,
    on_progress: Callable[[Reading], None] | None = None,
) -> Composed:
    """Compose into a file, which appears whole or not at all; one that exists is replaced.

    Raises:
        InputError: as `compose`.
        StorageError: the disk refuses.
    """
    aside = output.with_name(f".{output.name}.{workspace.random(4)}.part")
    try:
        with aside.open("xb") as file:
            composed = await compose(workspace, composition, file, on_progress)
        if composed.is_written:
            aside.replace(output)
    except OSError as error:
        raise StorageError(f"{output} could not be written: {error}.", hint="Nothing was left behind.") from error
    finally:
        aside.unlink(missing_ok=True)
    return composed


async def sample(composition: Composition, first: int, count: int) -> list[Rendered]:
    """Return some rows as they would be sent, each with its own problems; rows are counted from 1.

    Reads the table from its beginning; a pipe can be read only once.

    Raises:
        InputError: the table cannot be read, or the column for the ids does not exist.
    """
    return await asyncio.to_thread(_sample, composition, first, count)


async def save_template(workspace: Workspace, options: ComposeOptions, name: str) -> Template:
    """Save the template that the options name, with all that they say about it, as the next version of that name.

    Raises:
        UsageError: the name is none, or there is no template to save.
        InputError: the template is wrong.
    """
    return await asyncio.to_thread(_save, workspace.paths.templates, options, name)


async def templates(workspace: Workspace) -> list[Listed]:
    """Return every template that can be named, the user's first."""
    from batchtui.templates import list_templates

    return await asyncio.to_thread(list_templates, workspace.paths.templates)


def _open(folder: Path, options: ComposeOptions, rules: ComposerOptions) -> Composition:
    from batchtui.composing import TableOptions, open_query, open_table
    from batchtui.services.choosing import choose_template

    if (options.data is None) == (options.sql is None):
        raise UsageError("Name the data: --data FILE, or --sql with a SELECT.")
    template = choose_template(folder, options)
    takes_text = template is not None and template.names & {"text", "input_data", "row"}
    table = (
        open_query(options.sql)
        if options.sql is not None
        else open_table(
            str(options.data),
            TableOptions(
                encoding=options.encoding,
                delimiter=options.delimiter,
                header=options.header,
                stdin=options.stdin,
                attach_text=template is not None and not takes_text,
            ),
        )
    )
    if template is None:
        template = _default_for(folder, table)
    return Composition(template, table, options, rules)


def _default_for(folder: Path, table: Table) -> Template | None:
    """Return the template of data that was given without one: none for tasks, that of raw input for raw input."""
    from batchtui.composing.records import TASKS
    from batchtui.services.choosing import saved_template
    from batchtui.templates import DEFAULT

    if table.kind == TASKS:
        return None
    if "input_data" in table.columns:
        return saved_template(DEFAULT, folder)
    raise UsageError(
        f"{table.name} needs a template.",
        hint=f"--template names a file or a saved one. The columns are {', '.join(table.columns[:20])}.",
    )


def _save(folder: Path, options: ComposeOptions, name: str) -> Template:
    from batchtui.services.choosing import choose_template
    from batchtui.templates import TemplateFault
    from batchtui.templates import save_template as save

    template = choose_template(folder, options)
    if template is None:
        raise UsageError("There is no template to save.", hint="--template names the one to save as another.")
    wishes = {key: getattr(options, key) for key in ("model", "max_tokens", "id", "cache")}
    changes: dict[str, Any] = {key: value for key, value in wishes.items() if value is not None}
    try:
        return save(replace(template, name=name, **changes), folder)
    except TemplateFault as fault:
        raise UsageError(f"{str(fault)[:1].upper()}{str(fault)[1:]}.") from None


def _compose(
    workspace: Workspace, composition: Composition, stream: IO[bytes], tell: Callable[[Reading], None]
) -> Composed:
    with OriginalsWriter(workspace.paths.originals) as originals, tempfile.SpooledTemporaryFile(SPOOLED) as spool:
        composer, weighed = composition.composer(originals.changed), LoadCounter()
        for block in composer.blocks():
            spool.writelines([request.payload + b"\n" for request in block])
            originals.sent([request.custom_id for request in block])
            weighed.add(1, block)
            tell(Reading(*composition.table.progress))
        report, length = composer.report(), 0
        if report.requests and (composition.options.skip_wrong or not report.errors):
            length = spool.tell()
            spool.seek(0)
            shutil.copyfileobj(spool, stream, SPOOLED)
            stream.flush()
        kept = originals.keep() if length else None
    return _composed(composer, report, length, kept, weighed.loads())


def _composed(
    composer: Composer, report: CheckReport, length: int, kept: Path | None, loads: tuple[Load, ...]
) -> Composed:
    from batchtui.composing.caching import least_cached

    ids = composer.ids
    return Composed(
        report=report,
        rows=composer.rows,
        bytes=length,
        id_column=composer.id_column,
        made=ids.made,
        changed=ids.changed,
        repeated=ids.repeated,
        originals=kept,
        prefix=composer.prefix,
        least_cached=least_cached(composer.model) if composer.model else None,
        loads=loads,
    )


async def _priced(workspace: Workspace, composed: Composed) -> Composed:
    """Say what the requests will cost, as a submission would, and what caching is worth."""
    from batchtui.services.estimate import estimate
    from batchtui.services.priming import expected_gain

    shares, day = await workspace.registry.costs.output_shares(), workspace.clock.now().date()

    def worked_out() -> Composed:
        expected = estimate(composed.loads, composed.report.shapes, shares, day, workspace.prices)
        prefix, least, models = composed.prefix, composed.least_cached, composed.report.models
        if prefix is None or least is None or prefix.tokens < least or len(models) != 1:
            return replace(composed, estimate=expected)
        gain = expected_gain(next(iter(models)), prefix.tokens, composed.report.requests, day, workspace.prices)
        return replace(composed, estimate=expected, gain=gain)

    return await asyncio.to_thread(worked_out)


def _sample(composition: Composition, first: int, count: int) -> list[Rendered]:
    from batchtui.composing.ids import IdMaker

    composer, ids = composition.composer(), IdMaker()
    rows = (row for block in composition.table.rows() for row in block)
    return [composer.render(row, ids) for row in islice(rows, first - 1, first - 1 + count)]
