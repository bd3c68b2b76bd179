"""Copy the answers that a part reuses into results of its own: `fill`, `fill_all`.

Copies, not links: an origin may be deleted or pruned once its answers were copied. Nothing is asked of the API.
"""

from __future__ import annotations

import json
import logging
import re
from contextlib import ExitStack
from datetime import timedelta
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING

from batchtui.domain.batches.batch import RequestCounts
from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import BatchtuiError, StorageError
from batchtui.domain.results.result import OutcomeCounts
from batchtui.runtime.threads import run_in_thread
from batchtui.text.numbers import amount

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchtui.domain.batches.batch import Batch
    from batchtui.registry.requests.reused import AnswerOrigin
    from batchtui.registry.results.reader import ResultReader
    from batchtui.registry.results.summary import ResultSummary
    from batchtui.services.workspace import Workspace

log = logging.getLogger(__name__)
ORIGIN_GONE_AFTER = timedelta(hours=2)
"""An origin that the API has not shown for so long is not waited for. Longer than the API answers 404 for batches that
exist, and long enough for a second look after the first hour (see `refresh.due_missing`)."""
_AT_ONCE = 1_000
"""Lines that are written in one step."""
_CUSTOM_ID = re.compile(rb'\s*\{\s*"custom_id"\s*:\s*"((?:[^"\\]|\\.)*)"')
"""How the API begins every line of results."""


async def fill(workspace: Workspace, batch: Batch) -> Batch:
    """Copy the answers of a part that reuses some, once all of them are here. Returns the batch as it is then.

    A request whose origin was dropped, is gone from the API, or lost its results, stays without an answer: it counts as
    canceled, and the reason of the part says how it is sent.

    Raises:
        StorageError: the disk refuses.
    """
    batch = await workspace.registry.batches.get(batch.key)
    if not _is_to_fill(batch):
        return batch
    from batchtui.registry.results.download import DownloadBusy

    origins = await _origins(workspace, batch)
    if origins is None:
        return batch
    try:
        summary, digest = await run_in_thread(lambda: _copy(workspace, batch, origins))
    except DownloadBusy:  # another process copies them
        return batch
    types = summary.types
    counts = RequestCounts(
        succeeded=types.get("succeeded", 0),
        errored=types.get("errored", 0),
        canceled=types.get("canceled", 0) + max(0, batch.requests - summary.results),
        expired=types.get("expired", 0),
    )
    await workspace.registry.batches.filled(
        batch,
        counts,
        size=summary.bytes,
        digest=digest,
        models=summary.models,
        outcomes=OutcomeCounts.from_mapping(summary.outcomes),
        reason=_reason(batch, origins, batch.requests - summary.results),
    )
    # Whoever asked first has paid: the copies are free.
    await workspace.registry.spending.note(batch.key, [])
    batch = await workspace.registry.batches.get(batch.key)
    await fill_followers(workspace, batch)
    return batch


async def fill_followers(workspace: Workspace, batch: Batch) -> None:
    """Copy the answers of a batch, which were saved just now, to the parts that wait for them."""
    for follower in await workspace.registry.queries.awaiting(batch.key):
        try:
            await fill(workspace, follower)
        except BatchtuiError as error:
            # The results that were waited for are saved nevertheless; the next round copies them.
            log.warning("the answers of %s could not be copied to %s: %s", batch.id, follower.name, error)


async def fill_all(workspace: Workspace) -> None:
    """Copy all answers that are here and were not copied yet, as after a kill or where an origin was dropped."""
    for batch in await workspace.registry.queries.unfilled():
        try:
            await fill(workspace, batch)
        except BatchtuiError as error:
            log.warning("the answers that %s reuses could not be copied: %s", batch.name, error)


async def awaited(workspace: Workspace, batches: list[Batch]) -> list[Batch]:
    """Return the batches that parts among these wait for, over any chain of them."""
    found: dict[int, Batch] = {}
    keys = [batch.awaits for batch in batches if _is_to_fill(batch) and batch.awaits is not None]
    while new := [key for key in keys if key not in found]:
        page = await workspace.registry.queries.page(new)
        found |= {batch.key: batch for batch in page}
        keys = [batch.awaits for batch in page if _is_to_fill(batch) and batch.awaits is not None]
        if not page:
            break
    return list(found.values())


def _is_to_fill(batch: Batch) -> bool:
    return (
        batch.is_reused
        and batch.state in (BatchState.IN_PROGRESS, BatchState.ENDED)
        and batch.results in (ResultsState.NONE, ResultsState.PARTIAL)
    )


# Imported where they are used: the first frame of the dashboard copies nothing, and reading results takes pydantic.
async def _origins(workspace: Workspace, batch: Batch) -> dict[int, Batch | None] | None:
    """Return the batches whose answers a part copies, by number; None while one of them may still get its results."""
    from batchtui.registry.requests.reused import ReuseReader

    folder = workspace.registry.requests.folder / batch.job
    try:
        with ReuseReader(folder, batch.attempt) as reader:
            named = reader.origins(batch.part)
    except StorageError as error:
        log.warning("it is not known any more which answers %s reuses: %s", batch.name, error.message)
        named = {}
    jobs = {origin.job: await workspace.registry.queries.of_job(origin.job) for origin in named.values()}
    found: dict[int, Batch | None] = {}
    for number, origin in named.items():
        of = next((each for each in jobs[origin.job] if _is(each, origin)), None)
        if of is not None and _may_still_come(workspace, of):
            return None
        found[number] = of
    return found


def _is(batch: Batch, origin: AnswerOrigin) -> bool:
    return (batch.job, batch.attempt, batch.part) == origin


def _may_still_come(workspace: Workspace, batch: Batch) -> bool:
    """Return whether results of a batch are still to be saved here."""
    if batch.results in (ResultsState.SAVED, ResultsState.GONE) or batch.state is BatchState.DELETED:
        return False
    now, heard = workspace.clock.now(), batch.refreshed_at or batch.created_at or batch.planned_at
    if batch.state is BatchState.MISSING and now - heard >= ORIGIN_GONE_AFTER:
        return False
    until = batch.results_until
    return until is None or now < until


def _reason(batch: Batch, origins: Mapping[int, Batch | None], without: int) -> str:
    """Say what a part lacks because a batch that it waited for is gone from the API; empty where nothing is."""
    gone = [each.id for each in origins.values() if each is not None and each.id and each.state is BatchState.MISSING]
    if not gone or without <= 0:
        return ""
    return (
        f"{', '.join(gone)} is no longer at the API: {amount(without, 'request')} that waited for its answers"
        f" {'has' if without == 1 else 'have'} none. `batchtui retry {batch.job} --only missing` sends"
        f" {'it' if without == 1 else 'them'}."
    )


def _copy(workspace: Workspace, batch: Batch, origins: Mapping[int, Batch | None]) -> tuple[ResultSummary, str]:
    """Write the results of a part from those of its origins, in the order of the input. Blocking.

    Raises:
        DownloadBusy: another process is at it.
        StorageError: the disk refuses.
    """
    from batchtui.registry.results.index_worker import begin_index

    store = workspace.registry.results
    requests = workspace.registry.requests.reader(batch.job, batch.attempt)
    with requests, store.download(batch, begin_index) as download, ExitStack() as stack:
        lines = _lines(workspace, batch, origins, stack)
        while block := list(islice(lines, _AT_ONCE)):
            download.write(b"".join(block))
        summary = download.finish(requests, batch.part)
        download.sync()
        download.commit()
        return summary, download.digest


def _lines(
    workspace: Workspace, batch: Batch, origins: Mapping[int, Batch | None], stack: ExitStack
) -> Iterator[bytes]:
    """Yield the answers that a part reuses, under the custom_ids of its own requests."""
    from batchtui.registry.requests.reused import ReuseReader

    reuse = stack.enter_context(ReuseReader(workspace.registry.requests.folder / batch.job, batch.attempt))
    store = workspace.registry.results
    streams: list[Iterator[tuple[int, str, int, ResultReader]]] = []
    for number, origin in origins.items():
        if origin is None or origin.results is not ResultsState.SAVED:
            continue
        try:
            reader = stack.enter_context(store.reader(origin))
        except BatchtuiError as error:
            log.warning("the answers of %s cannot be copied: %s", origin.id or origin.name, error)
            continue
        rows = reuse.rows(batch.part, number, store.paths(origin).index)
        streams.append(_answers(rows, reader))
    for _, custom_id, seq, reader in merge(*streams, key=lambda row: row[0]):
        yield rename_line(reader.raw(seq), custom_id) + b"\n"


def _answers(
    rows: Iterator[tuple[int, str, int | None]], reader: ResultReader
) -> Iterator[tuple[int, str, int, ResultReader]]:
    return ((place, custom_id, seq, reader) for place, custom_id, seq in rows if seq is not None)


def rename_line(line: bytes, custom_id: str) -> bytes:
    """Return a line of results with another custom_id; all other bytes stay as they came."""
    if found := _CUSTOM_ID.match(line):
        return line[: found.start(1)] + json.dumps(custom_id)[1:-1].encode() + line[found.end(1) :]
    document = json.loads(line)
    document["custom_id"] = custom_id
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
