"""Commit staged requests as the next attempt of their job and send them: `send_attempt`.

A retry and the next turn of conversations go out this way, so that two of them at once make one attempt.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from batchtui.domain.errors import UsageError
from batchtui.registry.jobs.jobs import AttemptTaken
from batchtui.services.spending.budget import enforce_limits
from batchtui.services.submission.dispatch import send_parts
from batchtui.services.submission.submit import Submitted, account_to_plan_for, name_account
from batchtui.services.workspace import refuse_other_account

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from batchtui.domain.batches.job import Job, PartPlan
    from batchtui.domain.costs.estimate import Estimate
    from batchtui.registry.requests.writer import StagedRequests
    from batchtui.services.submission.dispatch import SendEvent
    from batchtui.services.workspace import Workspace


class AttemptPlan(Protocol):
    """Staged requests that are to be the next attempt of a job."""

    @property
    def job(self) -> Job:
        """Whose attempt it will be."""

    @property
    def attempt(self) -> int:
        """Its number."""

    @property
    def parts(self) -> tuple[PartPlan, ...]:
        """Its batches."""

    @property
    def staged(self) -> StagedRequests:
        """Where the requests are laid aside."""

    @property
    def models(self) -> tuple[str, ...]:
        """What is asked for."""

    @property
    def estimate(self) -> Estimate:
        """What it will cost."""


async def send_attempt(
    workspace: Workspace,
    plan: AttemptPlan,
    on_event: Callable[[SendEvent], None] | None = None,
    *,
    max_cost: Decimal | None = None,
) -> Submitted:
    """Commit the plan as the next attempt of its job, then send its parts in order, each once.

    What a lost answer, a long rate limit or a full queue leaves open comes back as it stands, as from a submission.

    Raises:
        UsageError: another process has planned this attempt meanwhile; nothing was sent.
        CostLimit: it may cost more than `max_cost` or a limit of the settings allows; nothing was sent.
        CredentialsMissing, Refused, SpendLimitReached, Unreachable: nothing of the part was created; it stays planned.
    """
    workspace.refuse_if_read_only()
    # Twice: here, to refuse before the account is asked for; and in the transaction, for what others spend meanwhile.
    await enforce_limits(workspace, plan.estimate, max_cost)
    account = await account_to_plan_for(workspace)
    registry, job = workspace.registry, plan.job
    for batch in await registry.queries.of_job(job.id):
        if account is not None:
            refuse_other_account(batch, account)
    try:
        keys = await registry.jobs.plan_attempt(
            job.id,
            plan.attempt,
            plan.parts,
            keep=lambda: registry.requests.commit(plan.staged, job.id),
            models=plan.models,
            estimates=plan.estimate.parts,
            expectations=plan.estimate.expectations,
            account=account,
            check=partial(enforce_limits, workspace, plan.estimate, max_cost),
        )
    except AttemptTaken:
        raise UsageError(
            f"{job.name} was retried or continued by another process in the meantime. Nothing was sent.",
            hint=f"`batchtui status {job.id}` shows its attempts.",
        ) from None
    if account is None:
        await name_account(workspace, keys)
    await send_parts(workspace, keys, on_event)
    return Submitted(job, tuple(await registry.queries.page(keys)))
