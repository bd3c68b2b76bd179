"""Check input as a submission would, without sending or keeping anything: `check`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.registry.requests.reused import number_samples
from batchtui.services.submission.canary import plan_canary
from batchtui.services.submission.staging.known import find_known_staged
from batchtui.services.submission.staging.reuse import index_of
from batchtui.services.submission.staging.stage import estimate_staged, stage
from batchtui.services.submission.submit import name_of
from batchtui.services.submission.token_sample import count_sample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.domain.batches.job import PartPlan
    from batchtui.domain.costs.estimate import Estimate
    from batchtui.domain.costs.known_requests import KnownRequests
    from batchtui.domain.submission.canary import CanaryPlan
    from batchtui.intake import CheckReport
    from batchtui.services.submission.staging.stage import IntakeOptions, ReadProgress
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking found, and the parts that the good requests would make."""

    report: CheckReport
    parts: tuple[PartPlan, ...]
    estimate: Estimate
    """What they will cost."""
    known: KnownRequests
    """What was asked before, or twice."""
    canary: CanaryPlan | None = None
    """What would be tried in real time, where that was asked for."""


async def check(
    workspace: Workspace,
    sources: Sequence[str],
    options: IntakeOptions,
    on_progress: Callable[[ReadProgress], None] | None = None,
    *,
    count: bool = False,
    canary: bool = False,
    samples: int = 1,
) -> Checked:
    """Check input as a submission would.

    It takes the same way as a submission, disk included, so that what it says holds for one. With `count` the API is
    asked to count the input of a few requests, for the estimate; nothing else ever leaves. With `canary` it is planned
    which requests would be tried in real time. `samples` is as in `SubmitOptions`.

    Raises:
        InputError: where a source cannot be read at all.
        StorageError: where the disk refuses.
    """
    staged = await stage(workspace, sources, options, on_progress)
    try:
        tally = await count_sample(workspace, staged, options) if count else None
        tried = await asyncio.to_thread(plan_canary, workspace, staged, options) if canary else None
        if samples > 1:
            await asyncio.to_thread(number_samples, index_of(staged), samples)
        known = await find_known_staged(workspace, staged, name=name_of(sources))
    finally:
        workspace.registry.requests.discard(staged.requests)
    # By the name that the job would get: the history of jobs of that name sharpens the estimate.
    expected = await estimate_staged(workspace, staged, name=name_of(sources), tally=tally)
    return Checked(staged.report, staged.requests.parts, expected, known, tried)
