"""Plan and carry out deletions: at the API where a batch has ended, otherwise only the row here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.errors import BatchNotFound, BatchtuiError, UsageError
from batchtui.domain.states import BatchState, ResultsState
from batchtui.services.batches.cancel import ActionResult, Skipped, refuse_changed, unproved_reason

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from batchtui.domain.batch import Batch
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class DeletePlan:
    """Which batches will be deleted, and which results are lost with them."""

    delete: tuple[Batch, ...]
    """At the API, for ever. What was saved here stays here."""
    drop: tuple[Batch, ...]
    """Only here: out of the lists; the record and the files stay."""
    losing: tuple[Batch, ...]
    """Those of `delete` whose results are not saved: they will be lost."""
    skipped: tuple[Skipped, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.delete and not self.drop


async def plan_delete(
    workspace: Workspace,
    keys: Sequence[int],
    *,
    locally: bool = False,
    force: bool = False,
    typed: Collection[str] = (),
) -> DeletePlan:
    """Return what deleting these batches would do; nothing is asked of the API.

    Without `force`, batches whose results are not saved are left alone, with the reason; `typed` is as in
    `plan_cancel`.
    """
    delete: list[Batch] = []
    drop: list[Batch] = []
    skipped: list[Skipped] = []
    for batch in await workspace.registry.views.page(keys):
        why_not = _why_not(batch, locally=locally, force=force) or unproved_reason(batch, typed)
        if why_not:
            skipped.append(Skipped(batch, why_not))
        elif locally or batch.state in (BatchState.PLANNED, BatchState.MISSING):
            drop.append(batch)
        else:
            delete.append(batch)
    losing = tuple(batch for batch in delete if _loses_results(batch))
    return DeletePlan(tuple(delete), tuple(drop), losing, tuple(skipped))


async def apply_delete(workspace: Workspace, plan: DeletePlan) -> list[ActionResult]:
    """Delete the batches of a plan. Returns one result for each; a failure does not stop the others."""
    workspace.refuse_if_read_only()
    batches = workspace.registry.batches
    outcomes: list[ActionResult] = []
    for batch in plan.drop:
        error: BatchtuiError | None = None
        try:
            await _drop(workspace, batch)
        except BatchtuiError as caught:
            error = caught
        outcomes.append(ActionResult(await batches.get(batch.key), error))
    for batch in plan.delete:
        error = None
        try:
            await refuse_changed(workspace, batch)
            await _delete(workspace, batch)
        except BatchtuiError as caught:
            error = caught
        outcomes.append(ActionResult(await batches.get(batch.key), error))
    return outcomes


async def _drop(workspace: Workspace, batch: Batch) -> None:
    """Take a batch out of the lists here, where it stands as it stood when the plan was made."""
    if not await workspace.registry.batches.drop(batch.key, batch.state, batch.id):
        now = await workspace.registry.batches.get(batch.key)
        raise UsageError(f"{batch.name} part {batch.part} is {now.state} meanwhile; it was left alone.")


async def _delete(workspace: Workspace, batch: Batch) -> None:
    """Delete a batch at the API, then ask for it: only a 404 proves that it is gone."""
    assert batch.id is not None
    gateway = await workspace.gateway()
    await gateway.delete(batch.id)
    try:
        await gateway.retrieve(batch.id)
    except BatchNotFound:
        await workspace.registry.batches.deleted(batch.key, locally=False)
        return
    raise BatchtuiError(
        f"{batch.id} is still there after it was deleted.",
        title="Not deleted",
        hint="Try again, or look at `batchtui log`.",
    )


def _loses_results(batch: Batch) -> bool:
    return batch.results not in (ResultsState.SAVED, ResultsState.GONE) and batch.counts.total > 0


def _why_not(batch: Batch, *, locally: bool, force: bool) -> str:
    if batch.state is BatchState.DELETED:
        return "it is deleted already"
    if batch.state in (BatchState.SUBMITTING, BatchState.UNKNOWN) and not (locally and force):
        return "nobody knows yet whether it exists; `batchtui resume` finds out"
    if batch.state.is_running:
        return "it is still running; cancel it first"
    if batch.state is BatchState.ENDED and not locally and not force and _loses_results(batch):
        return "its results are not saved yet; save them with `batchtui results`, or say --force"
    return ""
