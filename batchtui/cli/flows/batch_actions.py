"""Carry out an action on chosen batches: show the plan, ask, report each outcome: `ActionPlan`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from batchtui.cli.confirm import require_yes
from batchtui.cli.exit_codes import ExitCode
from batchtui.cli.views import json_documents as documents
from batchtui.domain.batches.states import BatchState
from batchtui.text.glyphs import STATES
from batchtui.text.numbers import amount
from batchtui.text.safe import sanitize
from batchtui.text.sentences.batch_names import batch_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchtui.cli.session import Session
    from batchtui.domain.batches.batch import Batch
    from batchtui.services.batches.cancel import ActionResult, Skipped
    from batchtui.services.workspace import Workspace

_NOT_DONE = {"cancel": "Not canceled", "delete": "Not deleted"}


@dataclass(frozen=True, slots=True)
class ActionPlan:
    """A plan of an action, as a person is asked about it."""

    word: str
    """The name of the action: cancel, delete."""
    groups: Mapping[str, Sequence[Batch]]
    """What would be done, in words, and to which batches."""
    skipped: Sequence[Skipped]
    remarks: Mapping[int, str] = field(default_factory=dict)
    """What else has to be said about a batch, by its key."""

    @property
    def batches(self) -> int:
        """How many batches something would be done to."""
        return sum(map(len, self.groups.values()))


async def keys_of(workspace: Workspace, names: Sequence[str]) -> list[int]:
    """Find the batches that several words mean, each once. Raises `UnknownTarget`."""
    from batchtui.services.batches.adopt import find_or_import_all

    targets = await find_or_import_all(workspace, names)
    # A job and one of its batches may both be named: each batch is taken once.
    return list(dict.fromkeys(batch.key for target in targets for batch in target.batches))


def ask(session: Session, plan: ActionPlan, *, yes: bool) -> None:
    """Show what would be done, and ask. Raises `ConsentNeeded` unless the answer is yes."""
    for skipped in plan.skipped:
        session.notes.say(f"{_NOT_DONE[plan.word]}: {batch_label(skipped.batch)}: {skipped.reason}.")
    if not plan.batches:
        return
    if not yes:
        # With --yes nobody decides by the plan, and the outcomes name every batch.
        for words, batches in plan.groups.items():
            for batch in batches:
                remark = f": {plan.remarks[batch.key]}" if batch.key in plan.remarks else ""
                session.notes.say(f"Will {words}: {batch_label(batch)}{remark}")
    question = f"{plan.word.capitalize()} {amount(plan.batches, 'batch', 'batches')}?"
    require_yes(session.notes, question, yes=yes, lost="Nothing was done.")


def show_outcomes(session: Session, plan: ActionPlan, outcomes: Sequence[ActionResult]) -> int:
    """Print the result of each batch. Returns the exit code: failed where one failed, or none could be acted on."""
    failed = [outcome for outcome in outcomes if outcome.error]
    if session.json:
        session.out.document(
            {
                "done": documents.batch_documents(outcome.batch for outcome in outcomes if not outcome.error),
                "failed": [
                    {
                        "batch": documents.batch_document(outcome.batch),
                        "error": documents.failure_document(outcome.error),
                    }
                    for outcome in failed
                    if outcome.error
                ],
                "skipped": [
                    {"batch": documents.batch_document(skipped.batch), "reason": skipped.reason}
                    for skipped in plan.skipped
                ],
            }
        )
    else:
        for outcome in outcomes:
            if outcome.error:
                session.notes.say(f"{batch_label(outcome.batch)}:")
                session.notes.failure(outcome.error)
            else:
                reason = f": {sanitize(outcome.batch.reason)}" if outcome.batch.state is BatchState.DELETED else ""
                word = STATES[outcome.batch.state].word
                session.out.line(f"{batch_label(outcome.batch)}: {word}{reason.rstrip(': ')}")
    # Nothing done is a failure, too: a script goes on as if the batches were canceled.
    return ExitCode.FAILED if failed or not outcomes else ExitCode.DONE
