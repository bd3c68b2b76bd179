"""Read what became of one request in every attempt of its job: `read_history`."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import ResultsState
from batchtui.domain.errors import ResultsUnavailable
from batchtui.registry.results.job_results import JobResults
from batchtui.registry.results.merge import MergedResults
from batchtui.runtime.threads import run_cancellable, run_in_thread
from batchtui.services.batches.targets import whole_job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.results.result import ResultFacts
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """What became of a request in one attempt."""

    batch: Batch
    facts: ResultFacts
    stands: bool
    """Whether it is the one that counts for the job: the latest final success, else the latest of all."""


async def saved_batches(workspace: Workspace, job: str) -> tuple[Batch, ...]:
    """Return the batches of a job whose results are saved and here, by attempt and part."""
    store = workspace.registry.results
    batches = (await whole_job(workspace, job)).batches
    return tuple(batch for batch in batches if batch.results is ResultsState.SAVED and store.has(batch))


async def open_job_results(workspace: Workspace, job: str) -> JobResults:
    """Open the saved results of all parts and attempts of a job as one list. The caller closes it.

    Raises:
        ResultsUnavailable: no results of it are saved.
        StorageError: the disk refuses.
    """
    batches = await saved_batches(workspace, job)
    if not batches:
        raise ResultsUnavailable("There are no saved results of this job.")
    registry = workspace.registry

    def opened() -> JobResults:
        merged = MergedResults(batches, registry.results, registry.requests)
        try:
            return JobResults(merged)
        except BaseException:
            merged.close()
            raise

    return await run_cancellable(lambda _: opened(), let_go=JobResults.close)


async def read_history(workspace: Workspace, job: str, custom_id: str) -> tuple[AttemptResult, ...]:
    """Return what became of a request in every attempt that has a saved result of it, the first attempt first.

    Raises:
        StorageError: the disk refuses.
    """
    batches = await saved_batches(workspace, job)
    return await run_in_thread(_history, workspace, batches, custom_id)


def _history(workspace: Workspace, batches: Sequence[Batch], custom_id: str) -> tuple[AttemptResult, ...]:
    found: list[tuple[Batch, ResultFacts]] = []
    with ExitStack() as stack:
        for batch in batches:
            reader = stack.enter_context(workspace.registry.results.reader(batch))
            if (facts := reader.find(custom_id)) is not None:
                found.append((batch, facts))
    # The rule of MergedResults: a final success stands until a later one, anything else until anything later.
    stands = -1
    for at, (_, facts) in enumerate(found):
        if stands < 0 or facts.outcome.is_final or not found[stands][1].outcome.is_final:
            stands = at
    return tuple(AttemptResult(batch, facts, at == stands) for at, (batch, facts) in enumerate(found))
