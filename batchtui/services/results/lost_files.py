"""Notice saved results whose file is gone or truncated, while the API still has them: `unsave_lost`.

A cleaned disk or a restored backup takes files away behind the registry's back. As long as the API has the results
they are downloaded again, so it is worth a look before their 29 days are over.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from batchtui.runtime.threads import run_in_thread
from batchtui.services.results.collect import unsave

if TYPE_CHECKING:
    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace

log = logging.getLogger(__name__)


async def unsave_lost(workspace: Workspace) -> list[Batch]:
    """Take back the word "saved" where the file is not on this disk as it was saved and the API still has the results.

    Only existence and size are compared, in one look at the folder: the content is checked when results are opened.

    Returns:
        The batches whose results have to be downloaded again.

    Raises:
        StorageError: the registry cannot be read or written.
    """
    views, store = workspace.registry.queries, workspace.registry.results
    lost: list[Batch] = []
    for batch in await views.page(await run_in_thread(store.lost, await views.saved_files(workspace.clock.now()))):
        # Looked at closely once more: it may have been saved or deleted since.
        if wrong := await run_in_thread(store.damage, batch):
            lost.append(await unsave(workspace, batch, wrong))
    return lost
