"""`count_sample`: have the API count the tokens of a few staged requests, for a better estimate.

What is counted, and what follows from it for the rest, `services.estimates.token_counting` decides; it knows nothing of
staging, because composed requests that lie in memory are counted in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.registry.requests.store import RequestReader
from batchtui.services.estimates.token_counting import count_groups

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.services.estimates.token_counting import TokenCounts
    from batchtui.services.submission.staging.stage import IntakeOptions, Staged
    from batchtui.services.workspace import Workspace


async def count_sample(
    workspace: Workspace, staged: Staged, options: IntakeOptions, on_progress: Callable[[int, int], None] | None = None
) -> TokenCounts:
    """Have a few requests of each kind counted, the weightiest kinds first. Creates nothing, and costs nothing.

    What cannot be counted is estimated from its bytes, and the reason noted. `on_progress` gets how many were counted,
    of how many.

    Raises:
        CredentialsMissing, Refused: there are no credentials, or the API refuses them.
    """
    return await count_groups(
        workspace, staged.loads, lambda places: _read(staged, places), options.api_version, options.betas, on_progress
    )


def _read(staged: Staged, places: Sequence[int]) -> list[bytes]:
    with RequestReader(staged.requests.folder, staged.requests.attempt) as reader:
        return [reader.read(facts) for facts in reader.page(places)]
