"""Wait for a batch or a job with a progress line: `wait_for`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batchtui.cli.flows.send_progress import terminal_notifier
from batchtui.domain.batches.states import BatchState
from batchtui.text.durations import span
from batchtui.text.glyphs import STATES
from batchtui.text.numbers import amount, count
from batchtui.text.sentences import forecasts
from batchtui.text.sentences.batch_names import part_label
from batchtui.text.sentences.outcome_words import batch_outcome_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchtui.cli.output.stderr import Stderr
    from batchtui.cli.session import Session
    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.clock import Clock
    from batchtui.services.insights.forecast import Forecaster
    from batchtui.services.polling.wait import Waiting
    from batchtui.services.workspace import Workspace


async def wait_for(
    session: Session,
    workspace: Workspace,
    batches: Sequence[Batch],
    *,
    poll_interval: float | None = None,
    timeout: float | None = None,
) -> tuple[Batch, ...]:
    """Wait until the batches have ended, with a progress line; deliver the notices of their end.

    Raises:
        WaitTimedOut: they still run.
        FateUnknown, NeverSent: the end of one cannot be waited for before somebody has decided.
    """
    from batchtui.services.insights.forecast import load_forecaster
    from batchtui.services.notifications.channels import channels
    from batchtui.services.notifications.notifier import Notifier
    from batchtui.services.polling.wait import refuse_undecided, wait

    settled = await wait(
        workspace,
        [batch.key for batch in batches],
        poll_interval=poll_interval,
        timeout=timeout,
        on_progress=_teller(session.notes, workspace.clock, await load_forecaster(workspace)),
    )
    session.notes.close()
    # Before `refuse_undecided` raises: the ends of the other parts are notified nevertheless.
    await Notifier(workspace, channels(workspace, say=terminal_notifier(session.notes, workspace))).tell()
    refuse_undecided(settled)
    return settled


def _teller(notes: Stderr, time: Clock, history: Forecaster) -> Callable[[Waiting], None]:
    said = ""
    states: dict[int, BatchState] = {}

    def tell(waiting: Waiting) -> None:
        nonlocal said
        # A trouble that lasts is said once, and again only after it was gone.
        if waiting.message and waiting.message != said:
            notes.say(f"{waiting.message} Still waiting.")
        said = waiting.message
        for batch in waiting.batches:
            if batch.state is BatchState.ENDED and states.get(batch.key, batch.state) is not batch.state:
                notes.say(f"{batch.id or part_label(batch)} ended: {batch_outcome_words(batch)}")
            states[batch.key] = batch.state
        notes.progress(progress_words(waiting, end_words(waiting.batches, history, time.now())))

    return tell


def end_words(batches: Sequence[Batch], history: Forecaster, now: datetime) -> str:
    """Return when the last of the running ones may end; empty where none runs."""
    running = [batch for batch in batches if batch.state.is_running]
    if not running:
        return ""
    known = [forecast for batch in running if (forecast := history.of(batch, now))]
    if len(known) < len(running):
        return forecasts.NO_HISTORY
    # A batch that has run longer than any before has no forecast end, and counts as the last.
    return forecasts.in_short(max(known, key=lambda one: one.end or datetime.max.replace(tzinfo=UTC)), now)


def progress_words(waiting: Waiting, end: str = "") -> str:
    """Return how a wait stands: states and time; counts only where the server has sent moving ones."""
    states: dict[BatchState, int] = {}
    for batch in waiting.batches:
        states[batch.state] = states.get(batch.state, 0) + 1
    said = [f"{number} {STATES[state].word}" for state, number in states.items()]
    counts = waiting.counts
    if any(batch.counts_moved for batch in waiting.batches):
        said.append(f"{count(counts.settled)} of {amount(counts.total, 'request')}")
    else:
        said.append(amount(counts.total, "request"))
    return " · ".join(filter(None, [*said, span(waiting.elapsed), end]))
