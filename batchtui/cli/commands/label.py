"""`batchtui label`: the names, tags and notes of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.completion import BatchName
from batchtui.cli.views import json_documents as documents
from batchtui.text.numbers import amount

if TYPE_CHECKING:
    from batchtui.cli.session import Session


@define_command(
    "label",
    examples=[
        "batchtui label nightly --tag shop --untag test",
        'batchtui label msgbatch_01Hk --name nightly-2 --note "prompt 7, temperature 0"',
    ],
)
@click.argument("names", type=BatchName(), metavar="ID…", nargs=-1, required=True)
@click.option("--name", metavar="N", help="What they are called from now on.")
@click.option("--tag", "add", multiple=True, metavar="T", help="Add a tag; may be repeated.")
@click.option("--untag", "remove", multiple=True, metavar="T", help="Take a tag away; may be repeated.")
@click.option("--note", metavar="TEXT", help='A note; "" takes it away.')
async def command(
    session: Session,
    names: tuple[str, ...],
    name: str | None,
    add: tuple[str, ...],
    remove: tuple[str, ...],
    note: str | None,
) -> None:
    """Name, tag and annotate jobs, here and not at the API. A batch's labels are those of its job."""
    from batchtui.services.batches.labels import LabelEdit, label
    from batchtui.services.batches.targets import find_targets

    async with session.workspace() as workspace:
        targets = await find_targets(workspace, names)
        jobs = [batch.job for target in targets for batch in target.batches]
        changed = await label(workspace, jobs, LabelEdit(name=name, note=note, add=add, remove=remove))
        batches = [batch for job in changed for batch in await workspace.registry.views.of_job(job.id)]
    if session.json:
        session.out.document(documents.batch_documents(batches))
    else:
        session.notes.say(f"{amount(len(changed), 'job')} labelled.")
