"""Find the saved results that `results:NAME` means, and fetch those that are not saved yet: `find_results`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import ResultsUnavailable, UnknownTarget
from batchtui.domain.results.result import Outcome
from batchtui.services.batches.targets import find_target
from batchtui.services.results.collect import collect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace

SCHEME = "results:"
"""Begins the name of data that are saved results."""


@dataclass(frozen=True, slots=True)
class ResultSet:
    """Saved results of one job, all parts and attempts of it, or of one batch."""

    named: str
    """As the person wrote it, without the scheme."""
    job: str
    """The id of the job that they belong to."""
    name: str
    """The job's name."""
    batches: tuple[Batch, ...]
    only: frozenset[Outcome] | None = None
    """Only results with these outcomes; None for all."""
    left_out: int = 0
    """Batches whose results are gone or were deleted."""


def is_results(name: str | None) -> bool:
    """Whether data of this name are saved results."""
    return name is not None and name.startswith(SCHEME)


async def find_results(
    workspace: Workspace, named: str, only: frozenset[Outcome] = frozenset(), *, fetch: bool = False
) -> ResultSet:
    """Find the results of a batch or a job: an id or its beginning, a name, or `@last`.

    Args:
        workspace: where to look.
        named: with or without the scheme.
        only: outcomes to take; `succeeded` takes those that end with a tool call, too.
        fetch: whether results that have ended and are not saved are fetched from the API first.

    Raises:
        UnknownTarget: there is no such batch or job.
        ResultsUnavailable: they are not saved, or not all of them have ended.
        GatewayError, StorageError: as `collect`.
    """
    named = named.removeprefix(SCHEME)
    if not named:
        raise UnknownTarget(
            "`results:` needs the name of a batch or job.", hint="For example `results:@last`, or `results:NAME`."
        )
    target = await find_target(workspace, named)
    batches = [await _saved(workspace, batch, named, fetch=fetch) for batch in target.batches]
    store = workspace.registry.results
    there = await asyncio.to_thread(lambda: [batch for batch in batches if batch is not None and store.has(batch)])
    if not there:
        raise ResultsUnavailable(f"No results of {named} are saved.", hint="They are gone or were deleted.")
    if Outcome.SUCCEEDED in only:
        only |= {Outcome.TOOL_USE}
    first = there[0]
    return ResultSet(named, first.job, first.name, tuple(there), only or None, len(batches) - len(there))


async def find_all(
    workspace: Workspace, names: Sequence[str], only: frozenset[Outcome] = frozenset(), *, fetch: bool = False
) -> dict[str, ResultSet]:
    """Find the results of those names that mean results, by name; other names are left to others.

    Raises:
        UnknownTarget, ResultsUnavailable, GatewayError, StorageError: as `find_results`.
    """
    return {name: await find_results(workspace, name, only, fetch=fetch) for name in names if is_results(name)}


async def _saved(workspace: Workspace, batch: Batch, named: str, *, fetch: bool) -> Batch | None:
    """Return a batch with saved results; None where it will never have any.

    Raises:
        ResultsUnavailable: its results are to come.
    """
    if batch.results is ResultsState.SAVED:
        return batch
    if batch.results is ResultsState.GONE or batch.state in (BatchState.DELETED, BatchState.MISSING):
        return None
    who = batch.id or batch.name
    if batch.state is not BatchState.ENDED:
        raise ResultsUnavailable(
            f"The results of {named} are not complete: {who} has not ended.",
            hint=f"`batchtui wait {named}` waits for the end and saves them.",
        )
    if not fetch:
        raise ResultsUnavailable(
            f"The results of {who} are not saved yet.", hint=f"`batchtui results {named}` fetches them."
        )
    return await collect(workspace, batch)
