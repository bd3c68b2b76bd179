"""Wait for the end of a batch or a whole job: `wait`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from batchtui.domain.batch import RequestCounts
from batchtui.domain.errors import AnswerLost, FateUnknown, NeverSent, RateLimited, WaitTimedOut
from batchtui.domain.states import BatchState
from batchtui.services.polling import maintenance as tend
from batchtui.services.polling import refresh
from batchtui.services.submission import resume
from batchtui.services.workspace import is_elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.domain.batch import Batch
    from batchtui.services.workspace import Workspace

DEFAULT_TIMEOUT = 86_400.0
"""Seconds: a batch expires after a day."""
TIMEOUT_GRACE = 900.0
"""Seconds added to it: an expired batch ends a little later."""


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

    A rate limit or a network that is down is waited out; only the timeout ends the wait early.

    Returns:
        The batches as they stand: ended, missing or deleted; or unknown or planned where a person has to decide.

    Raises:
        WaitTimedOut: still running when the time was up; nothing was cancelled.
        CredentialsMissing, Refused: asking again would not help.
    """
    limit = DEFAULT_TIMEOUT + TIMEOUT_GRACE if timeout is None else timeout
    began = workspace.clock.monotonic()
    while True:
        message, seconds = await _look(workspace, keys)
        batches = tuple(await workspace.registry.views.page(keys))
        elapsed = workspace.clock.monotonic() - began
        if on_progress:
            on_progress(Waiting(batches, elapsed, message))
        open_batches = [batch for batch in batches if batch.state.is_running or _is_fed(workspace, batch)]
        if not open_batches:
            return batches
        if elapsed >= limit:
            raise WaitTimedOut(
                f"{len(open_batches)} of {len(batches)} batches still run after {timedelta(seconds=round(elapsed))}.",
                hint="Nothing was cancelled: wait again, or open the dashboard.",
            )
        pause = seconds or poll_interval or tend.interval_for(workspace, open_batches)
        # Never longer than the time that is left, and never zero: that would be a busy loop.
        await workspace.clock.sleep(min(pause, max(limit - elapsed, 0.05)))


def refuse_undecided(batches: Sequence[Batch]) -> None:
    """Refuse batches whose end cannot be waited for before a person has decided.

    Raises:
        FateUnknown: the answer to a submission was lost.
        NeverSent: a part was not sent, and waits for a person.
    """
    for batch in batches:
        if batch.state in (BatchState.UNKNOWN, BatchState.SUBMITTING):
            raise FateUnknown(
                f"Nobody knows whether {batch.name} part {batch.part} was created.", hint="`batchtui resume` finds out."
            )
        if batch.state is BatchState.PLANNED:
            raise NeverSent(
                f"{batch.name} part {batch.part} was not sent. {batch.reason}".strip(),
                hint="`batchtui resume` sends it.",
            )


async def _look(workspace: Workspace, keys: Sequence[int]) -> tuple[str, float | None]:
    """Refresh, and send on what waited. Returns why that failed, and how long the API wants to be left alone."""
    try:
        batches = await workspace.registry.views.page(keys)
        asked = [batch for batch in batches if batch.state.is_running or batch.state is BatchState.MISSING]
        await refresh.refresh_batches(workspace, asked)
        await resume.send_waiting(workspace)
    except RateLimited as error:
        return error.message, error.retry_after or workspace.settings.refresh.slow
    except AnswerLost as error:
        return error.message, None
    return "", None


def _is_fed(workspace: Workspace, batch: Batch) -> bool:
    """Whether a part that waits will be sent by itself: not where nothing may be sent, nor at another account."""
    return (
        batch.state is BatchState.PLANNED
        and batch.not_before is not None
        and not workspace.is_read_only
        and not is_elsewhere(batch, workspace.account)
    )
