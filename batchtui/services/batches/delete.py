"""Plan and carry out deletions: at the API where a batch has ended, otherwise only the row here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import AnswerLost, BatchNotFound, BatchtuiError, Refused, Unreachable, UsageError
from batchtui.runtime.threads import run_in_thread
from batchtui.services.batches.cancel import ActionResult, Skipped, refuse_changed, why_not_to_change

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.errors import GatewayError
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class DeletePlan:
    """Which batches will be deleted, and which results are lost with them."""

    delete: tuple[Batch, ...]
    """At the API, forever. What was saved here stays here."""
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

    Without `force`, batches whose results are not saved are skipped, with the reason; `typed` is as in
    `plan_cancel`.
    """
    delete: list[Batch] = []
    drop: list[Batch] = []
    losing: list[Batch] = []
    skipped: list[Skipped] = []
    for batch in await workspace.registry.queries.page(keys):
        loses = await _loses_results(workspace, batch)
        is_only_here = locally or batch.is_reused or batch.state in (BatchState.PLANNED, BatchState.MISSING)
        why_not = _why_not(batch, locally=locally, force=force, loses=loses)
        # An imported batch may be forgotten here: that changes nothing for whoever made it.
        if not why_not and (batch.is_unproved or not is_only_here):
            why_not = why_not_to_change(batch, typed)
        if why_not:
            skipped.append(Skipped(batch, why_not))
        # What is not at the API, or not shown by it, can only be taken out of the lists here.
        elif is_only_here:
            drop.append(batch)
        else:
            delete.append(batch)
            if loses:
                losing.append(batch)
    return DeletePlan(tuple(delete), tuple(drop), tuple(losing), tuple(skipped))


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
        raise UsageError(f"{batch.name} part {batch.part} is {now.state} by now; it was not deleted.")


async def _delete(workspace: Workspace, batch: Batch) -> None:
    """Delete at the API, then read back: only a 404 proves it, whatever the answer to the DELETE was.

    A batch that was deleted elsewhere answers the DELETE with 404, and other servers answer a done one without JSON.
    """
    assert batch.id is not None
    gateway = await workspace.gateway()
    failure: GatewayError | None = None
    try:
        await gateway.delete(batch.id)
    except BatchNotFound:
        pass
    except (Refused, AnswerLost) as error:
        # Nothing was asked, so reading back would only fail in the same way.
        if isinstance(error, Unreachable):
            raise
        failure = error
    try:
        await gateway.retrieve(batch.id)
    except BatchNotFound:
        await workspace.registry.batches.deleted(batch.key, locally=False)
        return
    raise BatchtuiError(
        f"{batch.id} is still there after it was deleted." + (f" {failure.message}" if failure else ""),
        title="Not deleted",
        hint=f"Run the command again, or forget it locally: `batchtui delete {batch.id} --local`.",
    )


async def _loses_results(workspace: Workspace, batch: Batch) -> bool:
    """Whether the API has the only whole results: the file decides, not what the registry says of it."""
    if batch.is_reused:
        return False
    if batch.results is ResultsState.SAVED:
        return bool(await run_in_thread(workspace.registry.results.damage, batch))
    return batch.results is not ResultsState.GONE and (batch.counts.total > 0 or batch.requests > 0)


def _why_not(batch: Batch, *, locally: bool, force: bool, loses: bool) -> str:
    if batch.state is BatchState.DELETED:
        return "it is already deleted"
    if batch.state is BatchState.SUBMITTING:
        return "it is being sent; wait until the API has responded"
    if batch.state is BatchState.UNKNOWN and not (locally and force):
        return "it is unknown whether it was created; run `batchtui resume` first"
    if batch.state.is_running:
        return (
            ""
            if locally and force
            else "it is being canceled. Wait until it has ended, or forget it locally with --local --force"
            if batch.state is BatchState.CANCELING
            else "it is in progress. Cancel it first, or forget it locally with --local --force"
        )
    if batch.state is BatchState.ENDED and not force and loses:
        return "its results are not saved; save them with `batchtui results`, or pass --force"
    return ""
