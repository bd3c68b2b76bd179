"""Check files and lay their requests aside, in a worker process where the input is large: `stage`."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

from batchtui.domain.limits import API_VERSION
from batchtui.runtime.threads import run_cancellable
from batchtui.runtime.worker_process import WorkerLost
from batchtui.services.submission.staging.check_pass import IntakeOptions, ReadProgress, Staged, StagingJob, run_staging
from batchtui.services.submission.staging.worker import StagingWorker, start_if_worth_it

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.domain.costs.estimate import Estimate
    from batchtui.intake import CheckOptions
    from batchtui.services.estimates.token_counting import TokenCounts
    from batchtui.services.workspace import Workspace

__all__ = ["IntakeOptions", "ReadProgress", "Staged", "build_check_options", "estimate_staged", "stage"]

log = logging.getLogger(__name__)


async def stage(
    workspace: Workspace,
    sources: Sequence[str],
    options: IntakeOptions,
    on_progress: Callable[[ReadProgress], None] | None = None,
    *,
    child: StagingWorker | None = None,
) -> Staged:
    """Read, check and lay aside. The caller commits or discards what comes back, also where it has errors.

    `child` is a process that the caller has started for these sources; without it this starts one where that pays.

    Raises:
        InputError: where a source cannot be read at all.
        StorageError: where the disk refuses; nothing is left behind.
    """
    async with nullcontext(child) if child else start_if_worth_it(sources) as helper:
        job = StagingJob(
            workspace.registry.requests.new_folder(),
            tuple(sources),
            options,
            await build_check_options(workspace, options),
        )
        return await _stage_beside(workspace, job, helper, on_progress)


async def _stage_beside(
    workspace: Workspace,
    job: StagingJob,
    child: StagingWorker | None,
    on_progress: Callable[[ReadProgress], None] | None,
) -> Staged:
    """Run the pass in a thread. When this is canceled, the pass ends early and leaves nothing behind."""
    return await run_cancellable(
        partial(_stage, job, child),
        on_progress,
        give_up=child.stop if child else None,
        let_go=lambda staged: workspace.registry.requests.discard(staged.requests),
    )


def _stage(job: StagingJob, child: StagingWorker | None, tell: Callable[[ReadProgress], None]) -> Staged:
    """Run the pass in its process, or here where there is none or it was lost."""
    if child:
        try:
            return child.run(job, tell)
        except WorkerLost:
            # Killed from outside, as by the kernel where memory is short: the pass has changed nothing that another
            # could not repeat.
            log.warning("the process that checked the input was lost; the checks begin anew without one")
            tell(ReadProgress(0, None))
    return run_staging(job, tell)


async def estimate_staged(
    workspace: Workspace, staged: Staged, *, name: str | None = None, tally: TokenCounts | None = None
) -> Estimate:
    """Say what checked requests will cost if they are sent now, as a job of this name; `tally` is what was counted."""
    from batchtui.services.estimates.estimate import estimate_requests

    return await estimate_requests(workspace, staged.loads, staged.report.shapes, name=name, tally=tally)


async def build_check_options(workspace: Workspace, options: IntakeOptions) -> CheckOptions:
    """Say what requests are to be checked with, from the options, the settings and the day."""
    from batchtui.intake import CheckOptions
    from batchtui.services.models import listed_models

    settings = workspace.settings
    return CheckOptions(
        api_version=options.api_version or API_VERSION,
        betas=options.betas,
        allowed_models=options.allowed_models,
        models=await listed_models(workspace),
        today=workspace.clock.now().date(),
        model=options.model,
        max_tokens=options.max_tokens,
        max_bytes=options.max_bytes,
        tiers=settings.tiers(),
        templates=workspace.paths.templates,
    )
