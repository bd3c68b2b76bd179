"""Plan which of checked requests are sent, and which reuse an answer: `plan_reuse`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from batchtui.registry.digests import GroupSums
from batchtui.registry.requests.reused import AnswerOrigin, ReuseSplit
from batchtui.registry.requests.writer import index_name
from batchtui.runtime.threads import run_in_thread
from batchtui.services.estimates.estimate import estimate_requests
from batchtui.services.estimates.request_groups import LONG, STEP
from batchtui.services.submission.staging.known import note_reused, scale_groups

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from batchtui.domain.batches.job import PartPlan
    from batchtui.domain.costs.estimate import Estimate
    from batchtui.domain.costs.known_requests import KnownRequests, ReusePolicy
    from batchtui.services.submission.staging.check_pass import IntakeOptions, Staged
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ReusePlan:
    """What is sent and what is reused, as far as this registry knows it at this moment."""

    known: KnownRequests
    parts: tuple[PartPlan, ...]
    """Those that are sent and those that reuse answers, by number."""
    estimate: Estimate
    """What the parts that are sent will cost."""
    whole: Estimate
    """What all requests would cost."""
    attempts: Mapping[str, frozenset[int]]
    """The attempts of all jobs that this knows of: where there are others, they may have asked the same."""


async def plan_reuse(
    workspace: Workspace, staged: Staged, policy: ReusePolicy, options: IntakeOptions, *, name: str
) -> ReusePlan:
    """Find the answers that there are and give the requests their final parts; an earlier plan is undone.

    Raises:
        StorageError: the disk refuses, or the index of known requests cannot be used: then nothing is sent twice.
    """
    from batchtui.intake import PartCutter

    split = ReuseSplit(staged.requests)
    # A form plans again with each change: every plan begins with what the check has staged.
    await run_in_thread(split.undo)
    attempts = await known_attempts(workspace)
    known = await note_reused(workspace, index_of(staged), staged.requests.requests, policy)
    whole = await estimate_requests(workspace, staged.loads, staged.report.shapes, name=name)
    # Nothing is reused, so the parts stay as the check has cut them.
    if known.new == known.requests:
        return ReusePlan(known, staged.requests.parts, whole, whole, attempts)
    cutter = PartCutter(options.max_requests, options.max_bytes)
    keys = await _keys(workspace, known)
    parts = await run_in_thread(lambda: split.run(cutter.cut, keys.get))
    groups = [GroupSums(*row) for row in await run_in_thread(lambda: split.sent_groups(LONG, STEP))]
    estimate = await estimate_requests(workspace, scale_groups(staged.loads, groups), staged.report.shapes, name=name)
    return ReusePlan(replace(known, estimate=estimate), tuple(parts), estimate, whole, attempts)


def index_of(staged: Staged) -> Path:
    """Return the index of staged requests."""
    return staged.requests.folder / index_name(staged.requests.attempt)


async def known_attempts(workspace: Workspace) -> dict[str, frozenset[int]]:
    """Return the attempts of all jobs, to be compared with those of a plan."""
    found = await workspace.registry.queries.attempts()
    return {job: frozenset(attempts) for job, attempts in found.items()}


async def _keys(workspace: Workspace, known: KnownRequests) -> dict[AnswerOrigin, int]:
    """Return the key of each part of the jobs that hold what is known."""
    return {
        AnswerOrigin(job.id, batch.attempt, batch.part): batch.key
        for job in known.jobs
        for batch in await workspace.registry.queries.of_job(job.id)
    }
