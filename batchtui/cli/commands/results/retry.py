"""`batchtui retry`: only what has not succeeded goes out again, as the next attempt of the same job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from batchtui.cli.command import define_command
from batchtui.cli.completion import BatchName
from batchtui.cli.confirm import require_yes
from batchtui.cli.exit_codes import ExitCode
from batchtui.cli.flows import save_results, send_progress
from batchtui.cli.options import Count, allow_model_option, max_cost_option, yes_option
from batchtui.cli.views import batches as batch_views
from batchtui.cli.views import check_report
from batchtui.cli.views import json_documents as documents
from batchtui.cli.views import target as target_view
from batchtui.text.numbers import amount, count, size
from batchtui.text.safe import one_line
from batchtui.text.sentences.estimates import about_words, estimate_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from batchtui.cli.session import Session
    from batchtui.domain.batches.job import Job
    from batchtui.services.batches.targets import Target
    from batchtui.services.retry.retry import RetryPlan
    from batchtui.services.retry.unresolved import FailureChoice
    from batchtui.services.submission.submit import Submitted
    from batchtui.services.workspace import Workspace


class Words(click.ParamType[frozenset[str]]):
    """Words with commas between them; which ones there are only the results say."""

    name = "words"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> frozenset[str]:
        """Return the words as a set; fails where there are none."""
        if isinstance(value, frozenset):
            return value
        words = frozenset(filter(None, map(str.strip, str(value).split(","))))
        if not words:
            self.fail("pass at least one, such as errored", param, ctx)
        return words


@define_command(
    "retry",
    examples=[
        "batchtui retry nightly",
        "batchtui retry nightly --only truncated --max-tokens 8000",
        "batchtui retry msgbatch_01Hk --only overloaded_error,expired --yes",
        "batchtui retry nightly --only rejected",
        "batchtui retry @last --dry-run --json",
    ],
)
@click.argument("named", type=BatchName(), metavar="ID")
@click.option(
    "--only",
    type=Words(),
    default=frozenset(),
    metavar="OUTCOME,…",
    help="Only these: errored, expired, canceled, truncated, refused, paused, empty, missing (no result, now or ever),"
    " rejected (in a review), or types of errors such as overloaded_error. Default: those that may succeed unchanged.",
)
@click.option("--model", metavar="M", help="Set this model in the retried requests.")
@click.option(
    "--max-tokens",
    type=Count(),
    metavar="N",
    help="Set this max_tokens in the retried requests; also retries truncated answers.",
)
@allow_model_option
@max_cost_option
@click.option("--dry-run", is_flag=True, help="Show what would be sent; send nothing.")
@yes_option
async def command(
    session: Session,
    named: str,
    only: frozenset[str],
    model: str | None,
    max_tokens: int | None,
    allowed_models: tuple[str, ...],
    max_cost: Decimal | None,
    dry_run: bool,
    yes: bool,
) -> int:
    """Send again what has not succeeded, from the stored requests, as the next attempt of the same job.

    What has succeeded in any attempt is never sent again. Without --only: errors of the service, and expired, canceled
    and empty results; with --max-tokens also truncated answers. `batchtui results JOB` writes one set of results: for
    each custom_id the latest success, else the latest outcome.
    """
    from batchtui.services.retry.retry import RetryOptions, apply_retry, discard, plan_retry
    from batchtui.services.spending.budget import enforce_limits

    # A dry run sends nothing, so it is allowed while read-only.
    async with session.workspace() if dry_run else session.acting_workspace() as workspace:
        target = await _ready(session, workspace, named)
        options = RetryOptions(only, model=model, max_tokens=max_tokens, allowed_models=allowed_models)
        plan = await plan_retry(workspace, target, options)
        try:
            # Before the limits: who asks what it would cost wants to see the figures that exceed them.
            if dry_run and not session.json:
                _show_plan(session, plan)
            await enforce_limits(workspace, plan.estimate, max_cost)
            if dry_run:
                if session.json:
                    _show_plan(session, plan)
                return ExitCode.DONE
            _ask(session, plan, yes=yes)
            submitted = await apply_retry(
                workspace, plan, send_progress.send_listener(session.notes), max_cost=max_cost
            )
        finally:
            # A plan lays its requests aside on the disk. Of one that was sent nothing is left to remove.
            discard(workspace, plan)
        return _settle(session, workspace, submitted)


async def _ready(session: Session, workspace: Workspace, named: str) -> Target:
    """Return the target after collecting its results, which tell what has failed."""
    from batchtui.services.batches.adopt import find_or_import
    from batchtui.services.polling.refresh import refresh_batches
    from batchtui.services.retry.preconditions import refuse_unkept

    target = await find_or_import(workspace, named)
    # First: where the requests are gone, fetching results would be for nothing.
    refuse_unkept(workspace, target)
    running = [batch for batch in target.batches if batch.state.is_running]
    if running:
        await refresh_batches(workspace, running)
        target = await target_view.reload(workspace, target)
    return await save_results.collect_all(session, workspace, target)


def _ask(session: Session, plan: RetryPlan, *, yes: bool) -> None:
    if not session.json:
        for line in check_report.problem_lines(plan.warnings):
            session.notes.say(line)
    if not yes:
        for line in plan_lines(plan):
            session.notes.say(line)
    parts = amount(len(plan.parts), "batch", "batches")
    question = f"Send {amount(plan.requests, 'request')} again in {parts}{about_words(plan.estimate.cost)}?"
    require_yes(session.notes, question, yes=yes, lost="Nothing was sent.")


def plan_lines(plan: RetryPlan) -> Iterator[str]:
    """Yield the lines of a retry's plan."""
    length = sum(part.bytes for part in plan.parts)
    parts = amount(len(plan.parts), "part")
    yield f"attempt {plan.attempt}: {amount(plan.requests, 'request')} in {parts}, {size(length)}"
    if plan.changed:
        yield f"  {amount(plan.changed, 'request')} changed; models: {one_line(', '.join(plan.models))}"
    for failed in plan.failed:
        said = "retry" if failed.is_chosen else "skip"
        yield f"  {said}: {count(failed.group.count)} × {_kind_words(failed)}: {failed.advice}"
    if plan.rejected:
        yield f"  retry: {amount(plan.rejected, 'request')} whose answers were rejected in a review"
    yield f"  {count(plan.succeeded)} succeeded, not retried"
    if plan.missing:
        yield f"  {amount(plan.missing, 'request')} without a result (--only missing retries them)"
    if plan.away:
        yield f"  skip: {amount(plan.away, 'request')} of batches not found at the API"
    yield from estimate_lines(plan.estimate)


def _kind_words(failed: FailureChoice) -> str:
    group = failed.group
    what = group.error_type or group.stop_reason or str(group.outcome)
    return one_line(f'{what} "{group.pattern}"' if group.pattern else what)


def _show_plan(session: Session, plan: RetryPlan) -> None:
    if session.json:
        session.out.document({**_plan_document(plan), "batches": []})
        return
    session.out.lines(check_report.problem_lines(plan.warnings))
    session.out.lines(plan_lines(plan))
    session.notes.say("Nothing was sent.")


def _plan_document(plan: RetryPlan) -> documents.Document:
    return {
        "job": _job_document(plan.job),
        "attempt": plan.attempt,
        "requests": plan.requests,
        "changed": plan.changed,
        "models": list(plan.models),
        "plan": [documents.part_document(part) for part in plan.parts],
        "failed": [_failed_document(failed) for failed in plan.failed],
        "succeeded": plan.succeeded,
        "rejected": plan.rejected,
        "missing": plan.missing,
        "away": plan.away,
        "problems": [documents.problem_document(problem) for problem in plan.warnings],
        "estimate": documents.estimate_document(plan.estimate),
    }


def _failed_document(failed: FailureChoice) -> documents.Document:
    group = failed.group
    return {
        "outcome": str(group.outcome),
        "error_type": group.error_type,
        "stop_reason": group.stop_reason,
        "message": group.pattern or None,
        "count": group.count,
        "chosen": failed.is_chosen,
        "act": str(group.advice.action),
        "example": {"custom_id": group.example_id, "message": group.example},
    }


def _job_document(job: Job) -> documents.Document:
    return {"id": job.id, "name": job.name}


def _settle(session: Session, workspace: Workspace, submitted: Submitted) -> int:
    if session.json:
        session.out.document(
            {
                "job": _job_document(submitted.job),
                "attempt": submitted.batches[0].attempt,
                "requests": sum(batch.requests for batch in submitted.batches),
                "batches": documents.batch_documents(submitted.batches),
            }
        )
    else:
        batch_views.show_batches(session.out, submitted.batches, workspace.clock.now())
    return send_progress.end_of_sending(session.notes, submitted)
