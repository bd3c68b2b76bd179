"""`batchtui submit`: checks, plans, asks, and sends each part once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from batchtui.cli import canaries, documents, findings, saving, sheets, telling
from batchtui.cli.asking import consent
from batchtui.cli.exits import Exit
from batchtui.cli.options import Dollars, count_option, intake_of, intake_options
from batchtui.cli.verb import verb
from batchtui.domain.errors import InputError, UsageError
from batchtui.text.counts import amount
from batchtui.text.durations import ago
from batchtui.text.estimates import estimate_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from batchtui.cli.session import Session
    from batchtui.domain.canary import CanaryVerdict
    from batchtui.services.submit import SubmitPlan, Submitted
    from batchtui.services.workspace import Workspace

NO_FILE = ""
"""The value of a `--wait` without OUTPUT: the results are saved in the registry's folder only."""


@verb(
    "submit",
    examples=[
        "batchtui submit tickets.jsonl",
        "batchtui submit parts/ --name nightly --tag eval --dry-run",
        "batchtui submit tickets.jsonl --yes --wait=answers.jsonl",
        "make-requests | batchtui submit - --yes --json",
    ],
)
@click.argument("sources", type=click.Path(allow_dash=True), metavar="FILE…", nargs=-1)
@click.option("--name", metavar="N", help="What the job is called (default: the first file's name).")
@click.option("--tag", "tags", multiple=True, metavar="T", help="A tag of the job; may be repeated.")
@intake_options
@click.option("--max-cost", type=Dollars(), metavar="USD", help="Send nothing that may cost more (exit 3).")
@click.option("--canary", is_flag=True, help="First send one request of each shape in real time; a refusal stops it.")
@click.option(
    "--prime", is_flag=True, help="One request goes first, to fill the prompt cache; the rest follows its end."
)
@count_option
@click.option("--dry-run", is_flag=True, help="Check and plan, and stop there.")
@click.option("--force", is_flag=True, help="Also where the same requests were submitted before.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--wait",
    "output",
    is_flag=False,
    flag_value=NO_FILE,
    metavar="[OUTPUT]",
    help="Wait for the end and save the results, to OUTPUT where it is given (--wait=OUTPUT).",
)
@click.option("--source", hidden=True, help="What is said of where the requests came from: `compose` says the data.")
@click.option("--allow-failures", is_flag=True, help="With --wait: exit with 0 also where requests failed.")
async def command(
    session: Session,
    sources: tuple[str, ...],
    name: str | None,
    tags: tuple[str, ...],
    max_cost: Decimal | None,
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

    FILE is JSONL of {"custom_id", "params"}, the same as one JSON array, a task file, any of these as .gz, a folder
    of such files, or - for stdin.
    """
    from batchtui.services.budget import refuse_costly
    from batchtui.services.submit import SubmitOptions, apply_submit, discard, plan_submit

    sources, output = _untangle(sources, output)
    saving.refuse_existing(output)
    saving.refuse_two_on_stdout(session, output)
    async with session.workspace() if dry_run else session.acting_workspace() as workspace:
        chosen = SubmitOptions(name, tags, intake_of(options), prime, source, count)
        plan = await plan_submit(workspace, sources, chosen, findings.progress_of(session))
        try:
            _refuse_wrong(session, plan)
            if dry_run:
                await _rehearse(session, workspace, plan, max_cost)
                return Exit.DONE
            await refuse_costly(workspace, plan.estimate, max_cost)
            if canary:
                _refuse_dead(session, await canaries.fly(session, workspace, plan.report, chosen.intake, yes=yes))
            _ask(session, workspace, plan, force=force, yes=yes)
            submitted = await apply_submit(
                workspace, plan, force=force, max_cost=max_cost, on_event=telling.teller(session.notes)
            )
        finally:
            discard(workspace, plan)
        return await _settle(session, workspace, submitted, output, allow_failures=allow_failures)


def _untangle(sources: tuple[str, ...], output: str | None) -> tuple[tuple[str, ...], str | None]:
    """Tell `--wait FILE` from `--wait OUTPUT`: where no file is left, what follows --wait was meant as the file."""
    if sources:
        return sources, output
    if output:
        return (output,), NO_FILE
    raise UsageError("No FILE was named.", hint="`batchtui submit FILE`, or - for stdin.")


def _refuse_wrong(session: Session, plan: SubmitPlan) -> None:
    if not session.json:
        for line in findings.problem_lines(plan.report.problems):
            session.notes.say(line)
    if plan.report.errors:
        raise InputError(
            f"{amount(plan.report.errors, 'error')}; nothing was sent.",
            hint="`batchtui check` shows all problems again.",
            problems=plan.report.problems,
        )
    if not plan.parts:
        raise InputError("There is no request in it; nothing was sent.", problems=plan.report.problems)


async def _rehearse(session: Session, workspace: Workspace, plan: SubmitPlan, max_cost: Decimal | None) -> None:
    """Show what would be sent, and say where a limit would stop it."""
    from batchtui.services.budget import refuse_costly

    if not session.json:
        _show_plan(session, workspace, plan)
    await refuse_costly(workspace, plan.estimate, max_cost)
    if session.json:
        _show_plan(session, workspace, plan)


def _refuse_dead(session: Session, verdicts: Sequence[CanaryVerdict]) -> None:
    """Stop where the API refuses a shape: none of its requests could succeed."""
    for line in canaries.verdict_lines(verdicts):
        session.notes.say(line)
    refused = [verdict for verdict in verdicts if verdict.is_refused]
    if refused:
        shapes = amount(len(verdicts), "shape")
        error = InputError(
            f"The API refuses {len(refused)} of {shapes}: {refused[0].message} Nothing was sent.",
            hint="Leave out --canary to send it all the same.",
        )
        error.heading = "The canary died"
        raise error


def _ask(session: Session, workspace: Workspace, plan: SubmitPlan, *, force: bool, yes: bool) -> None:
    """Show what will be sent and ask; whether it may be sent at all is said before."""
    if plan.earlier and not force:
        earlier = plan.earlier[0]
        error = InputError(
            f"The same requests were submitted {ago(earlier.created_at, workspace.clock.now())},"
            f" as {earlier.name} ({earlier.id}). Nothing was sent.",
            hint=f"`batchtui results {earlier.id}` has their results; --force sends them again.",
        )
        error.heading = "Submitted before"
        raise error
    if not yes:
        for line in findings.report_lines(plan.report, plan.parts):
            session.notes.say(line)
        for line in estimate_lines(plan.estimate):
            session.notes.say(line)
    question = f"Send {amount(plan.job.requests, 'request')} in {amount(len(plan.parts), 'batch', 'batches')}?"
    consent(session.notes, question, yes=yes, lost="Nothing was sent.")


def _show_plan(session: Session, workspace: Workspace, plan: SubmitPlan) -> None:
    if session.json:
        session.out.document(
            {
                "job": documents.job_document(plan.job, (), parts=len(plan.parts), expected=plan.estimate),
                "estimate": documents.estimate_document(plan.estimate),
                "batches": [],
                "plan": [documents.part_document(part) for part in plan.parts],
                "earlier": [{"id": job.id, "name": job.name} for job in plan.earlier],
                "report": documents.check_document(plan.report, plan.parts),
            }
        )
        return
    session.out.lines(findings.report_lines(plan.report, plan.parts))
    session.out.lines(estimate_lines(plan.estimate))
    for job in plan.earlier:
        session.out.line(f"submitted before: {job.id}, {ago(job.created_at, workspace.clock.now())}")
    session.notes.say("Nothing was sent.")


async def _settle(
    session: Session, workspace: Workspace, submitted: Submitted, output: str | None, *, allow_failures: bool
) -> int:
    """Say what was sent; go on waiting where that is wanted and nothing is in doubt."""
    if output is not None and not submitted.unknown:
        if not session.json:
            session.notes.say(f"Sent: {submitted.job.id}. Interrupting the wait cancels nothing.")
        options, patience = saving.to_file(output), saving.Patience(allow_failures=allow_failures)
        return await saving.wait_and_save(session, workspace, submitted.job.id, options, patience)
    if session.json:
        session.out.document(
            {
                "job": documents.job_document(submitted.job, submitted.batches),
                "batches": documents.batch_documents(submitted.batches),
            }
        )
    else:
        sheets.show_batches(session.out, submitted.batches, workspace.clock.now())
    if submitted.waiting and not submitted.unknown:
        session.notes.say(
            f"{amount(len(submitted.waiting), 'part')} not sent yet: `batchtui resume`, `batchtui wait` or the"
            " dashboard send on what waits."
        )
    return Exit.FATE_UNKNOWN if submitted.unknown else Exit.DONE
