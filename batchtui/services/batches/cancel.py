"""Plan and carry out cancellations, each checked by reading the batch back: `plan_cancel`, `apply_cancel`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.errors import BatchtuiError
from batchtui.domain.states import BatchState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batch import Batch
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Skipped:
    """A batch that an action leaves as it is, and why."""

    batch: Batch
    reason: str


@dataclass(frozen=True, slots=True)
class CancelPlan:
    """Which batches will be cancelled."""

    cancel: tuple[Batch, ...]
    """Running at the API: requests that are not answered yet will be neither answered nor billed."""
    drop: tuple[Batch, ...]
    """Not sent yet: they will not be sent."""
    skipped: tuple[Skipped, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.cancel and not self.drop


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What became of one batch of a plan."""

    batch: Batch
    """As it stands afterwards."""
    error: BatchtuiError | None = None


async def plan_cancel(workspace: Workspace, keys: Sequence[int]) -> CancelPlan:
    """Return what cancelling these batches would do; nothing is asked of the API."""
    cancel: list[Batch] = []
    drop: list[Batch] = []
    skipped: list[Skipped] = []
    for batch in await workspace.registry.views.page(keys):
        if batch.state is BatchState.IN_PROGRESS:
            cancel.append(batch)
        elif batch.state is BatchState.PLANNED:
            drop.append(batch)
        else:
            skipped.append(Skipped(batch, _WHY_NOT[batch.state]))
    return CancelPlan(tuple(cancel), tuple(drop), tuple(skipped))


async def apply_cancel(workspace: Workspace, plan: CancelPlan) -> list[ActionResult]:
    """Cancel the batches of a plan. Returns one result for each; a failure does not stop the others."""
    workspace.refuse_if_read_only()
    outcomes: list[ActionResult] = []
    # First what is not sent yet: it must not go out while the others are being cancelled.
    for batch in plan.drop:
        await workspace.registry.batches.deleted(batch.key, locally=True)
        outcomes.append(ActionResult(await workspace.registry.batches.get(batch.key)))
    for batch in plan.cancel:
        error: BatchtuiError | None = None
        try:
            await _cancel(workspace, batch)
        except BatchtuiError as caught:
            error = caught
        outcomes.append(ActionResult(await workspace.registry.batches.get(batch.key), error))
    return outcomes


async def _cancel(workspace: Workspace, batch: Batch) -> None:
    """Cancel a batch, then read it back: the answer to cancel may be older than its effect."""
    assert batch.id is not None
    gateway = await workspace.gateway()
    await workspace.registry.batches.heard([await gateway.cancel(batch.id)])
    remote = await gateway.retrieve(batch.id)
    await workspace.registry.batches.heard([remote])
    if remote.state is BatchState.IN_PROGRESS:
        raise BatchtuiError(
            f"{batch.id} is still in progress after it was cancelled.",
            title="Not cancelled",
            hint="Try again, or look at `batchtui log`.",
        )


_WHY_NOT = {
    BatchState.SUBMITTING: "it is being sent; wait until the API has answered",
    BatchState.UNKNOWN: "nobody knows yet whether it exists; `batchtui resume` finds out",
    BatchState.CANCELING: "it is being cancelled already",
    BatchState.ENDED: "it has ended",
    BatchState.MISSING: "the API does not show it",
    BatchState.DELETED: "it is deleted",
}
