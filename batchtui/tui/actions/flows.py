"""What changes something at the API, as a conversation: a plan, a question that shows it, the doing, and a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.services.batches.cancel import apply_cancel, plan_cancel
from batchtui.services.batches.delete import apply_delete, plan_delete
from batchtui.text.numbers import amount
from batchtui.text.safe import sanitize
from batchtui.tui.dialogs.confirm import Group, Question
from batchtui.tui.messages import ActionFailed
from batchtui.tui.rendering.batch_text import batch_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batch import Batch
    from batchtui.services.batches.cancel import ActionResult, Skipped
    from batchtui.tui.host import Host

TYPED_FROM = 10
"""From so many batches on, a deletion asks for their number."""


async def cancel(app: Host, keys: Sequence[int]) -> None:
    """Cancel these batches, once a person has seen what that means and said yes."""
    plan = await plan_cancel(app.workspace, keys)
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
        remark="Answers that are there already stay, and are billed.",
        yes="cancel",
    )
    if await app.ask(question):
        _report(app, await apply_cancel(app.workspace, plan), "canceled")


async def delete(app: Host, keys: Sequence[int]) -> None:
    """Delete these batches, once a person has seen what is lost and said yes."""
    plan = await plan_delete(app.workspace, keys)
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
        remark="This cannot be undone." if plan.delete else "",
        yes="delete",
        typed=str(number) if number >= TYPED_FROM else "",
    )
    if await app.ask(question):
        _report(app, await apply_delete(app.workspace, plan), "deleted")


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
    failed = [outcome for outcome in outcomes if outcome.error]
    if len(outcomes) > len(failed):
        app.say(f"{amount(len(outcomes) - len(failed), 'batch', 'batches')} {done}.")
    for outcome in failed[:1]:
        if outcome.error:
            app.post_message(ActionFailed(outcome.error))
