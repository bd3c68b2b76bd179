"""Find what a person names, and import a batch from the API that the registry does not know: `find_or_import`.

A full batch id is enough: from the Console, from a log, from a colleague, or of a batch that was forgotten here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import BatchNotFound, BatchtuiError, UnknownTarget
from batchtui.services.batches.sync import bring_in
from batchtui.services.batches.targets import find_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.services.batches.targets import Target
    from batchtui.services.workspace import Workspace

FULL_ID = re.compile(r"msgbatch_[A-Za-z0-9_-]{16,128}")
"""The API's ids have 24 characters after the underscore; other servers' have other lengths. A beginning of an id that
is shorter names a batch of the registry, and nothing is asked."""


async def find_or_import(workspace: Workspace, named: str) -> Target:
    """Find the batch or job that a word names; a full batch id that is not in the registry is imported.

    A batch that was forgotten here comes back in the same way, where the API still has it.

    Raises:
        UnknownTarget: it means nothing, or more than one thing.
        BatchNotFound: the API has no such batch in this workspace.
        CredentialsMissing, GatewayError: the API cannot be asked.
    """
    try:
        target = await find_target(workspace, named)
    except UnknownTarget:
        if not FULL_ID.fullmatch(named):
            raise
        await _import(workspace, named)
        return await find_target(workspace, named)
    batch = target.batches[0] if target.batches else None
    if batch is not None and batch.id == named and batch.state is BatchState.DELETED:
        await _bring_back(workspace, named)
        return await find_target(workspace, named)
    return target


async def find_or_import_all(workspace: Workspace, names: Sequence[str]) -> list[Target]:
    """Find the batches or jobs that several words name, each as `find_or_import` does."""
    return [await find_or_import(workspace, named) for named in names]


async def _import(workspace: Workspace, batch_id: str) -> None:
    gateway = await workspace.gateway()
    try:
        remote = await gateway.retrieve(batch_id)
    except BatchNotFound as error:
        raise BatchNotFound(
            f"The API has no such batch in this workspace: {batch_id}.",
            hint="Check the id; a batch of another workspace needs its credentials (--profile NAME).",
            status=error.status,
            request_id=error.request_id,
        ) from error
    # Other servers ignore what they do not know in a path; another batch must not be taken for the one that was named.
    if remote.id != batch_id:
        raise UnknownTarget(f"The API responded with another batch than {batch_id}.")
    await bring_in(workspace, remote)


async def _bring_back(workspace: Workspace, batch_id: str) -> None:
    """Restore a batch that was forgotten here; one that the API does not show, or cannot be asked about, stays so."""
    # Forgotten here, not deleted at the API: for those a call could only end in 404.
    if not await workspace.registry.batches.is_forgotten(batch_id):
        return
    try:
        remote = await (await workspace.gateway()).retrieve(batch_id)
    except BatchtuiError:
        return
    await workspace.registry.batches.restore([remote])
