"""`batchtui compare`: two batches or jobs that answer the same custom_ids, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.completion import BatchName
from batchtui.cli.flows import save_results
from batchtui.cli.views import comparison as comparison_view
from batchtui.text.numbers import count

if TYPE_CHECKING:
    from batchtui.cli.session import Session


@define_command(
    "compare",
    examples=[
        "batchtui compare nightly-haiku nightly-sonnet",
        "batchtui compare nightly @last --changes",
        "batchtui compare msgbatch_01Hk msgbatch_02Zx --json",
    ],
)
@click.argument("first", type=BatchName(), metavar="FIRST")
@click.argument("second", type=BatchName(), metavar="SECOND")
@click.option("--changes", is_flag=True, help="Also list every custom_id whose outcome or answer differs.")
async def command(session: Session, first: str, second: str, changes: bool) -> None:
    """Compare the results of two batches or jobs by custom_id: two models, two prompts, before and after.

    Shows outcomes, tokens and cost of both, and how many answers are the same, changed, now succeed or now fail.
    Results that are not saved yet are downloaded first. Of a job, each custom_id's latest success counts, else its
    latest outcome.
    """
    from batchtui.services.batches.adopt import find_or_import_all
    from batchtui.services.results.compare import compare

    async with session.workspace() as workspace:
        targets = await find_or_import_all(workspace, (first, second))
        one, other = [await save_results.ensure_collected(session, workspace, target) for target in targets]
        comparison = await compare(
            workspace,
            one,
            other,
            on_progress=lambda done, most: session.notes.progress(f"comparing {count(done)} of at most {count(most)}"),
        )
        session.notes.close()
        # The pairs hold the files of both sides open, and close them with this.
        with comparison.pairs:
            comparison_view.show_comparison(session, comparison, changes=changes)
