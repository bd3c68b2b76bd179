"""`batchtui delete`: a plan, a yes, and each deletion checked by reading back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.completion import BatchName
from batchtui.cli.flows import batch_actions
from batchtui.cli.options import yes_option

if TYPE_CHECKING:
    from batchtui.cli.session import Session


@define_command(
    "delete",
    examples=[
        "batchtui delete msgbatch_01Hk",
        "batchtui delete old-run --local",
        "batchtui delete stuck --local --force",
        "batchtui delete @last --yes",
    ],
)
@click.argument("names", type=BatchName(), metavar="ID…", nargs=-1, required=True)
@click.option("--local", "locally", is_flag=True, help="Forget it locally; the batch stays at the API.")
@click.option("--force", is_flag=True, help="Delete even if the results are not saved; they are lost.")
@yes_option
async def command(session: Session, names: tuple[str, ...], locally: bool, force: bool, yes: bool) -> int:
    """Delete ended batches at the API, permanently. Results that were saved here stay here.

    Refuses while results are not saved, unless --force is given. With --local batches are only forgotten here:
    `batchtui sync`, or any command with the batch id, imports them again.

    A batch that is not proved to be the job's (its create got no response) is only deleted if you pass its full id,
    and an imported one if you pass its id or the first 12 characters of it or more.
    """
    from batchtui.services.batches.delete import apply_delete, plan_delete

    # Forgetting a batch here changes nothing at the API, so it is allowed while read-only.
    async with session.workspace() if locally else session.acting_workspace() as workspace:
        keys = await batch_actions.keys_of(workspace, names)
        plan = await plan_delete(workspace, keys, locally=locally, force=force, typed=names)
        losing = {batch.key: "its results will be lost" for batch in plan.losing}
        shown = batch_actions.ActionPlan(
            "delete", {"delete at the API": plan.delete, "forget locally": plan.drop}, plan.skipped, losing
        )
        batch_actions.ask(session, shown, yes=yes)
        outcomes = [] if plan.is_empty else await apply_delete(workspace, plan)
    return batch_actions.show_outcomes(session, shown, outcomes)
