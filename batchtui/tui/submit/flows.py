"""Submit a file and resume unfinished submissions: each plans, shows the plan, asks, sends and reports."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from batchtui.domain.costs.known_requests import ReusePolicy
from batchtui.domain.errors import FateUnknown, InputError
from batchtui.domain.submission.send_evidence import VerdictKind
from batchtui.services.polling.pilot import decision
from batchtui.services.spending.budget import enforce_limits
from batchtui.services.submission import reconcile
from batchtui.services.submission.canary import plan_canary, run_canary, with_canary
from batchtui.services.submission.duplicates import describe_duplicates
from batchtui.services.submission.resume import name_account, send_on
from batchtui.services.submission.submit import (
    SubmitOptions,
    apply_submit,
    discard,
    draw_pilot,
    plan_submit,
    reuse_answers,
)
from batchtui.text.durations import countdown, stamp
from batchtui.text.numbers import amount, bytes_done, count, size
from batchtui.text.safe import one_line, sanitize
from batchtui.text.sentences.batch_names import part_name, part_number
from batchtui.text.sentences.pilots import pilot_lines, rest_words
from batchtui.text.sentences.verdicts import undecided_words
from batchtui.tui.commands.key_text import text_naming_keys
from batchtui.tui.dialogs.confirm import Group, Question
from batchtui.tui.dialogs.file_picker import FilePicker
from batchtui.tui.rendering.batch_text import short_id
from batchtui.tui.submit.question import PILOT, PILOT_SIZE, REUSE, TRY, describe_errors, submit_question

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from batchtui.domain.batches.batch import Batch, RemoteBatch
    from batchtui.services.submission.dispatch import SendEvent
    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.submission.submit import SubmitPlan, Submitted
    from batchtui.tui.host import Host


async def submit(app: Host) -> None:
    """Submit a file that a person picks."""
    path = await app.push_screen(FilePicker(Path.cwd()), wait_for_dismiss=True)
    if path is not None:
        await submit_path(app, path)


async def submit_path(app: Host, path: Path, options: SubmitOptions | None = None) -> bool:
    """Check a file, ask, and send it. Returns whether it was sent; after a no nothing of it is kept.

    Raises:
        InputError: the file has errors or no requests.
        UsageError: nothing may be sent.
    """
    app.workspace.refuse_if_read_only()
    with app.busy() as say:
        plan = await plan_submit(
            app.workspace,
            [str(path)],
            _with_setting(app, options or SubmitOptions()),
            lambda reading: say(f"checking  {bytes_done(reading.read, reading.total)}"),
        )
    try:
        if not plan.is_sendable:
            raise InputError(describe_errors(plan), hint=f"Nothing was sent. `batchtui check {path}` lists them all.")
        # No limit of this submission's own, as `--max-cost` is one; those of the settings hold here, too.
        await enforce_limits(app.workspace, plan.estimate, None)
        wanted = await _ask(app, plan)
        if wanted is not None:
            await _send(app, wanted)
    finally:
        discard(app.workspace, plan)
    return wanted is not None


def _with_setting(app: Host, options: SubmitOptions) -> SubmitOptions:
    """Return the options of a submission with the answers that the settings reuse."""
    policy = None if options.prime else ReusePolicy.parse(app.workspace.settings.submit.reuse)
    return replace(options, reuse=policy)


async def _ask(app: Host, plan: SubmitPlan) -> SubmitPlan | None:
    """Ask whether to send a plan. Returns the plan that is wanted; None where none is.

    Where that is asked for, only what is new is sent, or one request of each shape is tried in real time before.
    """
    earlier = await describe_duplicates(app.workspace, plan.earlier)
    canary = await asyncio.to_thread(plan_canary, app.workspace, plan.staged, plan.options.intake)
    answer = await app.ask_which(submit_question(plan, earlier, canary))
    if answer == REUSE:
        plan, earlier = await reuse_answers(app.workspace, plan, ReusePolicy()), []
        answer = await app.ask_which(submit_question(plan, earlier, canary))
    if answer == PILOT:
        plan = await draw_pilot(app.workspace, plan, PILOT_SIZE)
        answer = await app.ask_which(submit_question(plan, earlier, canary))
    if answer == TRY:
        # A limit holds for what is tried, too.
        await enforce_limits(app.workspace, with_canary(plan.estimate, canary), None)
        with app.busy() as say:
            verdicts = await run_canary(app.workspace, canary, lambda call: say(f"trying {one_line(call.custom_id)}"))
        answer = await app.ask_which(submit_question(plan, earlier, canary, verdicts))
    return plan if answer is True else None


async def _send(app: Host, plan: SubmitPlan) -> None:
    with app.busy() as say:
        submitted = await apply_submit(
            # The question has named the identical submissions: a yes to it is a yes to sending them again.
            app.workspace,
            plan,
            force=bool(plan.earlier),
            on_event=lambda event: say(send_progress_words(event)),
        )
    report_submitted(app, submitted)


def report_submitted(app: Host, submitted: Submitted) -> None:
    """Say what was sent, and put the cursor of the list on it.

    Raises:
        FateUnknown: the create request of a part got no response, and the API does not show it yet.
    """
    app.say(submitted_words(submitted))
    app.go_to_batch(submitted.batches[0].key)
    # Raised, so that the error box shows it: a message might go unread, and money depends on it.
    if submitted.unknown:
        raise FateUnknown(
            f"No response to the create request of {part_name(submitted.unknown[0])}; the API does not show it yet.",
            hint=text_naming_keys(app, "{batches.resume} on it looks again; nothing is sent again without asking you."),
        )


def submitted_words(submitted: Submitted) -> str:
    """Return what was sent: `Submitted nightly #2: 100 requests (msgbatch_01…4Zq8)`, and what waits."""
    batches = submitted.batches
    sent = [batch for batch in batches if batch.state.is_at_api]
    name = one_line(submitted.job.name)[:48] + (f" #{batches[0].attempt}" if batches[0].attempt > 1 else "")
    if not sent:
        reason = f": {one_line(batches[0].reason)}" if batches[0].reason else ""
        return f"Not sent yet: {name}, {amount(sum(batch.requests for batch in batches), 'request')}{reason}."
    requests = amount(sum(batch.requests for batch in sent), "request")
    if len(batches) == 1:
        return f"Submitted {name}: {requests} ({short_id(sent[0], 24)})."
    waiting = len(submitted.waiting)
    later = f"; {amount(waiting, 'part')} will follow" if waiting else ""
    return f"Submitted {name}: {requests} in {count(len(sent))} of {amount(len(batches), 'part')}{later}."


async def resume(app: Host, keys: Sequence[int]) -> bool:
    """Look for parts of unknown fate, and send what was not sent, after a question. Returns whether any were open."""
    app.workspace.refuse_if_read_only()
    # Parts of a process that died are unknown only once this has said so.
    await reconcile.recover(app.workspace)
    named = await app.workspace.registry.queries.page(keys)
    decided = await _decide_pilots(app, {batch.job for batch in named})
    keys = list(dict.fromkeys([*keys, *decided]))
    batches = [batch for batch in await app.workspace.registry.queries.page(keys) if batch.state.is_open]
    batches = [batch for batch in batches if not batch.is_held]
    if not batches:
        if any(batch.is_held for batch in named):
            return True
        app.say("Nothing to resume: no part is unknown, and none waits to be sent.")
        return False
    front = await app.workspace.front_account()
    for batch in batches:
        await name_account(app.workspace, batch, front, None)
    batches = await app.workspace.registry.queries.page([batch.key for batch in batches])
    clear: list[Batch] = []
    for finding in await reconcile.look_up(app.workspace, batches):
        clear += await _decide(app, finding)
    if clear and await app.ask(_sending(clear)):
        with app.busy() as say:
            failed = await send_on(
                app.workspace, [batch.key for batch in clear], lambda event: say(send_progress_words(event))
            )
        done = [batch for batch in clear if batch.key not in {refused.key for refused, _ in failed}]
        if done:
            which = part_name(done[0]) if len(done) == 1 else amount(len(done), "part")
            app.say(f"Sent {which}: {amount(sum(batch.requests for batch in done), 'request')}.")
        # One box is enough: each of the others has its reason in the list.
        for _, error in failed[:1]:
            raise error
    return True


async def _decide_pilots(app: Host, jobs: Collection[str]) -> list[int]:
    """Ask of each job whose pilot has ended whether the others follow. Returns the parts that may be sent now."""
    free: list[int] = []
    for job in await decision.held_of(app.workspace, list(jobs)):
        report = await decision.report_ended(app.workspace, job)
        if report is None:
            app.say("The pilot has not ended yet: once it has, you see here what the others will cost.")
            continue
        name = one_line(report.pilot.name)
        question = Question(
            f"Send the other {amount(report.waiting, 'request')}, {rest_words(report)}?",
            (Group(f"The pilot of {name}", tuple(pilot_lines(report, advice=False))),),
            yes="send",
        )
        if await app.ask(question):
            await decision.release(app.workspace, job)
            free += [batch.key for batch in report.rest if batch.is_held]
    return free


async def _decide(app: Host, finding: Reconciliation) -> list[Batch]:
    """Act on what was found of one part. Returns it in a list where it may be sent now."""
    name = part_name(finding.batch)
    if finding.batch.state.is_at_api:
        app.say(f"{name} was found at the API and is tracked again.")
    elif finding.kind is VerdictKind.NOT_CREATED:
        return [finding.batch]
    elif finding.candidates and finding.kind in (VerdictKind.ASK, VerdictKind.WAIT):
        await _choose(app, finding)
    elif finding.kind in (VerdictKind.ABSENT, VerdictKind.ASK) and not finding.verdict.choices:
        if await app.ask(_absent(finding)):
            await reconcile.release(app.workspace, finding.batch)
            return [finding.batch]
    else:
        app.say(undecided_words(finding.batch, finding.verdict, finding.account, finding.wait))
    return []


async def _choose(app: Host, finding: Reconciliation) -> None:
    """Ask of each candidate whether it is the part. After a no to all, results tell once one has ended."""
    for remote in finding.candidates:
        if await app.ask(_is_it(finding, remote)):
            if await reconcile.adopt(app.workspace, finding.batch, remote):
                app.say(f"{part_name(finding.batch)} is {remote.id}, and is tracked again.")
            return
    name = part_name(finding.batch)
    app.say(f"{name} is still unknown. Once one of the candidates ends, its results show which: resume again then.")


def send_progress_words(event: SendEvent) -> str:
    """Return how sending goes, in a few words."""
    number = part_number(event.batch)
    part = f"{number}  " if number else ""
    words = {
        "uploading": f"sending  {part}{size(event.sent)} of {size(event.batch.bytes)}",
        "waiting": f"rate limited  {part}{countdown(event.seconds)}",
        "looking": f"no response, looking for it  {part}",
    }
    return words.get(event.kind, f"{event.kind}  {part}")


def _is_it(finding: Reconciliation, remote: RemoteBatch) -> Question:
    at = finding.candidates.index(remote) + 1
    facts = (
        f"{sanitize(remote.id)}",
        f"{amount(remote.counts.total, 'request')}, created {stamp(remote.created_at)}, {remote.processing_status}",
    )
    return Question(
        f"Is {part_name(finding.batch)} this batch?",
        (Group(f"{at} of {amount(len(finding.candidates), 'batch', 'batches')} that fit", facts),),
        remark="Its results are compared when it ends: a wrong one is noticed.",
        yes="this one",
    )


def _absent(finding: Reconciliation) -> Question:
    return Question(
        f"Resubmit {part_name(finding.batch)}: {amount(finding.batch.requests, 'request')}?",
        (Group(_WHY_ABSENT[finding.kind], (finding.batch.reason,)),),
        remark="If it exists after all, it will be billed twice.",
        yes="resubmit",
    )


_WHY_ABSENT = {
    VerdictKind.ABSENT: "Not found at the API, and too late for it to appear",
    VerdictKind.ASK: "Unknown whether it was sent: this registry may be a copy, or the list is incomplete",
}


def _sending(batches: Sequence[Batch]) -> Question:
    waiting = tuple(
        f"{part_name(batch)}  ({amount(batch.requests, 'request')})  {sanitize(batch.reason)}" for batch in batches
    )
    requests = amount(sum(batch.requests for batch in batches), "request")
    which = part_name(batches[0]) if len(batches) == 1 else amount(len(batches), "part")
    return Question(f"Submit {which}: {requests}?", (Group("Not at the API yet", waiting),), yes="submit")
