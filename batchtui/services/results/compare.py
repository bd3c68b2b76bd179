"""Compare the answers of two batches or jobs that share custom_ids: `compare`."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import ResultsState
from batchtui.domain.errors import ResultsUnavailable, StorageError
from batchtui.registry.results.pairs import ResultPairs
from batchtui.runtime.threads import run_cancellable
from batchtui.services.batches.targets import Target
from batchtui.services.spending.ledger import read_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.results.result import Outcome
    from batchtui.domain.results.usage import Usage
    from batchtui.registry.results.reader import ResultReader
    from batchtui.registry.results.store import ResultStore
    from batchtui.services.workspace import Workspace

LOOKED_THROUGH = 300
"""How many of the newest batches are searched for ones with the same custom_ids."""
SAMPLES = 8
"""How many custom_ids of each are looked up."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared."""

    name: str
    models: tuple[str, ...]
    outcomes: Mapping[Outcome, int]
    """Of the results that count: over attempts the latest success, else the latest."""
    usage: Usage
    """Of all its results, as they were billed."""
    cost: Decimal | None
    """USD of all its results; None where any of it is unknown."""
    left_out: int = 0
    """Batches of it without results here."""

    @property
    def results(self) -> int:
        """How many results count."""
        return sum(self.outcomes.values())

    @property
    def succeeded(self) -> int:
        """How many of them need no second look."""
        return sum(number for outcome, number in self.outcomes.items() if outcome.is_success)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides and the pairs of their answers. The caller closes `pairs`."""

    first: Side
    second: Side
    pairs: ResultPairs


async def compare(
    workspace: Workspace, first: Target, second: Target, *, on_progress: Callable[[int, int], None] | None = None
) -> Comparison:
    """Join the saved results of two batches or jobs by custom_id, on a thread. Canceled, it leaves nothing open.

    Args:
        workspace: where the results are.
        first: what is compared with …
        second: … this; better, worse and changed are seen from the first.
        on_progress: is called on the event loop with how many pairs are joined, and of how many at most.

    Raises:
        ResultsUnavailable: one of both has no saved results.
        StorageError: the disk refuses.
    """
    loop, stop = asyncio.get_running_loop(), threading.Event()
    saved = [_saved(workspace, target) for target in (first, second)]

    def heard(progress: tuple[int, int]) -> None:
        if on_progress:
            loop.call_soon_threadsafe(on_progress, *progress)

    work = partial(_joined, saved, workspace.registry.results, stop.is_set)
    # `pairs` holds files open, so a canceled caller closes them (`let_go`).
    pairs = await run_cancellable(work, heard, give_up=stop.set, let_go=ResultPairs.close)
    try:
        one, other = [
            await _side(workspace, target, batches, outcomes)
            for target, batches, outcomes in zip((first, second), saved, pairs.outcomes, strict=True)
        ]
    except BaseException:
        pairs.close()
        raise
    return Comparison(one, other, pairs)


def _joined(
    saved: Sequence[Sequence[Batch]],
    store: ResultStore,
    is_stopped: Callable[[], bool],
    told: Callable[[tuple[int, int]], None],
) -> ResultPairs:
    pairs = ResultPairs(saved[0], saved[1], store)
    try:
        pairs.join(lambda done, at_most: told((done, at_most)), is_stopped)
    except BaseException:
        pairs.close()
        raise
    return pairs


def _saved(workspace: Workspace, target: Target) -> list[Batch]:
    store = workspace.registry.results
    saved = [batch for batch in target.batches if batch.results is ResultsState.SAVED and store.has(batch)]
    if not saved:
        raise ResultsUnavailable(
            f"The results of {target.named} are not saved, so they cannot be compared.",
            hint="`batchtui results ID` downloads them once the batch has ended.",
        )
    return saved


async def _side(
    workspace: Workspace, target: Target, batches: Sequence[Batch], outcomes: Mapping[Outcome, int]
) -> Side:
    spent = (await read_ledger(workspace, batches=[batch.key for batch in batches])).total
    models = dict.fromkeys(model for batch in batches for model in batch.models)
    name = target.job.name if target.job else batches[0].name
    return Side(name, tuple(models), outcomes, spent.usage, spent.cost, len(target.batches) - len(batches))


# ── what a batch can be compared with ──────────────────────────────────────────────────────────────────────────────


async def find_comparable(workspace: Workspace, batch: Batch) -> list[Batch]:
    """Return batches with results of the same custom_ids, newest first: one for each other job, and of its own all.

    Judged by a few custom_ids of either, and only for the newest batches.
    """
    views = workspace.registry.queries
    saved = await views.saved_keys()
    newest = [key for key in await views.order() if key in saved and key != batch.key][:LOOKED_THROUGH]
    others = await views.page(newest)
    return await asyncio.to_thread(_comparable, workspace, batch, others)


def _comparable(workspace: Workspace, batch: Batch, others: Sequence[Batch]) -> list[Batch]:
    found: dict[object, Batch] = {}
    store = workspace.registry.results
    if not store.has(batch):
        return []
    with store.reader(batch) as reader:
        # Newest first, and one for each job: the first of a job that fits stands for all its batches.
        for other in others:
            stands_for = other.key if other.job == batch.job else other.job
            if stands_for in found:
                continue
            try:
                with store.reader(other) as its:
                    if shares_ids(reader, its):
                        found[stands_for] = other
            except (ResultsUnavailable, StorageError):
                continue
    return list(found.values())


def shares_ids(one: ResultReader, other: ResultReader) -> bool:
    """Return whether a few custom_ids out of either set of results have a result in the other."""
    return _has_some_of(other, one) or _has_some_of(one, other)


def _has_some_of(reader: ResultReader, other: ResultReader) -> bool:
    # Spread over the whole set: two jobs may share their first requests and no others.
    step = max(1, other.count // SAMPLES)
    return any(reader.find(facts.custom_id) for facts in other.page(range(1, other.count + 1, step)[:SAMPLES]))


async def targets_of(workspace: Workspace, batch: Batch, other: Batch) -> tuple[Target, Target]:
    """Return what two batches stand for in a comparison: each for its whole job; for itself alone within one job."""
    if batch.job == other.job:
        return Target(batch.name, (batch,)), Target(other.name, (other,))
    first, second = [await _job_of(workspace, one) for one in (batch, other)]
    return first, second


async def _job_of(workspace: Workspace, batch: Batch) -> Target:
    registry = workspace.registry
    return Target(batch.name, tuple(await registry.queries.of_job(batch.job)), await registry.jobs.get(batch.job))
