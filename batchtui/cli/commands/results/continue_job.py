"""`batchtui continue`: conversations that are not finished go on, as the next attempt of the same job."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import click

from batchtui.cli.command import define_command
from batchtui.cli.completion import BatchName
from batchtui.cli.confirm import ask_yes_no, has_person, require_yes
from batchtui.cli.exit_codes import ExitCode
from batchtui.cli.flows import save_results, send_progress
from batchtui.cli.flows import wait as wait_flow
from batchtui.cli.options import Count, Dollars, DurationType, allow_model_option, yes_option
from batchtui.cli.views import batches as batch_views
from batchtui.cli.views import json_documents as documents
from batchtui.cli.views import target as target_view
from batchtui.domain.errors import ConsentNeeded, NothingToContinue
from batchtui.text.money import usd_fine
from batchtui.text.numbers import amount, size
from batchtui.text.sentences.estimates import about_words, estimate_lines
from batchtui.text.sentences.turns import calls_line, kind_lines, left_line, rerun_question, spent_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal

    from batchtui.cli.session import Session
    from batchtui.services.batches.targets import Target
    from batchtui.services.retry.conversations.continue_job import ContinueOptions, ContinuePlan
    from batchtui.services.retry.conversations.tool_runs import ToolProgress
    from batchtui.services.submission.submit import Submitted
    from batchtui.services.workspace import Workspace


class _Round(NamedTuple):
    """One turn that was sent."""

    plan: ContinuePlan
    submitted: Submitted


@define_command(
    "continue",
    examples=[
        "batchtui continue nightly",
        'batchtui continue nightly --tool lookup="python lookup.py" --wait',
        "batchtui continue nightly --wait --yes --max-turns 8 --max-cost 5",
        "batchtui continue @last --dry-run --json",
    ],
)
@click.argument("named", type=BatchName(), metavar="ID")
@click.option(
    "--tool",
    "tools",
    multiple=True,
    metavar="NAME=COMMAND",
    help="Run this command where the model calls the tool NAME: without a shell, the input as JSON on stdin, the result"
    " on stdout. May be repeated; tools.toml holds tools for good.",
)
@click.option(
    "--rerun-tools", is_flag=True, help="Run tool calls again that were started and never finished, as after a crash."
)
@click.option(
    "--max-turns",
    type=Count(),
    metavar="N",
    help="Leave conversations that have had this many turns. Default: 20, or what was said before.",
)
@click.option(
    "--max-cost",
    type=Dollars(),
    metavar="USD",
    help="Send nothing if the whole job, all its turns, may cost more (exit 3). Kept with the job.",
)
@click.option(
    "--max-age",
    type=DurationType(least=1.0),
    metavar="AGE",
    help="Send nothing once the job was submitted longer ago: 12h, 3d. Kept with the job.",
)
@click.option(
    "--max-tokens",
    type=Count(),
    metavar="N",
    help="Ask truncated answers again with this limit. Default: twice the old one, up to what the model allows.",
)
@click.option(
    "--go-on",
    is_flag=True,
    help="Continue truncated answers where they stopped, in a further turn, instead of raising the limit.",
)
@allow_model_option
@click.option("--wait", "waits", is_flag=True, help="Wait for each turn and send the next one, until all have ended.")
@click.option("--dry-run", is_flag=True, help="Show what would be run and sent; do nothing.")
@yes_option
async def command(
    session: Session,
    named: str,
    tools: tuple[str, ...],
    rerun_tools: bool,
    max_turns: int | None,
    max_cost: Decimal | None,
    max_age: float | None,
    max_tokens: int | None,
    go_on: bool,
    allowed_models: tuple[str, ...],
    waits: bool,
    dry_run: bool,
    yes: bool,
) -> int:
    """Continue the conversations of a job that are not finished, as the next attempt of the same job.

    Paused answers (pause_turn) are sent back unchanged; truncated ones are asked again with a higher limit;
    calls of tools are answered with what the allowed commands print. Each call is run once, also through crashes.
    `batchtui results JOB` then has the final answers, and `batchtui cost JOB` all turns, each counted once.
    """
    from batchtui.services.retry.conversations.continue_job import ContinueOptions
    from batchtui.services.retry.conversations.ended_turn import TruncationChoice
    from batchtui.services.retry.conversations.limits import ConversationLimits
    from batchtui.services.retry.conversations.tools import read_tools

    # A dry run runs and sends nothing, so it is allowed while read-only.
    async with session.workspace() if dry_run else session.acting_workspace() as workspace:
        age = None if max_age is None else timedelta(seconds=max_age)
        options = ContinueOptions(
            tools=read_tools(workspace.paths.tools_file, tools),
            rerun_tools=rerun_tools,
            limits=ConversationLimits(max_turns, max_cost, age),
            truncation=TruncationChoice(max_tokens, goes_on=go_on),
            allowed_models=allowed_models,
        )
        target = await _ready(session, workspace, named, waits=waits)
        if dry_run:
            return await _rehearse(session, workspace, target, options)
        if not waits:
            done = await _send(session, workspace, target, options, yes=yes)
            return _settle(session, workspace, done)
        return await _go_through(session, workspace, target, options, yes=yes)


async def _ready(session: Session, workspace: Workspace, named: str, *, waits: bool) -> Target:
    """Return the target after collecting its results: they are the turns so far.

    `waits`: wait for a turn that is in progress, as after an interrupted `--wait`.
    """
    from batchtui.services.batches.adopt import find_or_import
    from batchtui.services.batches.targets import whole_job
    from batchtui.services.retry.preconditions import refuse_unkept

    target = await find_or_import(workspace, named)
    # First: where the requests are gone, fetching results would be for nothing.
    refuse_unkept(workspace, target)
    if waits:
        batches = (await whole_job(workspace, target.batches[0].job)).batches
        if any(not batch.state.is_settled for batch in batches):
            await wait_flow.wait_for(session, workspace, batches)
            target = await target_view.reload(workspace, target)
    return await save_results.ensure_collected(session, workspace, target)


async def _rehearse(session: Session, workspace: Workspace, target: Target, options: ContinueOptions) -> int:
    """Print the plan of a dry run. Raises CostLimit where a limit would stop it."""
    from batchtui.services.retry.conversations.continue_job import discard, plan_continue
    from batchtui.services.retry.conversations.next_turn import refuse_over_limits

    plan = await plan_continue(workspace, target, options)
    try:
        # People see the plan and then what stops it; --json prints one document, so a limit must be known before.
        if not session.json:
            session.out.lines(plan_lines(plan))
        await refuse_over_limits(workspace, plan)
        if session.json:
            session.out.document({**_plan_document(plan), "batches": []})
        else:
            session.notes.say("Nothing was run or sent.")
    finally:
        discard(workspace, plan)
    return ExitCode.DONE


async def _send(
    session: Session, workspace: Workspace, target: Target, options: ContinueOptions, *, yes: bool
) -> _Round:
    """Run the tools, ask, and send one turn."""
    from batchtui.services.retry.conversations.continue_job import apply_continue, discard
    from batchtui.services.retry.conversations.next_turn import plan_turn

    async def may_run(plan: ContinuePlan) -> bool:
        # Before any tool is run: where nobody can say yes to the turn after it, it would be run for nothing.
        if not yes and not has_person(session.notes):
            raise ConsentNeeded(
                f"{_question(plan)} This is not a terminal, so nothing was run or sent.", hint="Pass --yes to confirm."
            )
        session.notes.say(calls_line(_called(plan)))
        return True

    async def may_rerun(conversations: int) -> bool:
        # Without a person they are left, and the plan says so: --yes is a yes to what is known.
        return not yes and has_person(session.notes) and ask_yes_no(session.notes, rerun_question(conversations))

    plan = await plan_turn(
        workspace, target, options, may_run=may_run, may_rerun=may_rerun, on_tools=_tool_listener(session)
    )
    assert plan is not None
    try:
        session.notes.close()
        if not yes:
            for line in plan_lines(plan):
                session.notes.say(line)
        require_yes(session.notes, _question(plan), yes=yes, lost="Nothing was sent; results of tools are kept.")
        submitted = await apply_continue(workspace, plan, send_progress.send_listener(session.notes))
    finally:
        # A plan lays its requests aside on the disk. Of one that was sent nothing is left to remove.
        discard(workspace, plan)
    return _Round(plan, submitted)


async def _go_through(
    session: Session, workspace: Workspace, target: Target, options: ContinueOptions, *, yes: bool
) -> int:
    """Send turn after turn until nothing goes on."""
    from batchtui.services.batches.targets import whole_job

    rounds: list[_Round] = []
    nothing: NothingToContinue
    while True:
        try:
            done = await _send(session, workspace, target, options, yes=yes)
        except NothingToContinue as reason:
            if not rounds:
                raise
            nothing = reason
            break
        rounds.append(done)
        turn = f"attempt {done.plan.attempt}: {amount(done.plan.requests, 'conversation')}"
        session.notes.say(f"{turn}{about_words(done.plan.estimate.cost)}")
        await wait_flow.wait_for(session, workspace, done.submitted.batches)
        whole = await whole_job(workspace, done.plan.job.id)
        whole = await save_results.collect_all(session, workspace, whole)
        # One batch of a job named: only its conversations, and later turns of these are in other batches.
        target = whole if target.job else await target_view.reload(workspace, target)
    whole = await whole_job(workspace, rounds[0].plan.job.id)
    cost = sum_of(whole)
    if session.json:
        session.out.document(
            {
                "job": _job_document(rounds[0].plan),
                "rounds": [_round_document(each) for each in rounds],
                "cost": None if cost is None else str(cost),
                "end": nothing.message,
            }
        )
    else:
        session.out.line(f"{amount(len(rounds), 'turn')} sent. {nothing.message}")
        session.out.line(f"all turns: {usd_fine(cost)}")
    code = await save_results.exit_of(workspace, whole, allow_failures=False)
    return ExitCode.NOT_ALL_SUCCEEDED if nothing.has_open else code


def sum_of(target: Target) -> Decimal | None:
    """Return what all batches of a job have cost; None where any of it is unknown."""
    from batchtui.domain.costs.cost import total

    return total([batch.cost_actual for batch in target.batches])


def plan_lines(plan: ContinuePlan) -> Iterator[str]:
    """Yield the lines of a turn's plan."""
    length = sum(part.bytes for part in plan.parts)
    parts = amount(len(plan.parts), "part")
    yield f"attempt {plan.attempt}: {amount(plan.requests, 'conversation')} in {parts}, {size(length)}"
    for line in kind_lines(plan.kinds):
        yield f"  {line}"
    if plan.pending:
        yield f"  {calls_line(_called(plan))}; their results are not in the estimate"
    for group in plan.left:
        yield f"  {left_line(group.count, group.why, group.example)}"
    yield f"  {plan.ended:,} have ended"
    if plan.failed:
        yield f"  skip: {amount(plan.failed, 'request')} failed (`batchtui retry` sends them again)"
    yield from estimate_lines(plan.estimate)
    yield spent_line(plan.spent.usd, plan.spent.unknown, plan.limits.max_cost)


def _question(plan: ContinuePlan) -> str:
    parts = amount(len(plan.parts), "batch", "batches")
    return f"Continue {amount(plan.requests, 'conversation')} in {parts}{about_words(plan.estimate.cost)}?"


def _called(plan: ContinuePlan) -> Counter[str]:
    return Counter(pending.call.name for pending in plan.pending)


def _tool_listener(session: Session) -> Callable[[ToolProgress], None]:
    def tell(progress: ToolProgress) -> None:
        failed = f", {progress.errors} failed" if progress.errors else ""
        session.notes.progress(f"tools: {progress.done} of {amount(progress.total, 'call')}{failed}")

    return tell


def _plan_document(plan: ContinuePlan) -> documents.Document:
    return {
        "job": _job_document(plan),
        "attempt": plan.attempt,
        "requests": plan.requests,
        "models": list(plan.models),
        "plan": [documents.part_document(part) for part in plan.parts],
        "continued": dict(plan.kinds),
        "tool_calls": [
            {
                "custom_id": each.custom_id,
                "attempt": each.attempt,
                "id": each.call.id,
                "name": each.call.name,
                "input": each.call.input,
            }
            for each in plan.pending
        ],
        "left": [{"reason": group.why, "count": group.count, "example": group.example} for group in plan.left],
        "ended": plan.ended,
        "failed": plan.failed,
        "estimate": documents.estimate_document(plan.estimate),
        "spent": str(plan.spent.usd),
        "limits": {
            "max_turns": plan.limits.turns,
            "max_cost": None if plan.limits.max_cost is None else str(plan.limits.max_cost),
            "max_age": None if plan.limits.max_age is None else plan.limits.max_age.total_seconds(),
        },
    }


def _job_document(plan: ContinuePlan) -> documents.Document:
    return {"id": plan.job.id, "name": plan.job.name}


def _round_document(done: _Round) -> documents.Document:
    batches = done.submitted.batches
    return {
        "attempt": done.plan.attempt,
        "requests": done.plan.requests,
        "continued": dict(done.plan.kinds),
        "left": [{"reason": each.why, "count": each.count, "example": each.example} for each in done.plan.left],
        "estimate": documents.estimate_document(done.plan.estimate),
        "batches": documents.batch_documents(batches),
    }


def _settle(session: Session, workspace: Workspace, done: _Round) -> int:
    if session.json:
        session.out.document({"job": _job_document(done.plan), **_round_document(done)})
    else:
        batch_views.show_batches(session.out, done.submitted.batches, workspace.clock.now())
        for group in done.plan.left:
            session.notes.say(left_line(group.count, group.why, group.example))
    return send_progress.end_of_sending(session.notes, done.submitted)
