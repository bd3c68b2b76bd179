"""`batchtui label`: the names, tags and notes of jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from batchtui.cli.command import define_command
from batchtui.cli.completion import BatchName
from batchtui.cli.views import json_documents as documents
from batchtui.domain.errors import UsageError
from batchtui.text.numbers import amount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.cli.session import Session
    from batchtui.domain.batches.batch import Batch
    from batchtui.services.batches.targets import Target
    from batchtui.services.workspace import Workspace


@define_command(
    "label",
    examples=[
        "batchtui label nightly --tag shop --untag test",
        "batchtui label msgbatch_01HkF4xG2Lm8Qp5Rt7Vw9Yzb --requests tickets.jsonl",
        'batchtui label msgbatch_01Hk --name nightly-2 --note "prompt 7, temperature 0"',
    ],
)
@click.argument("names", type=BatchName(), metavar="ID…", nargs=-1, required=True)
@click.option("--name", metavar="N", help="The new name.")
@click.option("--tag", "add", multiple=True, metavar="T", help="Add a tag; may be repeated.")
@click.option("--untag", "remove", multiple=True, metavar="T", help="Remove a tag; may be repeated.")
@click.option("--requests", "file", metavar="FILE", help="Attach the requests of a batch created elsewhere.")
@click.option("--note", metavar="TEXT", help='A note; "" removes it.')
async def command(
    session: Session,
    names: tuple[str, ...],
    name: str | None,
    add: tuple[str, ...],
    remove: tuple[str, ...],
    note: str | None,
    file: str | None,
) -> None:
    """Name, tag and annotate jobs, here and not at the API. A batch has the labels of its job.

    --requests attaches the requests of a batch created elsewhere, checked by their custom_ids: then it can be retried,
    and its results joined with its requests.
    """
    from batchtui.services.batches.adopt import find_or_import_all
    from batchtui.services.batches.labels import LabelEdit, label

    async with session.workspace() as workspace:
        targets = await find_or_import_all(workspace, names)
        # First, as it may be refused: then no label has been changed.
        attached = await _attach(workspace, targets, file) if file else None
        jobs = [batch.job for target in targets for batch in target.batches]
        changed = await label(workspace, jobs, LabelEdit(name=name, note=note, add=add, remove=remove))
        touched = dict.fromkeys([*(job.id for job in changed), *([attached.job] if attached else [])])
        batches = [batch for job in touched for batch in await workspace.registry.queries.of_job(job)]
    if session.json:
        session.out.document(documents.batch_documents(batches))
    else:
        if attached:
            session.notes.say(f"{amount(attached.requests, 'request')} attached to {attached.id}.")
        if changed or not attached:
            session.notes.say(f"{amount(len(changed), 'job')} labelled.")


async def _attach(workspace: Workspace, targets: Sequence[Target], file: str) -> Batch:
    from batchtui.services.results.attach import attach_requests

    if len(targets) != 1:
        raise UsageError("--requests needs exactly one batch id.", hint="Pass one batch id with --requests.")
    return await attach_requests(workspace, targets[0], file)
