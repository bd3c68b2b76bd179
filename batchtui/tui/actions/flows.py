"""Cancel, delete, tag, rename and annotate batches: each plans, shows the plan, asks, applies it and reports.

The list of batches and the screen of one batch both use these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.services.batches.cancel import apply_cancel, plan_cancel
from batchtui.services.batches.delete import apply_delete, plan_delete
from batchtui.services.batches.labels import LabelEdit, label, read_tags, written_tags
from batchtui.services.batches.targets import job_ids
from batchtui.text.numbers import amount
from batchtui.text.safe import one_line, sanitize
from batchtui.tui.dialogs.confirm import Group, Question
from batchtui.tui.dialogs.text_prompt import TextPrompt
from batchtui.tui.messages import ActionFailed
from batchtui.tui.rendering.batch_text import batch_label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.domain.batch import Batch
    from batchtui.domain.job import Job
    from batchtui.services.batches.cancel import ActionResult, Skipped
    from batchtui.tui.host import Host

    Reading = Callable[[str], LabelEdit]

_UNPROVED = "Nothing proves that this batch is the job's: it may be somebody else's."
TYPED_FROM = 10
"""Deletions of this many batches or more ask for the number to be typed."""


async def cancel(app: Host, keys: Sequence[int]) -> None:
    """Cancel these batches after a question that shows which, and what is lost."""
    typed = await _unproved_id(app, keys)
    plan = await plan_cancel(app.workspace, keys, typed=(typed,))
    if plan.is_empty:
        _say_nothing_done(app, plan.skipped, "cancel")
        return
    question = Question(
        title=f"Cancel {amount(len(plan.cancel) + len(plan.drop), 'batch', 'batches')}?",
        groups=_groups(
            ("Running: requests without an answer get none, and are not billed", plan.cancel),
            ("Not sent yet: will not be sent", plan.drop),
        ),
        skipped=_skipped(plan.skipped),
        remark=_UNPROVED if typed else "Answers that are there already stay, and are billed.",
        yes="cancel",
        typed=typed,
    )
    if await app.ask(question):
        _report(app, await apply_cancel(app.workspace, plan), "canceled")


async def delete(app: Host, keys: Sequence[int]) -> None:
    """Delete these batches after a question that shows which, and what is lost."""
    typed = await _unproved_id(app, keys)
    plan = await plan_delete(app.workspace, keys, typed=(typed,))
    if plan.is_empty:
        _say_nothing_done(app, plan.skipped, "delete")
        return
    number = len(plan.delete) + len(plan.drop)
    question = Question(
        title=f"Delete {amount(number, 'batch', 'batches')}?",
        groups=_groups(
            ("At the API, for ever; what is saved here stays here", plan.delete),
            ("Only here: out of the list, the record stays", plan.drop),
            ("With these the results are lost: they are not saved", plan.losing),
        ),
        skipped=_skipped(plan.skipped),
        remark=_UNPROVED if typed else "This cannot be undone." if plan.delete else "",
        yes="delete",
        # A single key must not delete a whole list that was marked by accident.
        typed=typed or (str(number) if number >= TYPED_FROM else ""),
    )
    if await app.ask(question):
        _report(app, await apply_delete(app.workspace, plan), "deleted")


async def _unproved_id(app: Host, keys: Sequence[int]) -> str:
    """Return the id that has to be typed: of the one batch that was chosen, where nothing proves that it is a job's."""
    if len(keys) != 1:
        return ""
    batches = await app.workspace.registry.views.page(keys)
    return next((batch.id or "" for batch in batches if batch.is_unproved), "")


def copy_ids(app: Host, batches: Sequence[Batch | None]) -> None:
    """Copy the ids of these batches, one a line."""
    ids = [batch.id for batch in batches if batch and batch.id]
    if ids:
        app.copy("\n".join(ids), ids[0] if len(ids) == 1 else amount(len(ids), "id"))
    else:
        app.say("There is no id to copy yet.")


def _groups(*groups: tuple[str, Sequence[Batch]]) -> tuple[Group, ...]:
    return tuple(
        Group(words, tuple(f"{batch_label(batch)}  {amount(batch.requests, 'request')}" for batch in batches))
        for words, batches in groups
        if batches
    )


def _skipped(skipped: Sequence[Skipped]) -> tuple[str, ...]:
    return tuple(f"{batch_label(one.batch)}: {one.reason}" for one in skipped)


def _say_nothing_done(app: Host, skipped: Sequence[Skipped], word: str) -> None:
    if not skipped:
        app.say(f"There is nothing to {word} here.")
    elif len(skipped) == 1:
        app.say(f"{sanitize(skipped[0].batch.name)} is left alone: {skipped[0].reason}.")
    else:
        app.say(f"All {len(skipped)} are left alone; the first because {skipped[0].reason}.")


def _report(app: Host, outcomes: Sequence[ActionResult], done: str) -> None:
    """Say how many were done, and show the first error."""
    failed = [outcome for outcome in outcomes if outcome.error]
    if len(outcomes) > len(failed):
        app.say(f"{amount(len(outcomes) - len(failed), 'batch', 'batches')} {done}.")
    # All usually fail for the same reason; the journal has the others.
    for outcome in failed[:1]:
        if outcome.error:
            app.post_message(ActionFailed(outcome.error))


async def tag(app: Host, keys: Sequence[int]) -> None:
    """Edit the tags of these batches' jobs: of one job all its tags, of several what is added and removed."""
    jobs = await _jobs_of(app, keys)
    one = jobs[0] if len(jobs) == 1 else None
    title = f"Tags of {_named(jobs)}" + ("" if one else ": +this adds one, -that takes one away")
    text = written_tags(one.tags) if one else ""
    await _ask(app, jobs, title, text, read_tags if one else _added, 'nightly shop "two words", or +add -remove')


async def rename(app: Host, keys: Sequence[int]) -> None:
    """Give these batches' jobs another name."""
    jobs = await _jobs_of(app, keys)
    # Jobs of different names start with an empty field, not with the name of one of them.
    same = jobs[0].name if len({job.name for job in jobs}) == 1 else ""
    await _ask(app, jobs, f"The name of {_named(jobs)}", same, lambda text: LabelEdit(name=text), "a name")


async def annotate(app: Host, keys: Sequence[int]) -> None:
    """Edit the note on these batches' jobs."""
    jobs = await _jobs_of(app, keys)
    same = jobs[0].note if len({job.note for job in jobs}) == 1 else ""
    await _ask(app, jobs, f"A note on {_named(jobs)}", same, lambda text: LabelEdit(note=text), "empty for none")


async def _ask(app: Host, jobs: Sequence[Job], title: str, text: str, reading: Reading, placeholder: str) -> None:
    """Ask for one line, apply what it means to the jobs, and say how many have changed."""
    if not jobs:
        return
    dialog = TextPrompt(title, text, check=lambda typed: reading(typed).complaint, placeholder=placeholder)
    typed = await app.push_screen(dialog, wait_for_dismiss=True)
    if typed is None:
        return
    changed = await label(app.workspace, [job.id for job in jobs], reading(typed))
    app.say(f"{amount(len(changed), 'job')} changed." if changed else "Nothing is different.")


def _added(text: str) -> LabelEdit:
    """Return what typed tags mean for several jobs: a tag that is not named is neither added nor removed."""
    read = read_tags(text)
    return read if read.tags is None else LabelEdit(add=read.tags)


def _named(jobs: Sequence[Job]) -> str:
    return one_line(jobs[0].name)[:48] if len(jobs) == 1 else amount(len(jobs), "job")


async def _jobs_of(app: Host, keys: Sequence[int]) -> list[Job]:
    ids = await job_ids(app.workspace, keys)
    return [job for job_id in ids if (job := await app.workspace.registry.jobs.get(job_id)) is not None]
