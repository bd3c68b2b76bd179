"""Find a batch or job by what a person typed: an id or its beginning, a name, `@last`: `find_target`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.batches.batch import RequestCounts
from batchtui.domain.batches.query import BatchQuery
from batchtui.domain.errors import UnknownTarget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.job import Job
    from batchtui.services.workspace import Workspace

LAST = "@last"


@dataclass(frozen=True, slots=True)
class Target:
    """What was meant: one batch, or a job with all its batches."""

    named: str
    """As the person wrote it."""
    batches: tuple[Batch, ...]
    """By attempt and part; one where a batch was meant."""
    job: Job | None = None
    """Set where a job was meant."""

    @property
    def counts(self) -> RequestCounts:
        """The counts of its batches together."""
        return sum((batch.counts for batch in self.batches), RequestCounts())


async def find_target(workspace: Workspace, named: str) -> Target:
    """Find the batch or job that a word names: an id wins over a name, a name over the beginning of an id.

    Raises:
        UnknownTarget: it means nothing, or more than one thing; the hint lists what it could be.
    """
    views, jobs = workspace.registry.queries, workspace.registry.jobs
    if named == LAST:
        return await _last(workspace)
    if job := await jobs.get(named):
        return await _of_job(workspace, named, job)
    if batch := await workspace.registry.batches.with_id(named):
        return Target(named, (batch,))
    # Names are people's: an id that looks like a name must still be found, so ids were tried first.
    if by_name := await jobs.named(named):
        if len(by_name) > 1:
            raise _ambiguous(named, [f"{job.id} ({job.created_at:%Y-%m-%d %H:%M})" for job in by_name])
        return await _of_job(workspace, named, by_name[0])
    batches = await views.starting_with(named) if named else []
    # Only with the prefix: a single letter would be the beginning of every job's id.
    by_id = await jobs.starting_with(named) if named.startswith("job_") else []
    if len(batches) + len(by_id) > 1:
        raise _ambiguous(named, [batch.id or "" for batch in batches] + [job.id for job in by_id])
    if by_id:
        return await _of_job(workspace, named, by_id[0])
    if batches:
        return Target(named, (batches[0],))
    raise UnknownTarget(
        f'There is no batch or job "{named}".',
        hint="`batchtui list --all` lists all of them; `batchtui sync` imports batches created elsewhere.",
    )


async def find_targets(workspace: Workspace, names: Sequence[str]) -> list[Target]:
    """Find the batches or jobs that several words name, each as `find_target` does."""
    return [await find_target(workspace, named) for named in names]


async def job_ids(workspace: Workspace, keys: Sequence[int]) -> list[str]:
    """Return the ids of the jobs that these batches belong to, each once, in the order of the keys."""
    batches = await workspace.registry.queries.page(keys)
    return list(dict.fromkeys(batch.job for batch in batches))


async def whole_job(workspace: Workspace, job_id: str) -> Target:
    """Return a job with all its batches; it is named by its id where the registry holds batches of it alone."""
    job = await workspace.registry.jobs.get(job_id)
    return Target(job.name if job else job_id, tuple(await workspace.registry.queries.of_job(job_id)), job)


async def _last(workspace: Workspace) -> Target:
    newest = await workspace.registry.queries.select(BatchQuery(limit=1))
    if not newest:
        raise UnknownTarget(
            "There are no batches yet, so @last means nothing.", hint="`batchtui submit FILE` creates the first one."
        )
    job = await workspace.registry.jobs.get(newest[0].job)
    if job is None or newest[0].parts == newest[0].attempt == 1:
        return Target(LAST, (newest[0],))
    return await _of_job(workspace, LAST, job)


async def _of_job(workspace: Workspace, named: str, job: Job) -> Target:
    return Target(named, tuple(await workspace.registry.queries.of_job(job.id)), job)


def _ambiguous(named: str, meanings: Sequence[str]) -> UnknownTarget:
    return UnknownTarget(
        f'"{named}" matches {len(meanings)} batches or jobs.',
        hint="Use one of: " + ", ".join(meanings[:10]) + ".",
        title="Ambiguous ID",
    )
