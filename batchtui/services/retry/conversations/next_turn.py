"""Send the next turn of a job's conversations, its tools run before: `send_next_turn`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from batchtui.domain.errors import NothingToContinue, UsageError
from batchtui.services.retry.conversations.continue_job import apply_continue, discard, plan_continue
from batchtui.services.retry.conversations.tool_runs import run_tools
from batchtui.services.spending.budget import enforce_limits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from batchtui.services.batches.targets import Target
    from batchtui.services.retry.conversations.continue_job import ContinueOptions, ContinuePlan
    from batchtui.services.retry.conversations.tool_runs import ToolProgress
    from batchtui.services.submission.dispatch import SendEvent
    from batchtui.services.submission.submit import Submitted
    from batchtui.services.workspace import Workspace


async def plan_turn(
    workspace: Workspace,
    target: Target,
    options: ContinueOptions,
    *,
    may_run: Callable[[ContinuePlan], Awaitable[bool]],
    may_rerun: Callable[[int], Awaitable[bool]] | None = None,
    on_tools: Callable[[ToolProgress], None] | None = None,
) -> ContinuePlan | None:
    """Run the tools that the conversations wait for, and return the turn that can be sent then. The caller discards it.

    Args:
        workspace: where the job is.
        target: the job, or one batch of it.
        options: what a person chose.
        may_run: whether the tools of this plan may be run now; asked only where there are any. None is returned else.
        may_rerun: whether calls that were started and never finished may be run again, in so many conversations; asked
            only where there are any.
        on_tools: is called after each call.

    Raises:
        CostLimit: the turn may cost more than a limit allows; no tool was run for it where that was clear before.
        NothingToContinue, ResultsUnavailable, UsageError, StorageError: as `plan_continue` and `run_tools`.
    """
    plan, options = await _plan_with_reruns(workspace, target, options, may_rerun)
    try:
        await refuse_over_limits(workspace, plan)
        if not plan.pending:
            return plan
        if not await may_run(plan):
            discard(workspace, plan)
            return None
        await run_tools(
            workspace, plan.job.id, plan.pending, options.tools, rerun=options.rerun_tools, on_progress=on_tools
        )
    except BaseException:
        discard(workspace, plan)
        raise
    discard(workspace, plan)
    # Planned anew, from what the registry holds now: the results stand there, those of another process among them.
    plan = await plan_continue(workspace, target, options)
    try:
        _refuse_pending(plan)
        await refuse_over_limits(workspace, plan)
    except BaseException:
        discard(workspace, plan)
        raise
    return plan


async def _plan_with_reruns(
    workspace: Workspace,
    target: Target,
    options: ContinueOptions,
    may_rerun: Callable[[int], Awaitable[bool]] | None,
) -> tuple[ContinuePlan, ContinueOptions]:
    """Return the plan and its options; with interrupted calls run again where a person says so."""
    try:
        plan = await plan_continue(workspace, target, options)
    except NothingToContinue as nothing:
        if may_rerun is None or not nothing.interrupted or not await may_rerun(nothing.interrupted):
            raise
    else:
        try:
            if may_rerun is None or not plan.interrupted or not await may_rerun(plan.interrupted):
                return plan, options
        except BaseException:
            discard(workspace, plan)
            raise
        discard(workspace, plan)
    options = replace(options, rerun_tools=True)
    return await plan_continue(workspace, target, options), options


def _refuse_pending(plan: ContinuePlan) -> None:
    """Refuse a turn whose tools are not all run. Raises `UsageError`."""
    if plan.pending:
        raise UsageError(
            "More tools have been called since this turn was planned. Nothing was sent.",
            hint=f"`batchtui continue {plan.job.id}` runs them; what was run already is kept.",
        )


async def refuse_over_limits(workspace: Workspace, plan: ContinuePlan) -> None:
    """Refuse a turn that may cost more than the job's limit or one of the settings allows. Raises `CostLimit`."""
    plan.limits.enforce_cost(plan.estimate, plan.spent)
    await enforce_limits(workspace, plan.estimate, plan.limits.remaining(plan.spent))


async def send_next_turn(
    workspace: Workspace,
    target: Target,
    options: ContinueOptions,
    *,
    on_tools: Callable[[ToolProgress], None] | None = None,
    on_event: Callable[[SendEvent], None] | None = None,
) -> Submitted:
    """Run the tools, and send the next turn of a job's conversations, without a question.

    Raises:
        CostLimit, NothingToContinue, ResultsUnavailable, UsageError, StorageError: as `plan_turn`.
        CredentialsMissing, GatewayError: nothing of the part was created; it stays planned.
    """

    async def yes(_plan: ContinuePlan) -> bool:
        return True

    plan = await plan_turn(workspace, target, options, may_run=yes, on_tools=on_tools)
    assert plan is not None
    try:
        return await apply_continue(workspace, plan, on_event)
    finally:
        discard(workspace, plan)
