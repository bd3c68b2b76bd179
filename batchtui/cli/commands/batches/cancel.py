"""`batchtui cancel`: a plan, a yes, and each cancellation checked by reading back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.completion import BatchName
from batchtui.cli.flows import batch_actions
from batchtui.cli.options import yes_option

if TYPE_CHECKING:
    from batchtui.cli.session import Session


@define_command("cancel", examples=["batchtui cancel msgbatch_01Hk", "batchtui cancel nightly eval-7 --yes"])
@click.argument("names", type=BatchName(), metavar="ID…", nargs=-1, required=True)
@yes_option
async def command(session: Session, names: tuple[str, ...], yes: bool) -> int:
    """Cancel batches in progress, and drop parts that were not sent yet.

    Answers so far are kept and billed; what has not begun is not billed. A batch that is not proved to be the job's
    (its create got no response) is only canceled if you pass its full id, and an imported one if you pass its id or
    the first 12 characters of it or more.
    """
    from batchtui.services.batches.cancel import apply_cancel, plan_cancel

    async with session.acting_workspace() as workspace:
        # `typed`: only a person who types a whole id takes the risk that an unproved batch is somebody else's.
        plan = await plan_cancel(workspace, await batch_actions.keys_of(workspace, names), typed=names)
        shown = batch_actions.ActionPlan(
            "cancel", {"cancel at the API": plan.cancel, "drop, because it was not sent": plan.drop}, plan.skipped
        )
        batch_actions.ask(session, shown, yes=yes)
        outcomes = [] if plan.is_empty else await apply_cancel(workspace, plan)
    return batch_actions.show_outcomes(session, shown, outcomes)
