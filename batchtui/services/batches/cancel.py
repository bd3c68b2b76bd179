"""Cancelling: a plan that says what will be cancelled, and its carrying out, checked by reading back."""

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
    """A batch that is left alone, and why."""

    batch: Batch
    reason: str


@dataclass(frozen=True, slots=True)
class CancelPlan:
    """Exactly which batches will be cancelled."""

    cancel: tuple[Batch, ...]
    """Running at the API: requests without an answer yet will not be answered nor billed."""
    drop: tuple[Batch, ...]
    """Not sent yet: they simply will not be."""
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
    """Say what cancelling these batches would do. Nothing is asked of the API."""
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
    """Cancel what the plan says; what fails does not hold up the rest."""
    workspace.refuse_if_read_only()
    outcomes: list[ActionResult] = []
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
    """Ask for the cancellation, then read back: what counts is what the API shows afterwards."""
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
