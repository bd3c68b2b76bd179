"""`batchtui wait`: until the end, then the results are saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.completion import BatchName
from batchtui.cli.flows import save_results
from batchtui.cli.options import DurationType, allow_failures_option, overwrite_option

if TYPE_CHECKING:
    from batchtui.cli.session import Session


@define_command(
    "wait",
    examples=[
        "batchtui wait @last",
        "batchtui wait nightly answers.jsonl && ./next-step",
        "batchtui wait msgbatch_01Hk - --timeout 2h | jq .custom_id",
    ],
)
@click.argument("named", type=BatchName(), metavar="ID")
@click.argument("output", metavar="[OUTPUT]", required=False)
@click.option(
    "--poll-interval", type=DurationType(least=0.01), metavar="SECONDS", help="The polling interval (default: adapts)."
)
@click.option(
    "--timeout",
    type=DurationType(),
    metavar="SECONDS",
    help="Stop waiting after this long (default: 86400 seconds and a grace period).",
)
@overwrite_option
@allow_failures_option
async def command(
    session: Session,
    named: str,
    output: str | None,
    poll_interval: float | None,
    timeout: float | None,
    overwrite: bool,
    allow_failures: bool,
) -> int:
    """Wait until a batch or all batches of a job have ended, then save the results, to OUTPUT if it is given.

    Interrupting it cancels nothing. Exits with 4 if not every request succeeded (a truncated or refused answer did
    not), with 5 on a timeout.
    """
    # Now and not when the results are here: that may be a day later.
    save_results.refuse_existing(output, overwrite=overwrite)
    save_results.refuse_two_on_stdout(session, output)
    patience = save_results.WaitOptions(poll_interval, timeout, allow_failures)
    async with session.workspace() as workspace:
        options = save_results.to_file(output, overwrite=overwrite)
        ended_with = await save_results.wait_and_save(session, workspace, named, options, patience)
    save_results.say_what_comes_next(session, named, output, ended_with)
    return ended_with
