"""Plan and carry out the removal of files that are safe to remove: `plan_prune`, `apply_prune`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import ResultsState
from batchtui.domain.errors import StorageError
from batchtui.registry import orphans
from batchtui.registry.original_ids import originals_in_use
from batchtui.runtime.atomic_file import left_behind
from batchtui.services.reuse.fill import fill_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from batchtui.domain.batches.batch import Batch
    from batchtui.registry.orphans import OrphanedFiles
    from batchtui.services.workspace import Workspace

AT_REST = timedelta(days=1)
"""Files written within this time may belong to a process that is still running, and stay."""
REGISTRY = "registry"
"""The kind of removal that makes the registry itself smaller."""
WORTH_IT = 1 << 20
"""Bytes of the registry from which rebuilding it is worth the while."""
REASONS = {
    "staging": "requests that were staged and never sent",
    "requests": "requests of an interrupted submission; none of them was sent",
    "attempt": "requests of an interrupted retry; none of them was sent",
    "download": "leftovers of a broken download; the results are saved completely",
    "index": "an incomplete index; the results have a complete one",
    "damaged": "results that were damaged on this disk; the API's copy is saved, or is long gone",
    "registry-damaged": "a damaged registry that was rebuilt",
    "registry": "space in the registry: calls older than `journal_days`, and rows that were deleted",
    "half-names": "original ids of an interrupted `compose`",
    "names": "original ids that belong to no job",
    "export": "an incomplete file of an interrupted export",
    "deleted": "requests and results of a job whose batches were all deleted",
}


@dataclass(frozen=True, slots=True)
class Removal:
    """Files that will be removed together."""

    kind: str
    """A key of `REASONS`."""
    name: str
    paths: tuple[Path, ...]
    """Files and folders."""
    bytes: int
    batches: tuple[Batch, ...] = ()
    """Whose saved results go with it."""

    @property
    def reason(self) -> str:
        """What it is, and why it can be removed."""
        return REASONS[self.kind]


@dataclass(frozen=True, slots=True)
class PrunePlan:
    """What will be removed."""

    removals: tuple[Removal, ...]
    older_than: timedelta | None

    @property
    def bytes(self) -> int:
        """Bytes that would be freed."""
        return sum(removal.bytes for removal in self.removals)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What became of a plan."""

    removed: tuple[Removal, ...]
    failed: tuple[tuple[Removal, str], ...]
    """What could not be removed, and why."""

    @property
    def bytes(self) -> int:
        """Bytes that were freed."""
        return sum(removal.bytes for removal in self.removed)


async def plan_prune(workspace: Workspace, *, older_than: timedelta | None = None) -> PrunePlan:
    """Return what is safe to remove; nothing is removed.

    What is not saved, not sent, or of unknown fate is never in it; neither is anything written within the last day,
    nor what an earlier registry left in these folders. Half a file of an export whose process has ended goes at once.

    Args:
        workspace: where to look.
        older_than: also requests and results of jobs all of whose batches were deleted longer ago than this, what
            rows were called that were composed longer ago, where no job has them, and what was damaged longer ago.
    """
    registry, now = workspace.registry, workspace.clock.now()
    # Answers that others wait for are copied before what they come from may go.
    await fill_all(workspace)
    attempts, saved = await registry.queries.attempts(), await registry.queries.saved_keys()
    # Jobs without a stored attempt, too: their folders are theirs, and no leftovers.
    known = {job: attempts.get(job, set()) for job in await registry.jobs.ids()}
    found = await asyncio.to_thread(
        lambda: [
            *orphans.orphaned_requests(registry.requests.folder, known),
            *orphans.orphaned_results(registry.results.folder, saved),
            *orphans.orphaned_names(workspace.paths.originals, originals_in_use(workspace.paths, registry, known)),
        ]
    )
    begun = await registry.queries.begun_at()
    removals = await asyncio.to_thread(lambda: list(_half_exports(workspace.paths.exports, now)))
    if older_than is not None:
        found += await asyncio.to_thread(lambda: _damaged_before(workspace, saved, now - older_than))
    removals += [
        Removal(leftover.kind, leftover.name, leftover.paths, leftover.bytes)
        for leftover in found
        if leftover.changed_at <= now - AT_REST
        and not _is_of_another_registry(leftover, begun)
        and not _may_be_sent_yet(leftover, older_than, now)
    ]
    if older_than is not None:
        removals += await _deleted_jobs(workspace, now - older_than, now)
    room = await registry.reclaimable_bytes(workspace.settings.journal_days)
    if room >= WORTH_IT:
        removals.append(Removal(REGISTRY, workspace.paths.registry.name, (), room))
    return PrunePlan(tuple(removals), older_than)


def _damaged_before(workspace: Workspace, saved: Collection[int], before: datetime) -> list[OrphanedFiles]:
    """Return what was damaged before then: results that may be all there is of them, and registries."""
    found = (
        *orphans.damaged_results(workspace.registry.results.folder, saved),
        *orphans.damaged_registries(workspace.paths.registry),
    )
    return [one for one in found if one.changed_at <= before]


def _half_exports(notes: Path, now: datetime) -> Iterator[Removal]:
    """Yield what killed exports left in the user's folders: at once where their process is known to be gone."""
    for left in left_behind(notes):
        paths = (left.path, left.note) if left.path.exists() else (left.note,)
        newest = max(path.stat().st_mtime for path in paths)
        if left.is_certain or datetime.fromtimestamp(newest, UTC) <= now - AT_REST:
            yield Removal("export", str(left.path), paths, sum(map(orphans.size_of, paths)))


async def apply_prune(workspace: Workspace, plan: PrunePlan) -> Pruned:
    """Remove what the plan names, if it is still safe to remove. A failure does not stop the others."""
    # Planned again: while the question stood, a process may have begun to use what was left over.
    still = await plan_prune(workspace, older_than=plan.older_than)
    safe = {(removal.kind, removal.name): removal for removal in still.removals}
    removed: list[Removal] = []
    failed: list[tuple[Removal, str]] = []
    for planned in plan.removals:
        removal = safe.get((planned.kind, planned.name))
        if removal is None:
            continue
        try:
            await _remove(workspace, removal)
        except (OSError, StorageError) as error:
            failed.append((removal, str(error)))
        else:
            removed.append(removal)
    if removed:
        await workspace.registry.journal.record(
            workspace.clock.now(), "space.pruned", pieces=len(removed), bytes=sum(one.bytes for one in removed)
        )
    return Pruned(tuple(removed), tuple(failed))


async def _remove(workspace: Workspace, removal: Removal) -> None:
    # The registry first, then the files: a kill in between must not leave results that are called saved and are gone.
    for batch in removal.batches:
        await workspace.registry.batches.set_results(batch, ResultsState.GONE)
    if removal.kind == REGISTRY:
        await workspace.registry.reclaim(workspace.settings.journal_days)
    for path in removal.paths:
        await asyncio.to_thread(orphans.remove, path)


def _is_of_another_registry(leftover: OrphanedFiles, begun: datetime | None) -> bool:
    """Whether a folder of requests was there before this registry: what it knew of them is lost, so they stay."""
    return leftover.kind == "requests" and (begun is None or leftover.changed_at < begun)


def _may_be_sent_yet(leftover: OrphanedFiles, older_than: timedelta | None, now: datetime) -> bool:
    """Return whether these are names of requests that somebody may have in a file, and send later."""
    if leftover.kind != "names":
        return False
    return older_than is None or leftover.changed_at > now - older_than


async def _deleted_jobs(workspace: Workspace, before: datetime, now: datetime) -> list[Removal]:
    registry = workspace.registry
    removals: list[Removal] = []
    for job in await registry.queries.jobs_deleted_before(before):
        batches = await registry.queries.of_job(job)
        # Of a batch that was only forgotten here the requests would be missed as soon as it is brought back.
        if any(_is_still_at_api(batch, now) for batch in batches):
            continue
        paths = [path for batch in batches for path in registry.results.files(batch)]
        if registry.requests.has(job):
            paths.append(registry.requests.folder / job)
        if paths:
            saved = tuple(batch for batch in batches if batch.results is ResultsState.SAVED)
            size = sum(map(orphans.size_of, paths))
            removals.append(Removal("deleted", f"{batches[0].name} ({job})", tuple(paths), size, saved))
    return removals


def _is_still_at_api(batch: Batch, now: datetime) -> bool:
    """Return whether results that are not saved may still be at the API: a batch that was only dropped here."""
    is_open = batch.results in (ResultsState.NONE, ResultsState.PARTIAL)
    return is_open and batch.results_until is not None and now < batch.results_until
