"""One round of looking after the registry: what every front end does again and again, on its own interval."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from batchtui.domain.states import BatchState
from batchtui.services.models import refresh_daily
from batchtui.services.polling import refresh
from batchtui.services.submission import reconcile, resume

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batch import Batch
    from batchtui.services.polling.refresh import Sweep
    from batchtui.services.workspace import Workspace

POLLING = "polling"
"""The lease that elects the one process that asks the API."""

YOUNG, SETTLED_IN = timedelta(minutes=2), timedelta(minutes=15)
"""Up to these ages of the youngest running batch the intervals `quick` and `middle` of the settings hold."""


async def run_maintenance(workspace: Workspace) -> Sweep:
    """Take over what a dead process left, ask the API how things stand, look for lost answers, send on what waited.

    Once a day it has today's list of models fetched, too: checks go by it.

    Raises:
        CredentialsMissing, GatewayError: where the API cannot be asked.
    """
    await reconcile.recover(workspace)
    sweep = await refresh.sweep(workspace)
    unknown = await workspace.registry.views.in_states(BatchState.UNKNOWN)
    await reconcile.look_up(workspace, unknown)
    await resume.send_waiting(workspace)
    await refresh_daily(workspace)
    return sweep


async def has_pending(workspace: Workspace) -> bool:
    """Whether anything will still happen by itself; what waits for a person will not."""
    tally = await workspace.registry.views.tally()
    if tally.running or tally.states.get(BatchState.SUBMITTING):
        return True
    if not workspace.is_read_only and await _waits_its_turn(workspace):
        return True
    still_looking = workspace.clock.now() - timedelta(seconds=workspace.settings.submit.grace)
    unknown = await workspace.registry.views.in_states(BatchState.UNKNOWN)
    return any(batch.lost_at is not None and batch.lost_at > still_looking for batch in unknown)


async def _waits_its_turn(workspace: Workspace) -> bool:
    return any(batch.not_before for batch in await workspace.registry.views.in_states(BatchState.PLANNED))


async def has_work(workspace: Workspace) -> bool:
    """Whether anything in the registry is worth a call to the API."""
    tally = await workspace.registry.views.tally()
    # One that is being sent may have lost its sender.
    open_ones = tally.running or tally.states.get(BatchState.UNKNOWN) or tally.states.get(BatchState.SUBMITTING)
    return bool(open_ones) or await _waits_its_turn(workspace)


async def poll_interval(workspace: Workspace) -> float:
    """Seconds until the next sweep is worth its call: short while something is young, long later."""
    open_batches = await workspace.registry.views.in_states(
        BatchState.IN_PROGRESS, BatchState.CANCELING, BatchState.UNKNOWN, BatchState.SUBMITTING
    )
    if not open_batches:
        return workspace.settings.refresh.slow
    return interval_for(workspace, open_batches)


def interval_for(workspace: Workspace, batches: Sequence[Batch]) -> float:
    """The interval that these batches deserve: that of the youngest of them."""
    pace = workspace.settings.refresh
    if any(batch.state is BatchState.CANCELING for batch in batches):
        return pace.quick
    youngest = max(batch.submitted_at or batch.created_at or batch.planned_at for batch in batches)
    age = workspace.clock.now() - youngest
    return pace.quick if age < YOUNG else pace.middle if age < SETTLED_IN else pace.slow
