"""Wait for the end of a batch or a whole job: `wait`."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from batchtui.domain.batches.batch import RequestCounts
from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.errors import (
    AnswerLost,
    FateUnknown,
    NeverSent,
    RateLimited,
    Refused,
    ResultsBusy,
    ResultsDamaged,
    ResultsUnavailable,
    StorageError,
    WaitTimedOut,
)
from batchtui.services.polling import maintenance, refresh
from batchtui.services.polling.pilot import decision
from batchtui.services.results.collect import collect
from batchtui.services.reuse.fill import awaited, fill_all
from batchtui.services.submission import resume
from batchtui.services.workspace import is_elsewhere, refuse_other_account
from batchtui.text.durations import span

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.services.workspace import Workspace

log = logging.getLogger(__name__)
DEFAULT_TIMEOUT = 86_400.0
"""Seconds: a batch expires after a day."""
TIMEOUT_GRACE = 900.0
"""Seconds added to it: an expired batch ends a little later."""
MISSING_FOR = timedelta(minutes=30)
"""How long a wait goes on asking for a batch that the API does not show: such a 404 often passes."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The progress of a wait."""

    batches: tuple[Batch, ...]
    elapsed: float
    """Seconds since the wait began."""
    message: str = ""
    """Why the last refresh failed, where the API did not answer."""

    @property
    def counts(self) -> RequestCounts:
        """The counts of all parts together."""
        return sum((batch.counts for batch in self.batches), RequestCounts())


async def wait(
    workspace: Workspace,
    keys: Sequence[int],
    *,
    poll_interval: float | None = None,
    timeout: float | None = None,
    on_progress: Callable[[Waiting], None] | None = None,
) -> tuple[Batch, ...]:
    """Wait until nothing more will happen to these batches by itself. Waiting parts are sent meanwhile.

    A rate limit, a network that is down, a locked registry or a batch that the API does not show for a while are waited
    out; only the timeout ends the wait early.

    Returns:
        The batches as they stand: ended, missing or deleted; or unknown or planned where a person has to decide.

    Raises:
        WaitTimedOut: still running when the time was up; nothing was canceled.
        CredentialsMissing, Refused: asking again would not help.
        OtherAccount: all that still runs belongs to another account than the credentials in use.
    """
    limit = time_limit(timeout)
    began = workspace.clock.monotonic()
    batches: tuple[Batch, ...] = ()
    while True:
        # Looked first: what has ended by now needs no waiting at all.
        message, seconds = await _look(workspace, keys)
        try:
            batches = tuple(await workspace.registry.queries.page(keys))
        except StorageError as error:  # locked for long, or a row that cannot be read: neither ends a wait
            if not batches:
                raise
            message = error.message
        elapsed = workspace.clock.monotonic() - began
        if on_progress:
            on_progress(Waiting(batches, elapsed, message))
        open_batches = [batch for batch in batches if _is_open(workspace, batch)]
        if (
            workspace.account is not None
            and open_batches
            and all(is_elsewhere(b, workspace.account) for b in open_batches)
        ):
            refuse_other_account(open_batches[0], workspace.account)
        if not open_batches:
            return batches
        if elapsed >= limit:
            raise WaitTimedOut(
                f"{len(open_batches)} of {len(batches)} batches are still in progress after {span(elapsed)}.",
                hint="Nothing was canceled. Wait again, or open the dashboard.",
            )
        pause = seconds or poll_interval or maintenance.interval_for(workspace, open_batches)
        # Never longer than the time that is left, and never zero: that would be a busy loop.
        await workspace.clock.sleep(min(pause, max(limit - elapsed, 0.05)))


def refuse_undecided(batches: Sequence[Batch]) -> None:
    """Refuse batches whose end cannot be waited for before a person has decided.

    Raises:
        FateUnknown: the answer to a submission was lost.
        NeverSent: a part was not sent, and waits for a person.
    """
    for batch in batches:
        # It waits for the decision about a pilot, whose end was waited for.
        if batch.is_held:
            continue
        if batch.state in (BatchState.UNKNOWN, BatchState.SUBMITTING):
            raise FateUnknown(
                f"It is unknown whether {batch.name} part {batch.part} was created.",
                hint="`batchtui resume` looks for it at the API.",
            )
        if batch.state is BatchState.PLANNED:
            raise NeverSent(
                f"{batch.name} part {batch.part} was not sent. {batch.reason}".strip(),
                hint="`batchtui resume` sends it.",
            )


def time_limit(timeout: float | None) -> float:
    """Return the seconds that a wait may take: those that were asked for, else the lifetime of a batch and a grace."""
    return DEFAULT_TIMEOUT + TIMEOUT_GRACE if timeout is None else timeout


async def _look(workspace: Workspace, keys: Sequence[int]) -> tuple[str, float | None]:
    """Refresh, and send on what waited. Returns why that failed, and the seconds of `retry-after`."""
    try:
        batches = await workspace.registry.queries.page(keys)
        # Answers that are reused may still be in the making, in batches of other jobs.
        origins = await awaited(workspace, batches)
        batches += [batch for batch in origins if batch.key not in set(keys)]
        await refresh.refresh_batches(workspace, [batch for batch in batches if batch.state.is_running])
        for batch in batches:
            if batch.state is BatchState.MISSING:
                await refresh.refresh_batches(workspace, [batch])
        await _send_on(workspace)
        await save_awaited(workspace, origins)
    except RateLimited as error:
        return error.message, error.retry_after or workspace.settings.refresh.slow
    except (AnswerLost, StorageError) as error:
        return error.message, None
    return "", None


async def save_awaited(workspace: Workspace, origins: Sequence[Batch]) -> None:
    """Save the results of ended batches that parts wait for, so that these get their answers."""
    for batch in await workspace.registry.queries.page([batch.key for batch in origins]):
        if batch.state is BatchState.ENDED and batch.results in (ResultsState.NONE, ResultsState.PARTIAL):
            try:
                await collect(workspace, batch)
            except (ResultsUnavailable, ResultsDamaged, ResultsBusy) as error:
                log.warning("answers of %s are waited for and could not be saved: %s", batch.id, error)
    await fill_all(workspace)


async def _send_on(workspace: Workspace) -> None:
    """Send on what waited. A part that the API refuses is reported where it belongs, and ends no other job's wait."""
    try:
        await decision.go_on(workspace)
        await resume.send_waiting(workspace)
    except Refused as error:
        log.warning("a waiting part was refused: %s", error)


def _is_open(workspace: Workspace, batch: Batch) -> bool:
    """Return whether anything will still happen to a batch by itself."""
    if batch.state is BatchState.MISSING:
        heard = batch.refreshed_at or batch.created_at
        return heard is not None and workspace.clock.now() - heard < MISSING_FOR
    return batch.state.is_running or _is_fed(workspace, batch)


def _is_fed(workspace: Workspace, batch: Batch) -> bool:
    """Whether a part that waits will be sent by itself: not where nothing may be sent, nor at another account."""
    return (
        batch.state is BatchState.PLANNED
        and batch.not_before is not None
        and not workspace.is_read_only
        and not is_elsewhere(batch, workspace.account)
    )
