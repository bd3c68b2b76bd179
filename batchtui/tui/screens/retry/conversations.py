"""`continue_conversations` sends the next turn of a job's conversations: tools, plan, question, apply, report."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from batchtui.services.batches.targets import job_ids, whole_job
from batchtui.services.retry.conversations.continue_job import ContinueOptions, apply_continue, discard
from batchtui.services.retry.conversations.next_turn import plan_turn
from batchtui.services.retry.conversations.tools import read_tools
from batchtui.text.numbers import amount
from batchtui.text.safe import one_line
from batchtui.text.sentences.estimates import about_words, estimate_lines
from batchtui.text.sentences.turns import calls_line, kind_lines, left_line, rerun_question, spent_line
from batchtui.tui.dialogs.confirm import Group, Question
from batchtui.tui.submit.flows import report_submitted, send_progress_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.services.batches.targets import Target
    from batchtui.services.retry.conversations.continue_job import ContinuePlan
    from batchtui.services.retry.conversations.tool_runs import ToolProgress
    from batchtui.tui.host import Host


async def continue_conversations(app: Host, keys: Sequence[int]) -> None:
    """Continue the conversations of the jobs of these batches, one job after the other, each with its own question."""
    app.workspace.refuse_if_read_only()
    for job in await job_ids(app.workspace, keys):
        await _continue_job(app, await whole_job(app.workspace, job))


async def _continue_job(app: Host, target: Target) -> None:
    tools = read_tools(app.workspace.paths.tools_file)
    options = ContinueOptions(tools=tools)

    async def may_run(plan: ContinuePlan) -> bool:
        called = Counter(pending.call.name for pending in plan.pending)
        commands = tuple(f"{name}: {one_line(' '.join(tools[name].argv))}" for name in sorted(called))
        title = f"{calls_line(called).capitalize()}?"
        groups = (Group(one_line(plan.job.name), tuple(kind_lines(plan.kinds))), Group("Commands", commands))
        return await app.ask(Question(title, groups, remark="Nothing is sent before you are asked.", yes="run"))

    async def may_rerun(conversations: int) -> bool:
        remark = "What they have done by then is unknown."
        return await app.ask(Question(rerun_question(conversations), (), remark=remark, yes="run again"))

    with app.busy() as say:

        def tell(progress: ToolProgress) -> None:
            say(f"tools  {progress.done} of {amount(progress.total, 'call')}")

        plan = await plan_turn(app.workspace, target, options, may_run=may_run, may_rerun=may_rerun, on_tools=tell)
    if plan is None:
        return
    try:
        if await app.ask(_question(plan)):
            with app.busy() as say:
                submitted = await apply_continue(app.workspace, plan, lambda event: say(send_progress_words(event)))
            report_submitted(app, submitted)
    finally:
        discard(app.workspace, plan)


def _question(plan: ContinuePlan) -> Question:
    """Return the question before a turn: what goes on, what this turn costs, and what all turns have cost."""
    return Question(
        f"Continue {amount(plan.requests, 'conversation')}{about_words(plan.estimate.cost)}?",
        (
            Group(f"{one_line(plan.job.name)}, attempt {plan.attempt}", tuple(kind_lines(plan.kinds))),
            Group(
                "Cost",
                (
                    *estimate_lines(plan.estimate),
                    spent_line(plan.spent.usd, plan.spent.unknown, plan.limits.max_cost),
                ),
            ),
        ),
        tuple(left_line(group.count, group.why, group.example) for group in plan.left),
        remark="Conversations that have ended are not sent.",
        yes="continue",
    )
