"""Attach the requests of a batch that was made elsewhere, so that retries and joins work: `attach_requests`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import InputError, UsageError
from batchtui.registry.requests.store import RequestReader
from batchtui.services.results.collect import collect
from batchtui.services.submission.staging.stage import IntakeOptions, stage

if TYPE_CHECKING:
    from batchtui.domain.batches.batch import Batch
    from batchtui.services.batches.targets import Target
    from batchtui.services.submission.staging.check_pass import Staged
    from batchtui.services.workspace import Workspace

EXAMPLES = 3
"""custom_ids that are named where they differ."""


async def attach_requests(workspace: Workspace, target: Target, file: str) -> Batch:
    """Keep the requests in a file as those of a batch that was made elsewhere. Returns the batch.

    They are checked by custom_ids against its results, which are fetched where it has ended; of a batch in progress
    the number is compared now, and the custom_ids when its results come.

    Raises:
        UsageError: it is no single batch made elsewhere, or the requests are not those of it.
        InputError: the file has errors.
        ResultsUnavailable, ResultsDamaged, GatewayError: there are no results to check them by.
    """
    [batch, *others] = target.batches
    if others or not batch.is_foreign or workspace.registry.requests.has(batch.job):
        raise UsageError(
            f"Only a batch created elsewhere can get requests; those of {target.named} are stored already.",
            hint="Pass the id of one batch.",
        )
    if batch.state is BatchState.ENDED:
        batch = await collect(workspace, batch)
    # With the usual options, as overrides would change what is compared and later sent again.
    staged = await stage(workspace, [file], IntakeOptions())
    requests = staged.requests
    try:
        await asyncio.to_thread(_refuse_other_requests, workspace, batch, staged, file)
        workspace.registry.requests.commit(requests, batch.job)
    except BaseException:
        workspace.registry.requests.discard(requests)
        raise
    models = tuple(staged.report.models)
    await workspace.registry.batches.attach(batch.key, requests, source=file, models=models)
    return await workspace.registry.batches.get(batch.key)


def _refuse_other_requests(workspace: Workspace, batch: Batch, checked: Staged, file: str) -> None:
    if checked.report.errors:
        raise InputError(
            f"{file} has errors and was not attached. `batchtui check` lists them.", problems=checked.report.problems
        )
    staged = checked.requests
    promised = batch.counts.total
    if len(staged.parts) != 1 or (promised and staged.requests != promised):
        raise UsageError(f"{file} has {staged.requests:,} requests, and {batch.id} has {promised:,}.")
    if batch.state is not BatchState.ENDED:
        return
    with RequestReader(staged.folder, staged.attempt) as requests:
        sent = set(requests.custom_ids())
    with workspace.registry.results.reader(batch) as reader:
        answered = {custom_id for _, custom_id, _ in reader.custom_ids()}
    # Both ways: a missing id and an additional one each mean another file.
    if differing := sorted(sent ^ answered):
        named = ", ".join(differing[:EXAMPLES])
        raise UsageError(
            f"{file} does not contain the requests of {batch.id}: {len(differing):,} custom_ids differ ({named})."
        )
