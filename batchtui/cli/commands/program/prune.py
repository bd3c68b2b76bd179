"""`batchtui prune`: plan what is safe to remove, ask, remove, and report the space freed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.confirm import require_yes
from batchtui.cli.exit_codes import ExitCode
from batchtui.cli.options import LONGEST_DAYS, Count, yes_option
from batchtui.text.numbers import amount, size
from batchtui.text.safe import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.cli.session import Session
    from batchtui.cli.views.json_documents import Document
    from batchtui.services.batches.prune import Pruned, PrunePlan, Removal


@define_command(
    "prune", examples=["batchtui prune", "batchtui prune --dry-run --json", "batchtui prune --older-than 30 --yes"]
)
@click.option(
    "--older-than",
    type=Count(0, LONGEST_DAYS),
    metavar="DAYS",
    help="Also delete requests and results of jobs whose batches were all deleted at least this many days ago, and"
    " damaged files of that age.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be deleted; delete nothing.")
@yes_option
async def command(session: Session, older_than: int | None, dry_run: bool, yes: bool) -> int:
    """Free space: delete requests never sent and downloads never finished, which interrupted processes left behind.

    Nothing is deleted that is not saved or not sent, that belongs to an unknown part, or that was written within the
    last day. What was saved of deleted batches is deleted only with --older-than; the registry keeps its record of
    them.
    """
    from batchtui.services.batches.prune import Pruned, apply_prune, plan_prune

    async with session.workspace() as workspace:
        plan = await plan_prune(workspace, older_than=None if older_than is None else timedelta(days=older_than))
        pruned = Pruned((), ())
        if plan.removals and not dry_run:
            # With --yes nobody reads the plan before; what was deleted is printed afterwards.
            if not yes:
                _say_plan(session, plan)
            question = f"Delete {amount(len(plan.removals), 'item')}, {size(plan.bytes)}?"
            require_yes(session.notes, question, yes=yes, lost="Nothing was deleted.")
            pruned = await apply_prune(workspace, plan)
    _show(session, plan, pruned, dry_run=dry_run)
    return ExitCode.FAILED if pruned.failed else ExitCode.DONE


def _say_plan(session: Session, plan: PrunePlan) -> None:
    for removal in plan.removals:
        session.notes.say(_words(removal))


def _show(session: Session, plan: PrunePlan, pruned: Pruned, *, dry_run: bool) -> None:
    if session.json:
        session.out.document(
            {
                "plan": _documents(plan.removals),
                "removed": _documents(pruned.removed),
                "failed": [{**_document(removal), "error": error} for removal, error in pruned.failed],
                "bytes": plan.bytes if dry_run else pruned.bytes,
            }
        )
        return
    session.out.lines(_words(removal) for removal in (plan.removals if dry_run else pruned.removed))
    for removal, error in pruned.failed:
        session.notes.say(f"Still there: {one_line(removal.name)}: {one_line(error)}")
    if not plan.removals:
        session.notes.say("Nothing to delete.")
    elif dry_run:
        session.notes.say(f"{size(plan.bytes)} in all. Nothing was deleted.")
    else:
        session.notes.say(f"{size(pruned.bytes)} freed.")


def _words(removal: Removal) -> str:
    return f"{one_line(removal.name)}: {removal.reason} ({size(removal.bytes)})"


def _documents(removals: Sequence[Removal]) -> list[Document]:
    return [_document(removal) for removal in removals]


def _document(removal: Removal) -> Document:
    return {
        "kind": removal.kind,
        "name": removal.name,
        "reason": removal.reason,
        "paths": [str(path) for path in removal.paths],
        "bytes": removal.bytes,
    }
