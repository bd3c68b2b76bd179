"""`batchtui submit`: checks, plans, asks, and sends each part once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from batchtui.cli.command import define_command
from batchtui.cli.confirm import require_yes
from batchtui.cli.exit_codes import ExitCode
from batchtui.cli.flows import save_results, send_progress
from batchtui.cli.options import (
    count_option,
    intake_of,
    intake_options,
    max_cost_option,
    pilot_options,
    reuse_option,
    samples_option,
    untangle_reuse,
    yes_option,
)
from batchtui.cli.views import batches as batch_views
from batchtui.cli.views import canary as canary_view
from batchtui.cli.views import check_report
from batchtui.cli.views import json_documents as documents
from batchtui.domain.costs.known_requests import ReusePolicy
from batchtui.domain.errors import InputError, UsageError
from batchtui.text.numbers import amount, count
from batchtui.text.safe import sanitize
from batchtui.text.sentences.estimates import about_words, estimate_lines
from batchtui.text.sentences.known_requests import known_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from batchtui.cli.session import Session
    from batchtui.domain.submission.canary import CanaryPlan, CanaryVerdict
    from batchtui.services.submission.submit import SubmitPlan, Submitted
    from batchtui.services.workspace import Workspace

NO_FILE = ""
"""The value of a `--wait` without OUTPUT: the results are saved in the registry's folder only."""


@define_command(
    "submit",
    examples=[
        "batchtui submit tickets.jsonl",
        "batchtui submit parts/ --name nightly --tag eval --dry-run",
        "batchtui submit tickets.jsonl --yes --wait=answers.jsonl",
        "make-requests | batchtui submit - --yes --json",
        "batchtui submit tickets.jsonl --reuse=30d --yes",
        "batchtui submit tickets.jsonl --pilot 50 --auto-below 20 --yes --wait",
    ],
)
@click.argument("sources", type=click.Path(allow_dash=True), metavar="FILE…", nargs=-1)
@click.option("--name", metavar="N", help="The job's name (default: the first file's name).")
@click.option("--tag", "tags", multiple=True, metavar="T", help="A tag of the job; may be repeated.")
@intake_options
@max_cost_option
@reuse_option
@samples_option
@pilot_options
@click.option("--canary", is_flag=True, help="First send one request of each shape in real time; a refusal stops it.")
@click.option(
    "--prime", is_flag=True, help="Send one request first to fill the prompt cache, and the rest when it has ended."
)
@count_option
@click.option("--dry-run", is_flag=True, help="Check and plan; send nothing.")
@click.option("--force", is_flag=True, help="Submit even if identical requests were already submitted.")
@yes_option
@click.option(
    "--wait",
    "output",
    is_flag=False,
    flag_value=NO_FILE,
    metavar="[OUTPUT]",
    help="Wait for the end and save the results, to OUTPUT if it is given (--wait=OUTPUT).",
)
@click.option("--source", hidden=True, help="Where the requests came from: `compose` passes the data.")
@click.option("--allow-failures", is_flag=True, help="With --wait: exit with 0 also where requests failed.")
async def command(
    session: Session,
    sources: tuple[str, ...],
    name: str | None,
    tags: tuple[str, ...],
    max_cost: Decimal | None,
    reuse: str | None,
    samples: int,
    pilot: int | None,
    auto_below: Decimal | None,
    canary: bool,
    prime: bool,
    count: bool,
    dry_run: bool,
    force: bool,
    yes: bool,
    output: str | None,
    source: str | None,
    allow_failures: bool,
    **options: Any,
) -> int:
    """Check request files, plan the parts, show what will be sent and what it may cost, and send it, once.

    FILE is JSONL of {"custom_id", "params"}, the same as one JSON array, a task file, any of these as .gz, a folder of
    such files, or - for stdin.
    """
    from batchtui.services.submission.staging.worker import start_if_worth_it

    reuse, sources = untangle_reuse(reuse, sources)
    sources, output = _untangle(sources, output)
    # Before anything is read or sent: hours later the person is not there to name another file.
    save_results.refuse_existing(output)
    save_results.refuse_two_on_stdout(session, output)
    async with (
        start_if_worth_it(sources) as child,
        session.workspace() if dry_run else session.acting_workspace() as workspace,
    ):
        # Not before the process that checks has been started: loading these takes as long as its own start.
        from batchtui.services.spending.budget import enforce_limits
        from batchtui.services.submission.canary import plan_canary, with_canary
        from batchtui.services.submission.duplicates import refuse_duplicates
        from batchtui.services.submission.submit import SubmitOptions, apply_submit, discard, plan_submit

        policy = _policy(workspace, reuse, force=force, is_whole=prime or count or pilot is not None)
        chosen = SubmitOptions(name, tags, intake_of(options), prime, source, count, policy, samples, pilot, auto_below)
        plan = await plan_submit(
            workspace, sources, chosen, check_report.progress_of(session), child=child, sends=not dry_run
        )
        try:
            _refuse_wrong(session, plan)
            tried = await asyncio.to_thread(plan_canary, workspace, plan.staged, chosen.intake) if canary else None
            if dry_run:
                await _rehearse(session, workspace, plan, tried, max_cost)
                return ExitCode.DONE
            await enforce_limits(workspace, with_canary(plan.estimate, tried) if tried else plan.estimate, max_cost)
            # Before the canary, which costs money, too.
            await refuse_duplicates(workspace, plan.earlier, force=force)
            verdicts = await canary_view.run_canary(session, workspace, tried, yes=yes) if tried else None
            if tried and verdicts:
                canary_view.refuse_dead(session, tried, verdicts)
            _ask(session, plan, yes=yes)
            submitted = await apply_submit(
                workspace, plan, force=force, max_cost=max_cost, on_event=send_progress.send_listener(session.notes)
            )
        finally:
            # Also after a no or an error: staged requests take as much room on the disk as the input.
            discard(workspace, plan)
        return await _settle(session, workspace, submitted, output, verdicts, allow_failures=allow_failures)


def _untangle(sources: tuple[str, ...], output: str | None) -> tuple[tuple[str, ...], str | None]:
    """Return files and output. `--wait FILE` reads like `--wait OUTPUT`: without another file it is the file."""
    if sources:
        return sources, output
    if output:
        return (output,), NO_FILE
    raise UsageError("missing argument FILE.", hint="`batchtui submit FILE`, or - for stdin.")


def _policy(workspace: Workspace, reuse: str | None, *, force: bool, is_whole: bool) -> ReusePolicy | None:
    """Return what is reused: as asked for, else by the setting; --force, --prime and --count override that."""
    if reuse is None:
        return None if force or is_whole else ReusePolicy.parse(workspace.settings.submit.reuse)
    policy = ReusePolicy.parse(reuse)
    if policy is not None and force:
        raise UsageError("--reuse and --force cannot be combined.", hint="Leave one of them out.")
    return policy


def _refuse_wrong(session: Session, plan: SubmitPlan) -> None:
    if not session.json:
        for line in check_report.problem_lines(plan.report.problems):
            session.notes.say(line)
    if plan.report.errors:
        raise InputError(
            f"{amount(plan.report.errors, 'error')}; nothing was sent.",
            hint=f"Correct the file and submit it again. {check_report.help_hint(plan.report.problems)}",
            problems=plan.report.problems,
        )
    if not plan.parts:
        raise InputError("The input has no requests. Nothing was sent.", problems=plan.report.problems)


async def _rehearse(
    session: Session, workspace: Workspace, plan: SubmitPlan, tried: CanaryPlan | None, max_cost: Decimal | None
) -> None:
    """Print the plan of a dry run. Raises CostLimit where a limit would stop it."""
    from batchtui.services.spending.budget import enforce_limits
    from batchtui.services.submission.canary import with_canary

    # People see the plan and then what stops it; --json prints one document, so a limit must be known before.
    if not session.json:
        await _show_plan(session, workspace, plan, tried)
    await enforce_limits(workspace, with_canary(plan.estimate, tried) if tried else plan.estimate, max_cost)
    if session.json:
        await _show_plan(session, workspace, plan, tried)


def _ask(session: Session, plan: SubmitPlan, *, yes: bool) -> None:
    """Print the plan and ask for consent. Limits were checked before."""
    if not yes:
        for line in check_report.report_lines(plan.report, plan.parts):
            session.notes.say(line)
        for line in estimate_lines(plan.estimate):
            session.notes.say(line)
    # Also where nobody is asked: what is paid twice should be read in a log at least.
    if not session.json:
        for line in _known_lines(plan):
            session.notes.say(line)
    require_yes(session.notes, _question(plan), yes=yes, lost="Nothing was sent.")


def _known_lines(plan: SubmitPlan) -> Iterator[str]:
    return known_lines(plan.known, plan.whole, is_reused=plan.options.reuse is not None)


def _question(plan: SubmitPlan) -> str:
    """Return what a person is asked: how many requests are sent, and how many reuse an answer."""
    sent = sum(part.requests for part in plan.sent)
    if not sent:
        return f"Send nothing, and reuse the answers to {amount(plan.job.requests, 'request')}?"
    if plan.pilot is not None:
        rest = count(plan.job.requests - plan.pilot.requests)
        return f"Send a pilot of {amount(plan.pilot.requests, 'request')}, and hold back the other {rest}?"
    parts = amount(len(plan.sent), "batch", "batches")
    beside = f", reuse {count(plan.job.requests - sent)}" if sent < plan.job.requests else ""
    return f"Send {amount(sent, 'request')} in {parts}{about_words(plan.estimate.cost)}{beside}?"


async def _show_plan(session: Session, workspace: Workspace, plan: SubmitPlan, tried: CanaryPlan | None) -> None:
    from batchtui.services.submission.duplicates import describe_duplicates

    if session.json:
        parts_of = workspace.registry.queries.of_job
        earlier = [(job, await parts_of(job.id)) for job in plan.earlier]
        session.out.document(
            {
                "job": documents.job_document(plan.job, (), parts=len(plan.parts), expected=plan.estimate),
                "estimate": documents.estimate_document(plan.estimate),
                "batches": [],
                "plan": [documents.part_document(part) for part in plan.parts],
                "earlier": [
                    {**documents.job_document(job, batches), "batches": documents.batch_documents(batches)}
                    for job, batches in earlier
                ],
                "canary": tried and canary_view.plan_document(tried),
                "known": documents.known_document(plan.known),
                "report": documents.check_document(plan.report, plan.parts),
            }
        )
        return
    session.out.lines(check_report.report_lines(plan.report, plan.parts))
    session.out.lines(estimate_lines(plan.estimate))
    session.out.lines(_known_lines(plan))
    session.out.lines(canary_view.plan_lines(tried) if tried else ())
    session.out.lines(
        f"already submitted: {sanitize(line)}" for line in await describe_duplicates(workspace, plan.earlier)
    )
    session.notes.say("Nothing was sent.")


async def _settle(
    session: Session,
    workspace: Workspace,
    submitted: Submitted,
    output: str | None,
    verdicts: Sequence[CanaryVerdict] | None,
    *,
    allow_failures: bool,
) -> int:
    """Print the submission and, with --wait, wait for its end. Returns the exit code."""
    # A part of unknown fate may never end: `batchtui resume` has to find out first.
    if output is not None and not submitted.unknown:
        if not session.json:
            session.notes.say(f"Sent: {submitted.job.id}. Interrupting the wait does not cancel it.")
        options, patience = save_results.to_file(output), save_results.WaitOptions(allow_failures=allow_failures)
        ended_with = await save_results.wait_and_save(session, workspace, submitted.job.id, options, patience)
        save_results.say_what_comes_next(session, submitted.job.id, output, ended_with)
        return ended_with
    if session.json:
        tried = {} if verdicts is None else {"canary": canary_view.verdict_documents(verdicts)}
        session.out.document(
            {
                "job": documents.job_document(submitted.job, submitted.batches),
                "batches": documents.batch_documents(submitted.batches),
                "known": documents.known_document(submitted.known) if submitted.known else None,
                **tried,
            }
        )
    else:
        batch_views.show_batches(session.out, submitted.batches, workspace.clock.now())
        if not submitted.unknown:
            send_progress.next_steps(session.notes, submitted)
    return send_progress.end_of_sending(session.notes, submitted)
