"""Run one round: recover sends of dead processes, refresh, reconcile, send waiting parts, update the model list."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.services.models import refresh_daily
from batchtui.services.polling import refresh
from batchtui.services.polling.pilot import decision
from batchtui.services.results.review.scores import read_all_judge_results
from batchtui.services.reuse.fill import fill_all
from batchtui.services.submission import reconcile, resume

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.polling.refresh import Sweep
    from batchtui.services.workspace import Workspace

log = logging.getLogger(__name__)
POLLING = "polling"
"""Name of the lease that decides which of all open processes asks the API."""

LAST_LOOK = "last_look"
"""Name of the value that keeps when unknown parts were last looked for."""
LONG_LOST, LOOK_EVERY = timedelta(days=1), timedelta(hours=1)
"""Parts that have been unknown for so long wait for a person; looking for them pages far back, so it is done rarely."""

YOUNG, SETTLED_IN = timedelta(minutes=2), timedelta(minutes=15)
"""Up to these ages of the youngest open batch the settings `quick` and `middle` apply."""


async def run_maintenance(workspace: Workspace, *, sends: bool = True) -> Sweep:
    """Run one round: recover sends of dead processes, refresh running batches, reconcile lost answers, send on.

    Waiting parts are sent unless `sends` is false, answers that are reused are copied, and once a day the list of
    models is fetched, which checks rely on.

    Raises:
        CredentialsMissing, GatewayError: the API cannot be asked.
    """
    # In this order: what a dead sender left becomes unknown, and is then looked for; what is proved unsent may be sent.
    await reconcile.recover(workspace)
    sweep = await refresh.sweep(workspace)
    await reconcile.look_up(workspace, await _to_look_for(workspace))
    if sends:
        await decision.go_on(workspace)
        await resume.send_waiting(workspace)
    await fill_all(workspace)
    # Also of results that were saved by a process that was killed then, and of answers that were copied.
    await read_all_judge_results(workspace)
    await refresh_daily(workspace)
    await workspace.keep_house()
    return sweep


async def _to_look_for(workspace: Workspace) -> list[Batch]:
    """Return the unknown parts that are worth a look now: old ones, that wait for a person, only once an hour."""
    unknown = await workspace.registry.queries.in_states(BatchState.UNKNOWN)
    now = workspace.clock.now()
    if not unknown:
        return []
    if all(batch.lost_at is not None and now - batch.lost_at > LONG_LOST for batch in unknown):
        looked = await workspace.registry.values.get(LAST_LOOK)
        # A negative age means that the clock was set back: then it is looked, rather than never again.
        if looked is not None and timedelta() <= now - looked[1] < LOOK_EVERY:
            return []
    await workspace.registry.values.put(LAST_LOOK, len(unknown))
    return unknown


async def has_pending(workspace: Workspace, *, sends: bool = True) -> bool:
    """Return whether anything will still happen without a person: something runs, is sent, waits, or is looked for.

    What belongs to another account than that of the credentials in use goes on without this process, or not at all.
    """
    views = workspace.registry.queries
    if await views.in_states(BatchState.SUBMITTING) or await refresh.running_here(workspace):
        return True
    if sends and await resume.sends_by_itself(workspace):
        return True
    unknown = [batch for batch in await views.in_states(BatchState.UNKNOWN) if refresh.is_here(workspace, batch)]
    return await reconcile.may_settle(workspace, unknown)


async def _waits_its_turn(workspace: Workspace) -> bool:
    return any(batch.not_before for batch in await workspace.registry.queries.in_states(BatchState.PLANNED))


async def has_work(workspace: Workspace) -> bool:
    """Return whether anything in the registry is worth a call to the API."""
    tally = await workspace.registry.queries.tally()
    # One that is being sent may have lost its sender.
    open_ones = tally.running or tally.states.get(BatchState.UNKNOWN) or tally.states.get(BatchState.SUBMITTING)
    if open_ones or await _waits_its_turn(workspace):
        return True
    return bool(tally.states.get(BatchState.MISSING) and await refresh.due_missing(workspace))


async def poll_interval(workspace: Workspace) -> float:
    """Return the seconds until the next round: few while an open batch is young, more later."""
    open_batches = await workspace.registry.queries.in_states(
        BatchState.IN_PROGRESS, BatchState.CANCELING, BatchState.UNKNOWN, BatchState.SUBMITTING
    )
    if not open_batches:
        return workspace.settings.refresh.slow
    return interval_for(workspace, open_batches)


def interval_for(workspace: Workspace, batches: Sequence[Batch]) -> float:
    """Return the interval for these batches, which the youngest of them decides, in seconds."""
    pace = workspace.settings.refresh
    # A cancellation takes seconds to minutes, whatever the age of the batch, and a person is waiting for it.
    if any(batch.state is BatchState.CANCELING for batch in batches):
        return pace.quick
    youngest = max(batch.submitted_at or batch.created_at or batch.planned_at for batch in batches)
    age = workspace.clock.now() - youngest
    return pace.quick if age < YOUNG else pace.middle if age < SETTLED_IN else pace.slow
