"""Cancel, delete, tag, rename and annotate batches: each plans, shows the plan, asks, applies it and reports.

The list of batches and the screen of one batch both use these. Each returns whether anything was done, so that the list
can clear its marks: they would go into the next action as well.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.domain.submission.send_evidence import VerdictKind
from batchtui.services.batches.cancel import apply_cancel, plan_cancel
from batchtui.services.batches.delete import apply_delete, plan_delete
from batchtui.services.batches.labels import LabelEdit, label, read_tags, restore_labels, written_tags
from batchtui.services.batches.targets import job_ids
from batchtui.services.submission.verdict import may_change
from batchtui.text.money import usd_fine
from batchtui.text.numbers import amount, count
from batchtui.text.safe import one_line
from batchtui.text.sentences.batch_names import part_name
from batchtui.text.sentences.outcome_words import batch_outcome_words
from batchtui.tui.commands.key_text import text_naming_keys
from batchtui.tui.dialogs.confirm import Group, Question
from batchtui.tui.dialogs.text_prompt import TextPrompt
from batchtui.tui.host import UndoStep
from batchtui.tui.messages import ActionFailed
from batchtui.tui.rendering.batch_text import short_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.job import Job
    from batchtui.services.batches.cancel import ActionResult, Skipped
    from batchtui.tui.host import Host

    Reading = Callable[[str], LabelEdit]

_NOT_SURELY_OURS = {
    VerdictKind.LIKELY: "Nothing proves that this batch is the job's: it may be somebody else's.",
    VerdictKind.ASK: "This batch was created elsewhere: it may be somebody else's.",
}
"""What is said of a batch whose id has to be typed."""
TYPED_FROM = 10
"""Actions on this many batches or more ask for the number to be typed."""
_WHY_NOT_DELETED = {
    BatchState.IN_PROGRESS: "it is in progress: {batches.cancel} cancels it first",
    BatchState.CANCELING: "it is being canceled: delete it once it has ended",
    BatchState.UNKNOWN: "it is unknown whether it was created: {batches.resume} looks for it",
    BatchState.ENDED: "its results are not saved: open it, {batch.fetch} downloads them",
}
"""Why a batch is not deleted, with the key that helps; for other states the service's own reason is right."""
_WHY_NOT_CANCELED = {
    BatchState.UNKNOWN: "it is unknown whether it was created: {batches.resume} looks for it",
    BatchState.ENDED: "it has ended already",
    BatchState.CANCELING: "it is being canceled already",
}


async def cancel(app: Host, keys: Sequence[int]) -> bool:
    """Cancel these batches after a question that shows which, and what is lost. Returns whether it was done."""
    typed, doubt = await _id_to_type(app, keys)
    plan = await plan_cancel(app.workspace, keys, typed=(typed,))
    skipped = _reasons(app, plan.skipped, _WHY_NOT_CANCELED)
    if plan.is_empty:
        _say_nothing_done(app, plan.skipped, skipped, "canceled")
        return False
    batches = (*plan.cancel, *plan.drop)
    question = Question(
        title=f"Cancel {_figures(batches)}?",
        groups=_groups(
            ("in progress: requests not processed yet are not billed", plan.cancel),
            ("not sent yet: will not be sent", plan.drop),
        ),
        skipped=skipped,
        remark=doubt or ("Answers so far are kept and billed." if plan.cancel else ""),
        yes="cancel",
        typed=typed or _number_to_type(batches),
        destroys=True,
    )
    if not await app.ask(question):
        return False
    _report_cancel(app, await _with_undo(app, plan.drop, partial(apply_cancel, app.workspace, plan)))
    return True


async def delete(app: Host, keys: Sequence[int]) -> bool:
    """Delete these batches after a question that shows which, and what is lost. Returns whether it was done."""
    typed, doubt = await _id_to_type(app, keys)
    plan = await plan_delete(app.workspace, keys, typed=(typed,))
    skipped = _reasons(app, plan.skipped, _WHY_NOT_DELETED)
    if plan.is_empty:
        _say_nothing_done(app, plan.skipped, skipped, "deleted")
        return False
    batches = (*plan.delete, *plan.drop)
    question = Question(
        title=f"Delete {_figures(batches)}?",
        groups=_groups(
            ("at the API; results that are saved here stay here", plan.delete),
            ("locally: removed from the list; the batch stays at the API", plan.drop),
            ("whose results are not saved: they will be lost", plan.losing),
        ),
        skipped=skipped,
        remark=doubt or ("Deleting at the API cannot be undone." if plan.delete else ""),
        yes="delete",
        # A single key must not delete a whole list that was marked by accident.
        typed=typed or _number_to_type(batches),
        destroys=True,
    )
    if not await app.ask(question):
        return False
    outcomes = await _with_undo(app, plan.drop, partial(apply_delete, app.workspace, plan))
    done = [outcome.batch for outcome in outcomes if not outcome.error]
    if done:
        app.say(f"Deleted {_named_batches(done)}.{_undo_words(app, bool(plan.drop) and not plan.delete)}")
    _show_first_error(app, outcomes)
    return True


async def _with_undo(
    app: Host, dropped: Sequence[Batch], apply: Callable[[], Awaitable[list[ActionResult]]]
) -> list[ActionResult]:
    """Apply a plan, and remember how what it takes out of the list only here can be put back."""
    outcomes = await apply()
    # Only what was dropped here can be put back: what was deleted or canceled at the API stays so.
    before = {batch.key: batch for batch in dropped}
    # With its revision: `undrop` puts nothing back that was changed in the meantime.
    gone = [one.batch for one in outcomes if one.batch.key in before and one.batch.state is BatchState.DELETED]
    if gone:

        async def put_back() -> bool:
            changes = app.workspace.registry.batches
            return any([await changes.undrop(before[batch.key], batch.revision) for batch in gone])

        app.can_undo(UndoStep(f"removed {_named_batches(gone)} from the list", put_back))
    return outcomes


def _report_cancel(app: Host, outcomes: Sequence[ActionResult]) -> None:
    """Say which cancellations are requested, and which batches had ended or were never sent."""
    done = [outcome.batch for outcome in outcomes if not outcome.error]
    asked = [batch for batch in done if batch.state.is_running]
    ended = [batch for batch in done if batch.state is BatchState.ENDED]
    dropped = [batch for batch in done if batch.state is BatchState.DELETED]
    said = []
    if asked:
        said.append(f"Cancel requested for {_named_batches(asked)}.")
    if ended:
        how = f": {batch_outcome_words(ended[0])}" if len(ended) == 1 else ""
        said.append(f"{_named_batches(ended)} ended{how}.")
    if dropped:
        said.append(f"{_named_batches(dropped)} will not be sent.{_undo_words(app, True)}")
    if said:
        app.say(" ".join(said))
    _show_first_error(app, outcomes)


def _undo_words(app: Host, is_undoable: bool) -> str:
    keys = app.keymap.get("app.undo", ()) if is_undoable else ()
    return f" {keys[0]} undoes it." if keys else ""


def _show_first_error(app: Host, outcomes: Sequence[ActionResult]) -> None:
    """Show the first error: all usually fail for the same reason, and the journal has the others."""
    failed = [outcome for outcome in outcomes if outcome.error]
    if len(failed) > 1:
        app.say(f"{count(len(failed))} of {amount(len(outcomes), 'batch', 'batches')} failed.", tone="error")
    # One at a time: a box for each of a hundred would have to be closed a hundred times.
    for outcome in failed[:1]:
        if outcome.error:
            app.post_message(ActionFailed(outcome.error))


async def _id_to_type(app: Host, keys: Sequence[int]) -> tuple[str, str]:
    """Return the id that has to be typed, and why: of the one batch that was chosen, where it may be somebody else's.

    Both are empty where nothing has to be typed. Where several batches are chosen, such ones are skipped.
    """
    batches = await app.workspace.registry.queries.page(keys) if len(keys) == 1 else []
    for batch in batches:
        if batch.bound and (doubt := _NOT_SURELY_OURS.get(may_change(batch.bound, None).kind)):
            return batch.bound.id, doubt
    return "", ""


def copy_ids(app: Host, batches: Sequence[Batch | None]) -> None:
    """Copy the ids of these batches, one a line."""
    ids = [batch.id for batch in batches if batch and batch.id]
    if ids:
        app.copy("\n".join(ids), ids[0] if len(ids) == 1 else amount(len(ids), "id"))
    else:
        app.say("There is no id to copy yet.")


def _number_to_type(batches: Sequence[Batch]) -> str:
    return str(len(batches)) if len(batches) >= TYPED_FROM else ""


def _figures(batches: Sequence[Batch]) -> str:
    """Return how many batches and requests these are, and what they come to as far as that is known."""
    requests = amount(sum(batch.requests for batch in batches), "request")
    costs = [batch.cost_estimate if batch.cost_actual is None else batch.cost_actual for batch in batches]
    known = sum((cost for cost in costs if cost is not None), Decimal(0))
    # A sum without one of its parts would look like a lower price.
    money = f", about {usd_fine(known)}" if known and None not in costs else ""
    which = part_name(batches[0]) if len(batches) == 1 else amount(len(batches), "batch", "batches")
    return f"{which}: {requests}{money}"


def _groups(*groups: tuple[str, Sequence[Batch]]) -> tuple[Group, ...]:
    return tuple(
        Group(
            f"{count(len(batches))} {words}" if len(batches) > 1 else f"{words[:1].upper()}{words[1:]}",
            tuple(f"{_with_id(batch)}  {amount(batch.requests, 'request')}" for batch in batches),
        )
        for words, batches in groups
        if batches
    )


def _with_id(batch: Batch) -> str:
    named = part_name(batch)
    return named if batch.id in (None, batch.name) else f"{named}  {short_id(batch)}"


def _named_batches(batches: Sequence[Batch]) -> str:
    """Name one batch; of several say how many there are."""
    return part_name(batches[0]) if len(batches) == 1 else amount(len(batches), "batch", "batches")


def _reasons(app: Host, skipped: Sequence[Skipped], words: Mapping[BatchState, str]) -> tuple[str, ...]:
    """Return each batch that is not touched, and why, with the keys that help."""
    return tuple(
        f"{part_name(one.batch)}: {text_naming_keys(app, words.get(one.batch.state, one.reason))}" for one in skipped
    )


def _say_nothing_done(app: Host, skipped: Sequence[Skipped], reasons: Sequence[str], done: str) -> None:
    if not skipped:
        app.say(f"There is nothing to be {done} here.")
    elif len(skipped) == 1:
        app.say(f"Not {done}: {reasons[0]}.")
    else:
        app.say(f"None of the {count(len(skipped))} was {done}: {reasons[0]}, and so on.")


async def tag(app: Host, keys: Sequence[int]) -> bool:
    """Edit the tags of these batches' jobs: of one job all its tags, of several what is added and removed."""
    jobs = await _jobs_of(app, keys)
    one = jobs[0] if len(jobs) == 1 else None
    title = f"Tags for {_named(jobs)}" + ("" if one else " (+tag adds, -tag removes)")
    text = written_tags(one.tags) if one else ""
    return await _ask(app, jobs, title, text, read_tags if one else _added, 'nightly shop "two words", or +add -remove')


async def rename(app: Host, keys: Sequence[int]) -> bool:
    """Give these batches' jobs another name."""
    jobs = await _jobs_of(app, keys)
    # Jobs of different names start with an empty field, not with the name of one of them.
    same = jobs[0].name if len({job.name for job in jobs}) == 1 else ""
    return await _ask(app, jobs, f"Name of {_named(jobs)}", same, lambda text: LabelEdit(name=text), "a name")


async def annotate(app: Host, keys: Sequence[int]) -> bool:
    """Edit the note on these batches' jobs."""
    jobs = await _jobs_of(app, keys)
    same = jobs[0].note if len({job.note for job in jobs}) == 1 else ""
    return await _ask(app, jobs, f"Note on {_named(jobs)}", same, lambda text: LabelEdit(note=text), "empty for none")


async def _ask(app: Host, jobs: Sequence[Job], title: str, text: str, reading: Reading, placeholder: str) -> bool:
    """Ask for one line, apply what it means to the jobs, and say what has changed. Returns whether anything has."""
    if not jobs:
        return False
    dialog = TextPrompt(title, text, check=lambda typed: reading(typed).complaint, placeholder=placeholder)
    typed = await app.push_screen(dialog, wait_for_dismiss=True)
    if typed is None:
        return False
    changed = {job.id: job for job in await label(app.workspace, [job.id for job in jobs], reading(typed))}
    if not changed:
        app.say(f"{_named(jobs)}: nothing to change.")
        return False
    before = [job for job in jobs if job.id in changed]
    said = (
        _change_words(before[0], changed[before[0].id]) if len(before) == 1 else f"changed {amount(len(before), 'job')}"
    )

    async def restore() -> bool:
        return bool(await restore_labels(app.workspace, before))

    app.can_undo(UndoStep(said, restore))
    app.say(f"{said[:1].upper()}{said[1:]}.{_undo_words(app, True)}")
    return True


def _change_words(before: Job, after: Job) -> str:
    """Say what has changed about one job."""
    name = one_line(before.name)[:48]
    if before.name != after.name:
        return f"renamed {name} to {one_line(after.name)[:48]}"
    if before.tags != after.tags:
        return f"tagged {name}: {one_line(', '.join(after.tags))[:60]}" if after.tags else f"removed the tags of {name}"
    return f"wrote the note on {name}" if after.note else f"removed the note on {name}"


def _added(text: str) -> LabelEdit:
    """Return what typed tags mean for several jobs: a tag that is not named is neither added nor removed."""
    read = read_tags(text)
    return read if read.tags is None else LabelEdit(add=read.tags)


def _named(jobs: Sequence[Job]) -> str:
    return one_line(jobs[0].name)[:48] if len(jobs) == 1 else amount(len(jobs), "job")


async def _jobs_of(app: Host, keys: Sequence[int]) -> list[Job]:
    ids = await job_ids(app.workspace, keys)
    return [job for job_id in ids if (job := await app.workspace.registry.jobs.get(job_id)) is not None]
