"""`batchtui judge`: a model scores the answers of a job or compares those of two, or the verdict of a judge job."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.completion import BatchName
from batchtui.cli.confirm import require_yes
from batchtui.cli.exit_codes import ExitCode
from batchtui.cli.flows import save_results, send_progress
from batchtui.cli.options import Count, max_cost_option, reuse_option, untangle_reuse, yes_option
from batchtui.cli.views import batches as batch_views
from batchtui.cli.views import json_documents as documents
from batchtui.cli.views import verdict as verdict_view
from batchtui.domain.errors import InputError, UsageError
from batchtui.text.numbers import amount
from batchtui.text.sentences.estimates import about_words, estimate_lines
from batchtui.text.sentences.known_requests import known_lines

if TYPE_CHECKING:
    from decimal import Decimal

    from batchtui.cli.session import Session
    from batchtui.services.compose.judging.plan import JudgePlan
    from batchtui.services.submission.submit import Submitted
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Sending:
    """How the judge job is sent."""

    yes: bool
    dry_run: bool
    force: bool
    wait: bool
    max_cost: Decimal | None


@define_command(
    "judge",
    examples=[
        "batchtui judge tickets --rubric rubric.md --sample 200",
        "batchtui judge prompt-v1 prompt-v2 --rubric rubric.toml --by language --wait --yes",
        "batchtui judge tickets --rubric rubric.md --dry-run --json",
        "batchtui judge judge-prompt-v1-vs-prompt-v2 --by language",
    ],
)
@click.argument("first", type=BatchName(), metavar="A")
@click.argument("second", type=BatchName(), metavar="[B]", required=False)
@click.option("--rubric", metavar="FILE", help="What is judged: criteria in TOML or Markdown, or plain text.")
@click.option("--model", metavar="M", help="The judge: a model's id, or cheap, capable (the default) or premium.")
@click.option("--sample", type=Count(), metavar="N", help="Judge N custom_ids at most: the same ones in every job.")
@click.option("--by", metavar="COLUMN", help="Split the verdict by a column of A's results, such as request.model.")
@click.option("--failed-lose", is_flag=True, help="With B: an answer that failed loses against one that did not.")
@click.option("--name", metavar="N", help="The judge job's name.")
@click.option("--tag", "tags", multiple=True, metavar="T", help="A tag of the judge job; may be repeated.")
@max_cost_option
@reuse_option
@click.option("--dry-run", is_flag=True, help="Choose, check and estimate; send nothing.")
@click.option("--force", is_flag=True, help="Submit even if identical requests were already submitted.")
@yes_option
@click.option("--wait", is_flag=True, help="Wait for the end, save the results and show the verdict.")
async def command(
    session: Session,
    first: str,
    second: str | None,
    rubric: str | None,
    model: str | None,
    sample: int | None,
    by: str | None,
    failed_lose: bool,
    name: str | None,
    tags: tuple[str, ...],
    max_cost: Decimal | None,
    reuse: str | None,
    dry_run: bool,
    force: bool,
    yes: bool,
    wait: bool,
) -> int:
    """Have a model score the answers of A by a rubric, or compare those of A and B, each pair in both orders.

    The judge job is a batch as any other. When its results are saved, scores are columns of the judged results:
    `score`, `score.CRITERION`, and `score.win` of a comparison. Without --rubric, A is a judge job, and its verdict is
    shown.
    """
    if rubric is None:
        if second is not None:
            raise UsageError("missing option --rubric FILE.", hint="`batchtui judge A B --rubric FILE`.")
        return await _show(session, first, by, wait=wait)
    if failed_lose and second is None:
        raise UsageError("--failed-lose needs B.", hint="A set of answers alone has no sides.")
    from batchtui.judging.rubric import read_rubric

    read = read_rubric(Path(rubric))
    reuse, odd = untangle_reuse(reuse, ())
    if odd:
        raise UsageError("--reuse takes an age (--reuse=30d).")
    from batchtui.domain.costs.known_requests import ReusePolicy

    async with session.workspace() if dry_run else session.acting_workspace() as workspace:
        from batchtui.services.batches.adopt import find_or_import_all
        from batchtui.services.compose.judging.plan import JudgeOptions, plan_judge, remember_rubric
        from batchtui.services.submission.submit import discard

        policy = ReusePolicy.parse(workspace.settings.submit.reuse if reuse is None else reuse) if not force else None
        options = JudgeOptions(model, sample, by, failed_lose, name, tags, policy)
        targets = await find_or_import_all(workspace, (first, second) if second is not None else (first,))
        sides = [await save_results.ensure_collected(session, workspace, target) for target in targets]
        plan = await plan_judge(workspace, sides[0], sides[1] if second is not None else None, read, options)
        if not dry_run:
            # The dashboard judges by it, too.
            await remember_rubric(workspace, Path(rubric))
        try:
            return await _send(session, workspace, plan, _Sending(yes, dry_run, force, wait, max_cost))
        finally:
            discard(workspace, plan.submit)


async def _send(session: Session, workspace: Workspace, plan: JudgePlan, sending: _Sending) -> int:
    """Show the plan and send it after consent. Returns the exit code."""
    from batchtui.services.spending.budget import enforce_limits
    from batchtui.services.submission.duplicates import refuse_duplicates
    from batchtui.services.submission.submit import apply_submit

    submit = plan.submit
    if submit.report.errors:
        raise InputError(
            f"{amount(submit.report.errors, 'error')} in the requests for the judge; nothing was sent.",
            problems=submit.report.problems,
        )
    if not session.json:
        lines = [*verdict_view.plan_lines(plan), *estimate_lines(submit.estimate)]
        lines += known_lines(submit.known, submit.whole, is_reused=submit.options.reuse is not None)
        for line in lines:
            session.notes.say(line)
    await enforce_limits(workspace, submit.estimate, sending.max_cost)
    if sending.dry_run:
        if session.json:
            session.out.document(verdict_view.plan_document(plan))
        else:
            session.notes.say("Nothing was sent.")
        return ExitCode.DONE
    await refuse_duplicates(workspace, submit.earlier, force=sending.force)
    sent = sum(part.requests for part in submit.sent)
    question = f"Send {amount(sent, 'request')} to the judge{about_words(submit.estimate.cost)}?"
    require_yes(session.notes, question, yes=sending.yes, lost="Nothing was sent.")
    submitted = await apply_submit(
        workspace,
        submit,
        force=sending.force,
        max_cost=sending.max_cost,
        on_event=send_progress.send_listener(session.notes),
    )
    if sending.wait and not submitted.unknown:
        return await _wait(session, workspace, submitted)
    if session.json:
        session.out.document(
            {
                "job": documents.job_document(submitted.job, submitted.batches),
                "batches": documents.batch_documents(submitted.batches),
                "judge": verdict_view.record_document(plan.record),
            }
        )
    else:
        batch_views.show_batches(session.out, submitted.batches, workspace.clock.now())
        if not submitted.unknown:
            word = submitted.job.name
            send_progress.say_next(session.notes, [(f"batchtui judge {word} --wait", "waits and shows the verdict")])
    return send_progress.end_of_sending(session.notes, submitted)


async def _wait(session: Session, workspace: Workspace, submitted: Submitted) -> int:
    """Wait for the end of a judge job, save its results, and show the verdict."""
    from batchtui.cli.flows import wait as wait_flow

    await wait_flow.wait_for(session, workspace, submitted.batches)
    return await _verdict(session, workspace, submitted.job.id, None)


async def _show(session: Session, named: str, by: str | None, *, wait: bool) -> int:
    """Show the verdict of a judge job, as far as its results are here."""
    async with session.workspace() as workspace:
        from batchtui.cli.flows import wait as wait_flow
        from batchtui.services.batches.targets import find_target

        target = await find_target(workspace, named)
        if wait:
            await wait_flow.wait_for(session, workspace, target.batches)
        return await _verdict(session, workspace, target.batches[0].job, by)


async def _verdict(session: Session, workspace: Workspace, job: str, by: str | None) -> int:
    from batchtui.services.batches.targets import whole_job
    from batchtui.services.compose.judging.verdict import read_verdict

    target = await whole_job(workspace, job)
    if any(not batch.state.is_running for batch in target.batches) and await workspace.registry.judges.get(job):
        await save_results.ensure_collected(session, workspace, target)
    found = await read_verdict(workspace, job, by)
    if session.json:
        session.out.document(verdict_view.verdict_document(found))
    else:
        session.out.lines(verdict_view.verdict_lines(found))
    return ExitCode.DONE
