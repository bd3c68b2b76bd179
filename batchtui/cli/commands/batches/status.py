"""`batchtui status`: how one batch or job stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.completion import BatchName
from batchtui.cli.views import target as target_view
from batchtui.cli.views.pilot import saved_report
from batchtui.text.sentences.verdicts import undecided_words

if TYPE_CHECKING:
    from batchtui.cli.session import Session
    from batchtui.services.batches.targets import Target
    from batchtui.services.workspace import Workspace


@define_command(
    "status",
    examples=["batchtui status @last", "batchtui status msgbatch_01Hk --json", "batchtui status nightly --offline"],
)
@click.argument("named", type=BatchName(), metavar="ID")
@click.option("--offline", is_flag=True, help="Show only what is stored here; no network is used.")
async def command(session: Session, named: str, offline: bool) -> None:
    """Ask the API and show the state of one batch or job.

    ID is a batch id or a unique beginning of one, a job's id or name, or @last. A full batch id that is not in the
    registry is looked up at the API, and the batch is imported. Parts whose create got no response are looked for;
    nothing is sent.
    """
    from batchtui.services.batches.adopt import find_or_import
    from batchtui.services.batches.targets import find_target
    from batchtui.services.results.outcomes import count_missing_outcomes

    async with session.workspace() as workspace:
        target = await (find_target if offline else find_or_import)(workspace, named)
        if not offline:
            await _ask(session, workspace, target)
        await count_missing_outcomes(workspace)
        target = await target_view.reload(workspace, target)
        # After the refresh and the count: they change what the outcomes are merged from.
        outcomes = await target_view.merged_outcomes(workspace, target)
        ends = await target_view.ends(workspace)
        warnings = await target_view.warnings_of(workspace, target)
        job = target.batches[0].job
        lineage = await workspace.registry.lineage.of(job)
        pilot = await saved_report(workspace, job) if any(batch.is_pilot for batch in target.batches) else None
        target_view.show_target(session, target, workspace.clock.now(), outcomes, ends, warnings, lineage, pilot)


async def _ask(session: Session, workspace: Workspace, target: Target) -> None:
    """Ask the API how the batches stand and what became of the parts of unknown fate. Nothing is sent."""
    from batchtui.domain.errors import BatchtuiError
    from batchtui.services.polling.refresh import refresh_batches
    from batchtui.services.submission.reconcile import look_over

    await refresh_batches(workspace, target.batches)
    try:
        findings = await look_over(workspace, target.batches)
    except BatchtuiError as error:  # what is known here is shown all the same
        session.notes.failure(error)
        return
    for finding in findings:
        if not finding.batch.state.is_at_api:
            session.notes.say(undecided_words(finding.batch, finding.verdict, finding.account, finding.wait))
