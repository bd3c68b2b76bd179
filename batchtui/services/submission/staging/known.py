"""Say which of checked requests are answered already, in which jobs, and what the others cost: `find_known`.

The index of digests is only a help: where it cannot be read, that is logged, and a submission goes on without it.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.costs.known_requests import KnownJob, KnownRequests
from batchtui.domain.errors import BatchtuiError, StorageError
from batchtui.registry.requests.writer import index_name
from batchtui.runtime.threads import run_in_thread
from batchtui.services.estimates.estimate import estimate_requests
from batchtui.services.estimates.request_groups import LONG, STEP, RequestGroup

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.costs.known_requests import ReusePolicy
    from batchtui.intake import Shape
    from batchtui.registry.digests import DigestComparison, DigestSource, GroupSums
    from batchtui.registry.requests.part_ranges import PartRange
    from batchtui.registry.requests.reused import AnswerOrigin
    from batchtui.services.submission.staging.stage import Staged
    from batchtui.services.workspace import Workspace

log = logging.getLogger(__name__)
_BEING_MADE = frozenset({BatchState.PLANNED, BatchState.SUBMITTING, BatchState.UNKNOWN, BatchState.IN_PROGRESS})
"""States of batches whose answers will come, as far as is known."""
_Young = dict[int, "Collection[int] | None"]
"""By the key of a batch which roots its answers may have; None for all."""


async def find_known(
    workspace: Workspace,
    requests: Path,
    loads: Sequence[RequestGroup],
    shapes: Iterable[Shape],
    *,
    name: str | None = None,
) -> KnownRequests:
    """Return what is known of these requests. Nothing is asked of the API.

    Answered is what has succeeded, by the model that was asked for, and whose results are saved here; an answer that
    was truncated, refused or is not the JSON that was asked for is none. Requests whose answer also depends on the
    day, because of a server tool or an address in them, are never known.

    Args:
        workspace: whose jobs are looked at.
        requests: the index of the requests (`RequestWriter`).
        loads: what they weigh.
        shapes: their skeletons.
        name: of the job; see `estimate_requests`.
    """
    total = sum(load.requests for load in loads)
    if not total:
        return KnownRequests(0)
    try:
        found, new = await _compare(workspace, requests, total)
    except StorageError as error:
        log.warning("%s", error.message)
        return KnownRequests(total)
    if found.new == total or not found.new:
        return found
    return replace(found, estimate=await estimate_requests(workspace, scale_groups(loads, new), shapes, name=name))


async def find_known_staged(workspace: Workspace, staged: Staged, *, name: str | None = None) -> KnownRequests:
    """Return what is known of requests that were laid aside, see `find_known`."""
    index = staged.requests.folder / index_name(staged.requests.attempt)
    return await find_known(workspace, index, staged.loads, staged.report.shapes, name=name)


async def remember_requests(workspace: Workspace) -> None:
    """Have the index know what was sent, so that the next check need not wait for it."""
    try:
        attempts = await workspace.registry.queries.attempts()
        await run_in_thread(lambda: workspace.registry.digests.catch_up(attempts))
    except StorageError as error:
        log.warning("%s", error.message)


async def note_reused(workspace: Workspace, requests: Path, total: int, policy: ReusePolicy) -> KnownRequests:
    """Write into the index of new requests which answers they reuse. Returns what is known of them.

    Raises:
        StorageError: the index of known requests cannot be used, so nothing is known of any request.
    """
    return (await _compare(workspace, requests, total, policy))[0]


async def _compare(
    workspace: Workspace, requests: Path, total: int, policy: ReusePolicy | None = None
) -> tuple[KnownRequests, list[GroupSums]]:
    registry = workspace.registry
    attempts = await registry.queries.attempts()
    has_known = await run_in_thread(lambda: registry.digests.catch_up(attempts))
    with_open = policy is not None and policy.with_open
    comparison = await run_in_thread(
        partial(registry.digests.compare, requests, with_known=has_known, with_open=with_open)
    )
    with comparison:
        sources = await run_in_thread(comparison.sources)
        batches = {source: await _batches_of(workspace, source) for source in sources}
        oldest = None if policy is None or policy.max_age is None else workspace.clock.now() - policy.max_age
        young = await _answered_since(workspace, comparison, batches, oldest) if oldest else None
        await run_in_thread(partial(_settle, workspace, comparison, batches, young))
        counts, duplicates, new = await run_in_thread(
            lambda: (comparison.counts(), comparison.duplicates(), comparison.new_groups(LONG, STEP))
        )
        if policy is not None and sum(group.requests for group in new) < total:
            await run_in_thread(partial(comparison.note_reused, requests))
    jobs = await _jobs(workspace, sources, counts)
    answered, in_progress = (sum(count[index] for count in counts.values()) for index in range(2))
    return KnownRequests(total, answered, in_progress, duplicates, jobs), new


async def _batches_of(workspace: Workspace, source: DigestSource) -> dict[int, Batch]:
    """Return the batches of one attempt by part."""
    batches = await workspace.registry.queries.of_job(source.job)
    return {batch.part: batch for batch in batches if batch.attempt == source.attempt}


async def _answered_since(
    workspace: Workspace,
    comparison: DigestComparison,
    batches: Mapping[DigestSource, Mapping[int, Batch]],
    oldest: datetime,
) -> _Young:
    """Return the parts whose answers were made since then; of those that reuse answers, by which roots."""
    found: _Young = {}
    for source, by_part in batches.items():
        for batch in by_part.values():
            if not batch.is_reused:
                found[batch.key] = None if (batch.ended_at or batch.planned_at) >= oldest else ()
                continue
            roots = await run_in_thread(partial(comparison.roots, source, batch.part))
            made = {number: await batch_of(workspace, origin) for number, origin in roots.items()}
            found[batch.key] = [
                number for number, root in made.items() if root and (root.ended_at or root.planned_at) >= oldest
            ]
    return found


async def batch_of(workspace: Workspace, origin: AnswerOrigin) -> Batch | None:
    """Return the batch of a part of a job; None where the registry does not know it."""
    for batch in await workspace.registry.queries.of_job(origin.job):
        if (batch.attempt, batch.part) == (origin.attempt, origin.part):
            return batch
    return None


def _settle(
    workspace: Workspace,
    comparison: DigestComparison,
    batches: Mapping[DigestSource, Mapping[int, Batch]],
    young: _Young | None,
) -> None:
    """Settle what is known: answers of all jobs before anything that is only on its way. Blocking.

    `young` says by the key of a batch which of its answers are not too old; None for all.
    """
    now = workspace.clock.now()
    pending: list[tuple[DigestSource, PartRange]] = []
    for source, by_part in batches.items():
        # What is damaged or was removed meanwhile costs its own answers only.
        try:
            for part in comparison.parts(source):
                batch = by_part.get(part.part)
                if batch is None:
                    continue
                if (index := _results_index(workspace, batch)) is not None:
                    comparison.settle_answered(source, part, index, young[batch.key] if young else None)
                elif _is_being_made(batch, now):
                    pending.append((source, part))
        except StorageError as error:
            log.warning("the answers of %s are not counted as known: %s", source.job, error.message)
    # After all answers: a request that is answered in one job and on its way in another counts as answered.
    for source, part in pending:
        comparison.settle_in_progress(source, part)
    comparison.settle_duplicates()


def _results_index(workspace: Workspace, batch: Batch) -> Path | None:
    """Return the index of saved results, built again where it is missing; None where they are not saved or damaged."""
    # What a person accepted although it is not whole or not ours proves nothing.
    if batch.results is not ResultsState.SAVED or batch.accepted or batch.is_unproved:
        return None
    try:
        # Opened and closed at once: opening builds an index that is missing, and checks that the file is as it was
        # saved.
        with workspace.registry.results.reader(batch):
            return workspace.registry.results.paths(batch).index
    except BatchtuiError as error:
        log.warning("the answers of %s are not counted as known: %s", batch.id, error.message)
        return None


def _is_being_made(batch: Batch, now: datetime) -> bool:
    """Whether answers are still to come, from the API or out of results that it has."""
    # Nobody knows whether what waits for the decision about a pilot will ever be sent.
    if batch.is_held:
        return False
    if batch.state in _BEING_MADE:
        return True
    is_open = batch.results in (ResultsState.NONE, ResultsState.PARTIAL)
    return batch.state is BatchState.ENDED and is_open and batch.results_until is not None and now < batch.results_until


async def _jobs(
    workspace: Workspace, sources: Sequence[DigestSource], counts: Mapping[int, tuple[int, int]]
) -> tuple[KnownJob, ...]:
    """Return the jobs that hold answers; the attempts of one are one."""
    found: dict[str, KnownJob] = {}
    for source in sources:
        answered, in_progress = counts.get(source.id, (0, 0))
        if not answered and not in_progress:
            continue
        if source.job not in found:
            job = await workspace.registry.jobs.get(source.job)
            found[source.job] = KnownJob(source.job, job.name if job else source.job, 0, 0)
        known = found[source.job]
        found[source.job] = replace(
            known, answered=known.answered + answered, in_progress=known.in_progress + in_progress
        )
    return tuple(found.values())


def scale_groups(loads: Sequence[RequestGroup], new: Iterable[GroupSums]) -> list[RequestGroup]:
    """Return the groups with new requests only. What is not summed by request, such as images, goes by their share."""
    by_key: dict[tuple[int, str | None, int], RequestGroup] = {}
    for load in loads:
        key = (load.shape, load.model, _step(load))
        by_key[key] = _together(by_key[key], load) if key in by_key else load
    found = []
    for each in new:
        load = by_key[each.shape, each.model, each.step]

        def share(value: int, load: RequestGroup = load, each: GroupSums = each) -> int:
            return round(value * each.requests / load.requests)

        found.append(
            replace(
                load, part=each.part, requests=each.requests, bytes=each.bytes, max_tokens=each.max_tokens,
                media=min(round(load.media * each.bytes / load.bytes), each.bytes), images=share(load.images),
                documents=share(load.documents), elsewhere=share(load.elsewhere), hourly=share(load.hourly), sample=(),
            )
        )  # fmt: skip
    return found


def _together(one: RequestGroup, other: RequestGroup) -> RequestGroup:
    """Add up groups that differ in their part only."""
    return replace(
        one, requests=one.requests + other.requests, bytes=one.bytes + other.bytes, media=one.media + other.media,
        images=one.images + other.images, documents=one.documents + other.documents,
        elsewhere=one.elsewhere + other.elsewhere, hourly=one.hourly + other.hourly,
    )  # fmt: skip


def _step(load: RequestGroup) -> int:
    """Return the step of length that a group stands for (see `RequestGrouper`)."""
    return 0 if load.longest == LONG else load.longest // STEP - 1
