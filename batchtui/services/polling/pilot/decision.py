"""Send the rest of a job after its pilot: because a person says so, or because it costs less than was said.

Everything that sends waiting parts by itself asks `go_on` first. The parts that are held are sent by nobody: the
registry refuses to have them claimed.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import TYPE_CHECKING

from batchtui.domain.batches.job import AWAITS_DECISION
from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import BatchtuiError, ResultsUnavailable, UsageError
from batchtui.services.polling.pilot.report import pilot_of, report_pilot
from batchtui.services.results.collect import collect
from batchtui.services.submission.submit import bound_key
from batchtui.services.workspace import is_elsewhere

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.costs.pilot_report import PilotReport
    from batchtui.services.workspace import Workspace

log = logging.getLogger(__name__)

LEAST_ANSWERED = 0.5
"""The share of a pilot that has to have answers; with fewer, its costs say little, and something is wrong."""


async def go_on(workspace: Workspace) -> list[str]:
    """Release the jobs whose pilots have ended and cost little enough. Returns them.

    What stops one job is logged and said of its parts, and holds up no other.
    """
    if workspace.is_read_only:
        return []
    released: list[str] = []
    for job in await workspace.registry.queries.held_jobs():
        bound = await workspace.registry.values.get(bound_key(job))
        if bound is None:
            continue
        try:
            if await _goes_on(workspace, job, Decimal(bound[0])):
                released.append(job)
        except BatchtuiError as error:
            log.warning("the pilot of %s could not be judged: %s", job, error.message)
    return released


async def report_ended(workspace: Workspace, job: str) -> PilotReport | None:
    """Report on the pilot of a job, whose results are fetched where they are not saved yet.

    Returns:
        None while it runs, and where its results are gone for good.

    Raises:
        GatewayError, ResultsDamaged, StorageError: its results cannot be fetched this time.
    """
    pilot = pilot_of(await workspace.registry.queries.of_job(job))
    if pilot is None or not _has_ended(pilot):
        return None
    if pilot.results is not ResultsState.SAVED:
        try:
            await collect(workspace, pilot)
        except ResultsUnavailable:
            return None
    return await report_pilot(workspace, job)


async def held_of(workspace: Workspace, jobs: Sequence[str] = ()) -> list[str]:
    """Return those of these jobs, or of all, whose parts wait for a decision."""
    held = await workspace.registry.queries.held_jobs()
    return [job for job in held if not jobs or job in jobs]


async def release(workspace: Workspace, job: str) -> int:
    """Let the rest of a job go out, because a person says so. Returns how many parts that are.

    Raises:
        UsageError: its pilot has not ended, so there is nothing to decide by yet.
    """
    workspace.refuse_if_read_only()
    pilot = pilot_of(await workspace.registry.queries.of_job(job))
    if pilot is not None and (pilot.state.is_open or pilot.state.is_running):
        raise UsageError(
            f"The pilot of {pilot.name} has not ended yet, so its cost is not known.",
            hint=f"`batchtui wait {job}` waits for it; `batchtui cancel {job}` cancels all of it.",
        )
    return await workspace.registry.sends.release(job)


async def _goes_on(workspace: Workspace, job: str, bound: Decimal) -> bool:
    pilot = pilot_of(await workspace.registry.queries.of_job(job))
    if pilot is None or is_elsewhere(pilot, workspace.account) or not await _is_open(workspace, job):
        return False
    report = await report_ended(workspace, job)
    if report is None:
        return False
    why_not = _why_not(report, bound)
    if not why_not:
        return bool(await workspace.registry.sends.release(job))
    for batch in report.rest:
        if batch.is_held and batch.state is BatchState.PLANNED:
            await workspace.registry.sends.explain(batch.key, why_not)
    return False


async def _is_open(workspace: Workspace, job: str) -> bool:
    """Return whether nobody has found yet that a job does not go on by itself: that is judged once."""
    batches = await workspace.registry.queries.of_job(job)
    return any(batch.is_held and batch.reason == AWAITS_DECISION for batch in batches)


def _why_not(report: PilotReport, bound: Decimal) -> str:
    """Say why a job does not go on by itself; empty where it does."""
    if report.answered < LEAST_ANSWERED * report.pilot.requests:
        return f"Only {report.answered:,} of {report.pilot.requests:,} requests of the pilot were answered."
    if report.most is None:
        return "The pilot does not tell what the rest will cost."
    if report.most > bound:
        return f"After the pilot the job may cost ${report.most:,.2f}, more than the ${bound:,} allowed."
    return ""


def _has_ended(pilot: Batch) -> bool:
    is_deleted = pilot.state is BatchState.DELETED and pilot.results is ResultsState.SAVED
    return pilot.state is BatchState.ENDED or is_deleted
