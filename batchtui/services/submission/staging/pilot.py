"""Plan a pilot: a random sample of requests goes first, the others are held until it has ended: `plan_pilot`."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from batchtui.domain.errors import UsageError
from batchtui.registry.digests import GroupSums
from batchtui.registry.requests.pilot import PilotSplit
from batchtui.runtime.threads import run_in_thread
from batchtui.services.estimates.estimate import estimate_requests
from batchtui.services.estimates.request_groups import LONG, STEP
from batchtui.services.submission.staging.known import scale_groups

if TYPE_CHECKING:
    from batchtui.domain.batches.job import PartPlan
    from batchtui.domain.costs.estimate import Estimate
    from batchtui.services.estimates.token_counting import TokenCounts
    from batchtui.services.submission.staging.check_pass import IntakeOptions, Staged
    from batchtui.services.workspace import Workspace


async def plan_pilot(
    workspace: Workspace,
    staged: Staged,
    size: int,
    options: IntakeOptions,
    *,
    name: str,
    tally: TokenCounts | None = None,
) -> tuple[tuple[PartPlan, ...], Estimate]:
    """Draw the sample and move it into a part of its own.

    Args:
        workspace: whose history and prices the estimate goes by.
        staged: the requests, as the check has laid them aside; there are more than `size`.
        size: how many go first.
        options: how the requests are cut into parts.
        name: of the job.
        tally: what the API has counted of them.

    Returns:
        All parts, the pilot first, and what they will cost.

    Raises:
        UsageError: so many do not fit into one batch.
        StorageError: the disk refuses.
    """
    split = PilotSplit(staged.requests)
    dice = Random(workspace.random(8))  # noqa: S311 (nobody gains by guessing it)
    length = await run_in_thread(lambda: split.choose(size, dice))
    if size > options.max_requests or length > options.max_bytes:
        raise UsageError(f"A pilot of {size:,} requests does not fit into one batch.", hint="Choose a smaller one.")
    parts = await run_in_thread(split.run)
    groups = [GroupSums(*row) for row in await run_in_thread(lambda: split.groups(LONG, STEP))]
    loads = scale_groups(staged.loads, groups)
    return tuple(parts), await estimate_requests(workspace, loads, staged.report.shapes, name=name, tally=tally)
