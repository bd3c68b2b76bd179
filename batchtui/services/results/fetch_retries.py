"""Fetch results until they are saved or the time is up, waiting out passing faults: `collect_with_retries`.

Results are paid for and the API deletes them after 29 days, so an overloaded API, a rate limit, a broken or stalled
download or a 404 that passes is a reason to try again, and to say so, but not to end with an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import (
    AnswerLost,
    BatchtuiError,
    RateLimited,
    ResultsBusy,
    ResultsDamaged,
    ResultsUnavailable,
    SpendLimitReached,
)
from batchtui.services.results.collect import collect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.results.collect import CollectProgress
    from batchtui.services.workspace import Workspace

FETCH_TIMEOUT = 900.0
"""Seconds that a command which only fetches keeps trying, unless another limit is given."""
BACK_OFF = (2.0, 5.0, 15.0, 30.0, 60.0)
"""Seconds after the first, second … failure in a row."""
NOT_SHOWN_FOR = 300.0
"""Seconds for which a 404 on results that should exist is taken for a passing one: it happens after the end."""
DAMAGED_TRIES = 3
"""Downloads that end early are tried so often: a server that sends the same incomplete results each time will go on."""


@dataclass(frozen=True, slots=True)
class FetchRetry:
    """A failed try to fetch the results of one batch; another one follows."""

    batch: Batch
    error: BatchtuiError
    seconds: float
    """Until the next try."""


@dataclass(frozen=True, slots=True)
class FetchListeners:
    """Functions that are called while results are fetched."""

    on_progress: Callable[[Batch, CollectProgress], None] | None = None
    on_retry: Callable[[FetchRetry], None] | None = None


async def collect_all(
    workspace: Workspace,
    batches: Sequence[Batch],
    *,
    timeout: float = FETCH_TIMEOUT,
    accept: bool = False,
    listeners: FetchListeners | None = None,
) -> list[tuple[Batch, BatchtuiError]]:
    """Save the results of all ended batches among these. Returns those that failed, each with its error.

    A batch that fails holds up no other one: each is tried at least once, also when the time is up.

    Args:
        workspace: where they are saved.
        batches: those that have not ended, or whose results are gone, are passed over.
        timeout: seconds for all of them together.
        accept: whether results that are not whole are saved, marked as such.
        listeners: hear of progress and of retries.
    """
    began = workspace.clock.monotonic()
    failed: list[tuple[Batch, BatchtuiError]] = []
    for batch in batches:
        # Saved ones too: their file may have been changed since, or be gone.
        if batch.results is not ResultsState.SAVED and (
            batch.state is not BatchState.ENDED or batch.results is ResultsState.GONE
        ):
            continue
        left = max(timeout - (workspace.clock.monotonic() - began), 0.0)
        try:
            await collect_with_retries(workspace, batch, timeout=left, accept=accept, listeners=listeners)
        except (AnswerLost, RateLimited, ResultsBusy, ResultsDamaged, ResultsUnavailable) as error:
            failed.append((batch, error))
    return failed


async def collect_with_retries(
    workspace: Workspace,
    batch: Batch,
    *,
    timeout: float = FETCH_TIMEOUT,
    accept: bool = False,
    listeners: FetchListeners | None = None,
) -> Batch:
    """Save the results of an ended batch; after a passing fault try again, until `timeout` seconds are over.

    Returns the batch as it is then.

    Raises:
        ResultsUnavailable, ResultsBusy, ResultsDamaged, FateUnknown, StorageError: as `collect`, when
            trying again does not help.
        GatewayError: the API refuses, or the time is up.
    """
    told = listeners or FetchListeners()
    clock, began, failures = workspace.clock, workspace.clock.monotonic(), 0
    damaged = 0

    def show(progress: CollectProgress) -> None:
        if told.on_progress:
            told.on_progress(batch, progress)

    while True:
        try:
            left = max(timeout - (clock.monotonic() - began), 0.0)
            return await collect(workspace, batch, on_progress=show, accept=accept, patience=left)
        except (AnswerLost, RateLimited, ResultsDamaged, ResultsUnavailable) as error:
            failures += 1
            damaged += isinstance(error, ResultsDamaged)
            elapsed = clock.monotonic() - began
            if not await _may_pass(workspace, batch, error, elapsed=elapsed, damaged=damaged):
                raise
            seconds = retry_delay(error, failures)
            # To ask earlier than the server wants to be asked would not help either.
            if elapsed >= timeout or (_asked_for(error) or 0.0) > timeout - elapsed:
                raise
            seconds = min(seconds, timeout - elapsed)
            if told.on_retry:
                told.on_retry(FetchRetry(batch, error, seconds))
        # Outside the except block: a sleep that is canceled there would name the fetch as its cause.
        await clock.sleep(seconds)


def retry_delay(error: BatchtuiError, failures: int, steps: Sequence[float] = BACK_OFF) -> float:
    """Return the seconds until the next try after so many failures in a row, or longer where the server says so."""
    return max(steps[min(failures, len(steps)) - 1], _asked_for(error) or 0.0)


def _asked_for(error: BatchtuiError) -> float | None:
    return error.retry_after if isinstance(error, (AnswerLost, RateLimited)) else None


async def _may_pass(workspace: Workspace, batch: Batch, error: BatchtuiError, *, elapsed: float, damaged: int) -> bool:
    """Return whether another try may succeed where this one failed."""
    if isinstance(error, ResultsDamaged):
        return damaged < DAMAGED_TRIES
    if isinstance(error, ResultsUnavailable):
        # The registry tells a 404 on results that should exist from those that are gone, deleted or not there yet.
        now = await workspace.registry.batches.get(batch.key)
        is_there = now.state is BatchState.ENDED and now.results in (ResultsState.NONE, ResultsState.PARTIAL)
        return is_there and elapsed < NOT_SHOWN_FOR
    return not isinstance(error, SpendLimitReached)
