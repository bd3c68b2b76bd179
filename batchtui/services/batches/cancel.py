"""Plan and carry out cancellations, each checked by reading the batch back: `plan_cancel`, `apply_cancel`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import BatchtuiError, UsageError
from batchtui.domain.submission.send_evidence import VerdictKind
from batchtui.services.submission.verdict import may_change
from batchtui.services.workspace import refuse_other_account

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Skipped:
    """A batch that an action leaves as it is, and why."""

    batch: Batch
    reason: str


@dataclass(frozen=True, slots=True)
class CancelPlan:
    """Which batches will be canceled."""

    cancel: tuple[Batch, ...]
    """Running at the API: requests that are not answered yet will be neither answered nor billed."""
    drop: tuple[Batch, ...]
    """Not sent yet, or waiting for answers of another batch: they will not be sent, or not wait any more."""
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


async def plan_cancel(workspace: Workspace, keys: Sequence[int], *, typed: Collection[str] = ()) -> CancelPlan:
    """Say what canceling these batches would do. Nothing is asked of the API.

    Args:
        workspace: whose registry.
        keys: the batches.
        typed: what a person typed to name them. A batch that was made elsewhere, or is not proved to be a job's
            own, may be somebody else's, so only its id, typed, is taken for it.
    """
    cancel: list[Batch] = []
    drop: list[Batch] = []
    skipped: list[Skipped] = []
    for batch in await workspace.registry.queries.page(keys):
        if batch.is_reused and batch.state is BatchState.IN_PROGRESS:
            drop.append(batch)
        elif batch.state is BatchState.IN_PROGRESS:
            if why_not := why_not_to_change(batch, typed):
                skipped.append(Skipped(batch, why_not))
            else:
                cancel.append(batch)
        elif batch.state is BatchState.PLANNED:
            drop.append(batch)
        else:
            skipped.append(Skipped(batch, _WHY_NOT[batch.state]))
    return CancelPlan(tuple(cancel), tuple(drop), tuple(skipped))


async def apply_cancel(workspace: Workspace, plan: CancelPlan) -> list[ActionResult]:
    """Cancel what the plan says; what fails, or was sent meanwhile, does not hold up the rest."""
    workspace.refuse_if_read_only()
    outcomes: list[ActionResult] = []
    # First what is not sent yet: it must not go out while the others are being canceled.
    for batch in plan.drop:
        error: BatchtuiError | None = None
        if not await workspace.registry.batches.drop(batch.key, batch.state, batch.id):
            error = _sent_meanwhile(await workspace.registry.batches.get(batch.key))
        outcomes.append(ActionResult(await workspace.registry.batches.get(batch.key), error))
    for batch in plan.cancel:
        error = None
        try:
            await refuse_changed(workspace, batch)
            # Minutes may have gone by since the plan was shown: `refuse_changed` asks again whose batch this is.
            await _cancel(workspace, batch)
        except BatchtuiError as caught:
            error = caught
        outcomes.append(ActionResult(await workspace.registry.batches.get(batch.key), error))
    return outcomes


def why_not_to_change(batch: Batch, typed: Collection[str]) -> str:
    """Return why a batch is not touched that may be somebody else's, as the verdict has it; empty where it may be.

    `typed` is as in `plan_cancel`. The account is judged in `refuse_changed`, once the API has named the one in use.
    """
    if batch.bound is None:
        return ""
    match may_change(batch.bound, None, typed).kind:
        case VerdictKind.LIKELY:
            return f"it is not proved that {batch.id} is this part's batch; pass that id to act on it anyway"
        case VerdictKind.ASK:
            return f"{batch.id} was created elsewhere, perhaps by somebody else; pass that id to act on it anyway"
    return ""


async def refuse_changed(workspace: Workspace, batch: Batch) -> None:
    """Stop where a row has another batch than when the plan was made, or belongs to another account.

    The account that the API names now is what counts: the plan knew at most the one of an earlier response.

    Raises:
        OtherAccount: with both accounts.
        UsageError: its batch proved to be somebody else's meanwhile.
        GatewayError, CredentialsMissing: it cannot be found out.
    """
    front = await workspace.front_account()
    if batch.bound and may_change(batch.bound, front, (batch.bound.id,)).kind is VerdictKind.OTHER_ACCOUNT:
        refuse_other_account(batch, front)
    now = await workspace.registry.batches.get(batch.key)
    if now.id != batch.id:
        raise UsageError(
            f"{batch.id} turned out not to be {batch.name} part {batch.part}.", hint="Check its status again."
        )


def _sent_meanwhile(batch: Batch) -> UsageError:
    return UsageError(
        f"{batch.name} part {batch.part} was sent meanwhile, so it was not dropped: it is {batch.state}.",
        hint="Run the same command again to cancel it at the API.",
    )


async def _cancel(workspace: Workspace, batch: Batch) -> None:
    """Cancel a batch, then read it back: the answer to cancel may be older than its effect."""
    assert batch.id is not None
    gateway = await workspace.gateway()
    await workspace.registry.batches.heard([await gateway.cancel(batch.id)])
    # A proxy may answer the POST itself; what counts is how the batch stands afterwards.
    remote = await gateway.retrieve(batch.id)
    await workspace.registry.batches.heard([remote])
    if remote.state is BatchState.IN_PROGRESS:
        raise BatchtuiError(
            f"{batch.id} is still in progress after it was canceled.",
            title="Not canceled",
            hint="Run the command again; `batchtui log` shows the API's responses.",
        )


_WHY_NOT = {
    BatchState.SUBMITTING: "it is being sent; wait for the API's response",
    BatchState.UNKNOWN: "it is unknown whether it was created; run `batchtui resume` first",
    BatchState.CANCELING: "it is being canceled already",
    BatchState.ENDED: "it has already ended; nothing to cancel",
    BatchState.MISSING: "it is not found at the API",
    BatchState.DELETED: "it is already deleted",
}
