"""Make a file of checked requests from data and a template, whole or not at all: `compose`.

    composition = await open_composition(workspace, ComposeOptions(template="classify", data="tickets.csv"))
    composition.table.columns, composition.table.facts          # what was found out
    await sample(composition, 1, 20)                            # the first rows as they would be sent
    composed = await compose(workspace, composition, stream)    # all of them, checked

The first three are in `composition`; `row_browser` moves about in a table.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from array import array
from dataclasses import dataclass, field, replace
from functools import partial
from typing import IO, TYPE_CHECKING

from batchtui.registry.original_ids import OriginalIdWriter
from batchtui.registry.requests.reused import number_samples
from batchtui.registry.requests.source_rows import SourceRowWriter
from batchtui.registry.requests.writer import DigestLog
from batchtui.runtime.atomic_file import open_atomic, refuse_existing
from batchtui.runtime.threads import run_cancellable
from batchtui.services.estimates.request_groups import RequestGrouper
from batchtui.services.submission.staging.known import find_known
from batchtui.services.submission.staging.stage import ReadProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from batchtui.compose import Composer, Row, Table
    from batchtui.domain.costs.estimate import Estimate
    from batchtui.domain.costs.known_requests import KnownRequests
    from batchtui.intake import CheckReport
    from batchtui.services.compose.composition import Composition
    from batchtui.services.estimates.request_groups import RequestGroup
    from batchtui.services.submission.cache_priming import CacheSavings
    from batchtui.services.workspace import Workspace
    from batchtui.templates.request_builder import CacheablePrefix

SPOOLED = 1 << 20
"""Bytes of requests that wait in memory for the last check; more waits on the disk."""
MOST_TROUBLED = 1_000_000
"""Rows with a problem that a survey lists."""


@dataclass(frozen=True, slots=True)
class Composed:
    """The result of a composition."""

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
    prefix: CacheablePrefix | None
    least_cached: int | None
    """Tokens that the prefix must have for the model to cache it."""
    loads: tuple[RequestGroup, ...]
    """What the requests weigh."""
    estimate: Estimate | None = None
    """What they will cost as one batch; None where there are none."""
    gain: CacheSavings | None = None
    """What caching the prefix is worth; None where it is too short, or the model's price is not known."""
    known: KnownRequests | None = None
    """What was asked before, or twice; None where that was not looked for."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """What of the data was left out as no row, by the words for it: blank rows, comments …"""
    troubled: Sequence[int] = ()
    """The numbers of rows with a problem, from 1, in order: the first `MOST_TROUBLED`. Only of a survey."""

    @property
    def is_written(self) -> bool:
        """Whether the requests were written."""
        return self.bytes > 0


async def compose(
    workspace: Workspace,
    composition: Composition,
    stream: IO[bytes],
    on_progress: Callable[[ReadProgress], None] | None = None,
    *,
    with_known: bool = False,
    samples: int = 1,
) -> Composed:
    """Make and check all requests, then write them as JSON lines: all, or none where a row is wrong.

    `with_known` also looks for requests that were asked before; `samples` is as in `SubmitOptions`.

    Raises:
        InputError: the table cannot be read any more, or does not fit the template at all.
        StorageError: the disk refuses.
    """
    if not with_known:
        return await _passed(workspace, partial(_compose, workspace, composition, stream, None), on_progress)
    with DigestLog() as log:
        composed = await _passed(workspace, partial(_compose, workspace, composition, stream, log), on_progress)
        index = log.finish()
        if samples > 1:
            await asyncio.to_thread(number_samples, index, samples)
        known = await find_known(workspace, index, composed.loads, composed.report.shapes)
    return replace(composed, known=known)


async def check_all_rows(
    workspace: Workspace, composition: Composition, on_progress: Callable[[ReadProgress], None] | None = None
) -> Composed:
    """Make and check all requests without writing them; returns the problems and the estimate.

    Raises:
        InputError: as `compose`.
    """
    return await _passed(workspace, partial(_survey, composition), on_progress)


async def with_token_counts(workspace: Workspace, composition: Composition, composed: Composed) -> Composed:
    """Have the API count the tokens of a few requests; returns the composition with an estimate based on that.

    Raises:
        InputError: as `compose`.
        CredentialsMissing, Refused: the API does not accept the credentials.
    """
    from batchtui.services.estimates.estimate import estimate_requests
    from batchtui.services.estimates.token_counting import count_groups

    wanted = {place for load in composed.loads for place in load.sample}
    # Composed again: a table may have a million rows, and the requests of the pass were not kept.
    found = await asyncio.to_thread(_requests_at, composition, wanted)
    tally = await count_groups(workspace, composed.loads, lambda places: [found[place] for place in places])
    expected = await estimate_requests(workspace, composed.loads, composed.report.shapes, tally=tally)
    return replace(composed, estimate=expected)


def _requests_at(composition: Composition, places: set[int]) -> dict[int, bytes]:
    """Return the requests at these places among those that may be sent, from 1."""
    found: dict[int, bytes] = {}
    for block in composition.composer().blocks():
        found |= {request.seq: request.payload for request in block if request.seq in places}
        if len(found) == len(places):
            break
    return found


async def _passed(
    workspace: Workspace,
    work_with: Callable[[Callable[[ReadProgress], None]], Composed],
    on_progress: Callable[[ReadProgress], None] | None,
) -> Composed:
    """Run one pass over all rows."""
    composed = await run_cancellable(work_with, on_progress)
    return await _priced(workspace, composed) if composed.loads else composed


async def compose_to_file(
    workspace: Workspace,
    composition: Composition,
    output: Path,
    on_progress: Callable[[ReadProgress], None] | None = None,
    *,
    with_known: bool = False,
    samples: int = 1,
) -> Composed:
    """Compose into a file, which appears whole or not at all; one that exists is replaced.

    Raises:
        InputError: as `compose`.
        StorageError: a folder is there, or the disk refuses.
    """
    # The caller has asked already; what is left to refuse is a folder of that name.
    refuse_existing(output, overwrite=True)
    try:
        with open_atomic(output, None, overwrite=True, notes=workspace.paths.exports) as file:
            composed = await compose(workspace, composition, file, on_progress, with_known=with_known, samples=samples)
            _require_written(composed)
    except _NothingWritten:
        pass
    return composed


class _NothingWritten(Exception):
    """There is nothing to keep: whatever stood there before stays."""


def _require_written(composed: Composed) -> None:
    if not composed.is_written:
        raise _NothingWritten


def _compose(
    workspace: Workspace,
    composition: Composition,
    stream: IO[bytes],
    log: DigestLog | None,
    tell: Callable[[ReadProgress], None],
) -> Composed:
    with (
        OriginalIdWriter(workspace.paths.originals) as originals,
        SourceRowWriter(workspace.paths.originals) as sources,
        tempfile.SpooledTemporaryFile(SPOOLED) as spool,
    ):
        composer = composition.composer(originals.changed, on_made=partial(_keep_row, sources, composition.table))
        weighed = RequestGrouper()
        for block in composer.blocks():
            spool.writelines([request.payload + b"\n" for request in block])
            originals.sent([request.custom_id for request in block])
            weighed.add(1, block)
            if log is not None:
                log.add(block)
            tell(ReadProgress(*composition.table.progress))
        # Written only now: whether a row is wrong is known after the last one.
        report, length = composer.report(), 0
        if report.requests and (composition.options.skip_wrong or not report.errors):
            length = spool.tell()
            spool.seek(0)
            shutil.copyfileobj(spool, stream, SPOOLED)
            stream.flush()
        # Where nothing was written there is nothing that the names could belong to.
        kept = originals.keep() if length else None
        if length:
            sources.keep()
    return _composed(composer, report, length, kept, weighed.loads())


def _keep_row(sources: SourceRowWriter, table: Table, custom_id: str, payload: bytes, row: Row) -> None:
    """Keep the row of a request, as far as its table says that it is kept."""
    values, kept = row.values, table.kept_columns
    if kept is not None:
        values = {column: values[column] for column in kept if column in values}
    sources.add(custom_id, payload, values, row.parents)


def _survey(composition: Composition, tell: Callable[[ReadProgress], None]) -> Composed:
    troubled, weighed = array("I"), RequestGrouper()

    def note(number: int) -> None:
        if len(troubled) < MOST_TROUBLED:
            troubled.append(number)

    composer = composition.composer(on_problem=note)
    for block in composer.blocks():
        weighed.add(1, block)
        tell(ReadProgress(*composition.table.progress))
    return replace(_composed(composer, composer.report(), 0, None, weighed.loads()), troubled=troubled)


def _composed(
    composer: Composer, report: CheckReport, length: int, kept: Path | None, loads: tuple[RequestGroup, ...]
) -> Composed:
    from batchtui.compose.prompt_caching import min_cacheable_tokens

    ids = composer.ids
    return Composed(
        report=report,
        rows=composer.rows,
        bytes=length,
        id_column=composer.fitting.id_column,
        made=ids.made,
        changed=ids.changed,
        repeated=ids.repeated,
        originals=kept,
        prefix=composer.fitting.prefix,
        least_cached=min_cacheable_tokens(model) if (model := composer.fitting.model) else None,
        loads=loads,
        left_out=composer.table.left_out,
    )


async def _priced(workspace: Workspace, composed: Composed) -> Composed:
    """Return the composition with its estimate and the gain of caching, in USD."""
    from batchtui.services.estimates.estimate import estimate
    from batchtui.services.submission.cache_priming import expected_gain

    history, day = await workspace.registry.estimate_history.history(), workspace.clock.now().date()

    def worked_out() -> Composed:
        expected = estimate(composed.loads, composed.report.shapes, history, day, workspace.prices)
        prefix, least, models = composed.prefix, composed.least_cached, composed.report.models
        # With several models each has a cache of its own, and what is shared by all is not known for each.
        if prefix is None or least is None or prefix.tokens < least or len(models) != 1:
            return replace(composed, estimate=expected)
        gain = expected_gain(next(iter(models)), prefix.tokens, composed.report.requests, day, workspace.prices)
        return replace(composed, estimate=expected, gain=gain)

    return await asyncio.to_thread(worked_out)
