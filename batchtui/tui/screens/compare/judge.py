"""Judge chosen jobs, or show the verdict of a judge job: `judge`. It plans, shows the plan, asks, sends and reports.

One job is compared with the newest earlier one that has the same custom_ids, and scored alone where there is none. The
rubric is the one that was used last, so that a changed prompt is judged with two keys.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from batchtui.domain.errors import BatchtuiError
from batchtui.judging.rubric import read_rubric
from batchtui.services.batches.targets import job_ids, whole_job
from batchtui.services.compose.judging.plan import JudgeOptions, last_rubric, plan_judge, remember_rubric
from batchtui.services.compose.judging.verdict import read_verdict
from batchtui.services.results.compare import find_comparable
from batchtui.services.spending.budget import enforce_limits
from batchtui.services.submission.submit import apply_submit, discard
from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line
from batchtui.text.sentences.estimates import about_words, estimate_lines
from batchtui.text.sentences.verdicts_of_judges import group_words
from batchtui.tui.dialogs.confirm import Group, Question
from batchtui.tui.dialogs.text_prompt import TextPrompt
from batchtui.tui.submit.flows import report_submitted, send_progress_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.results.judgment import Rubric
    from batchtui.services.batches.targets import Target
    from batchtui.services.compose.judging.plan import JudgePlan
    from batchtui.tui.host import Host


async def judge(app: Host, keys: Sequence[int]) -> None:
    """Judge the jobs of these batches: two together, one with an earlier one; of a judge job say its verdict.

    Raises:
        ResultsUnavailable: results are not saved yet.
        CostLimit: it may cost more than a limit allows.
    """
    jobs = await job_ids(app.workspace, keys)
    if len(jobs) not in (1, 2):
        app.say("Mark one job to score its answers, or two to compare them.")
        return
    if len(jobs) == 1 and await app.workspace.registry.judges.get(jobs[0]):
        await say_verdict(app, jobs[0])
        return
    app.workspace.refuse_if_read_only()
    targets = [await whole_job(app.workspace, job) for job in jobs]
    targets.sort(key=lambda target: min(batch.planned_at for batch in target.batches))
    if len(targets) == 1 and (earlier := await _earlier(app, targets[0].batches)) is not None:
        targets.insert(0, earlier)
    rubric = await _rubric(app)
    if rubric is None:
        return
    with app.busy() as say:
        say("planning  the judge job")
        second = targets[1] if len(targets) > 1 else None
        plan = await plan_judge(app.workspace, targets[0], second, rubric, JudgeOptions())
    try:
        await enforce_limits(app.workspace, plan.submit.estimate, None)
        if await app.ask(_question(plan, targets)):
            with app.busy() as say:
                sent = await apply_submit(
                    app.workspace, plan.submit, on_event=lambda event: say(send_progress_words(event))
                )
            report_submitted(app, sent)
    finally:
        discard(app.workspace, plan.submit)


async def say_verdict(app: Host, job: str) -> None:
    """Say who wins, or the mean score, on the message line."""
    verdict = await read_verdict(app.workspace, job)
    app.say("; ".join(group_words(verdict.whole, [one_line(name) for name in verdict.names])))


async def _earlier(app: Host, batches: Sequence[Batch]) -> Target | None:
    """Return the newest earlier job with results of the same custom_ids that is no judge job."""
    for other in await find_comparable(app.workspace, batches[0]):
        is_judge = await app.workspace.registry.judges.get(other.job) is not None
        if other.job != batches[0].job and other.planned_at < batches[0].planned_at and not is_judge:
            return await whole_job(app.workspace, other.job)
    return None


async def _rubric(app: Host) -> Rubric | None:
    """Return the rubric that was used last, else the one in a file that the person names; None where they do not."""
    kept = await last_rubric(app.workspace)
    if kept is not None and Path(kept).is_file():
        return read_rubric(Path(kept))
    dialog = TextPrompt("Rubric", "", check=_complaint, placeholder="a file: .md, .toml or plain text")
    typed = await app.push_screen(dialog, wait_for_dismiss=True)
    if typed is None:
        return None
    path = Path(typed.strip()).expanduser()
    rubric = read_rubric(path)
    await remember_rubric(app.workspace, path)
    return rubric


def _complaint(typed: str) -> str:
    try:
        read_rubric(Path(typed.strip()).expanduser())
    except BatchtuiError as error:
        return one_line(error.message)
    return ""


def _question(plan: JudgePlan, targets: Sequence[Target]) -> Question:
    names = [one_line(target.named) for target in targets]
    record = plan.record
    left_out = tuple(f"{count(one.count)} {one_line(one.reason)}" for one in record.omissions)
    asked = f"{amount(record.items, 'pair')}, each in both orders" if record.second else amount(record.items, "answer")
    groups = [Group(asked, (", ".join(criterion.name for criterion in record.rubric.criteria),))]
    if left_out:
        groups.append(Group("Not judged", left_out))
    groups.append(Group("Cost", tuple(estimate_lines(plan.submit.estimate))))
    title = f"Judge {names[-1]} against {names[0]}" if record.second else f"Judge {names[0]}"
    return Question(
        f"{title}{about_words(plan.submit.estimate.cost)}?", tuple(groups), remark=" ".join(plan.notes), yes="judge"
    )
