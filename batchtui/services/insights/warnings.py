"""List what somebody should know before it costs them something, each with what to do: `list_warnings`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.domain.limits import API_VERSION, CLOCK_SKEW_ALLOWED, RESULTS_EXPIRE_SOON, RESULTS_KEPT
from batchtui.domain.notice import LEFT_AFTER
from batchtui.services.insights.forecast import load_forecaster
from batchtui.services.models import listed_models
from batchtui.services.notifications.notifier import goes_soon
from batchtui.text.durations import about
from batchtui.text.numbers import amount
from batchtui.text.safe import one_line, sanitize
from batchtui.text.sentences.batch_names import part_name
from batchtui.text.sentences.forecasts import grounds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
    from datetime import datetime

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.model import ModelInfo
    from batchtui.services.insights.forecast import Forecaster
    from batchtui.services.workspace import Workspace

SHORT = timedelta(hours=2)
"""A batch with less time left than this is worth a warning, unless past ones say that it will end before."""
LATELY = timedelta(days=14)
"""A model that was used within this time will be used again."""


class WarningAction(StrEnum):
    """What the dashboard does when enter is pressed on a warning."""

    RESUME = "resume"
    """Look for a lost answer, or send what was not sent; asks first."""
    FETCH = "fetch"
    """Fetch results before they expire."""
    OPEN = "open"
    """Show the batch."""
    REFRESH = "refresh"
    """Ask the API again."""


@dataclass(frozen=True, slots=True)
class BatchWarning:
    """One entry of the list."""

    kind: str
    """A stable word: credentials, clock, unknown, not_sent, missing, expires, results_going or model_retires."""
    message: str
    advice: str
    action: WarningAction
    batch: Batch | None = None
    """The batch that it is about; None where it is about all of them."""


async def list_warnings(workspace: Workspace) -> list[BatchWarning]:
    """Return the warnings, the most urgent first; nothing is asked of the API."""
    now = workspace.clock.now()
    found = [warning async for warning in _connection_warnings(workspace)]
    views = workspace.registry.queries
    open_ones = await views.in_states(
        BatchState.UNKNOWN, BatchState.PLANNED, BatchState.IN_PROGRESS, BatchState.CANCELING
    )
    found += _unsent(open_ones)
    found += [_left(batch, now) for batch in await views.left_unsent(now - LEFT_AFTER)]
    found += [_missing(batch, now) for batch in await views.in_states(BatchState.MISSING) if goes_soon(batch, now)]
    found += _expiring(open_ones, await load_forecaster(workspace), now)
    uncollected = await views.uncollected(now, created_before=now - RESULTS_KEPT + RESULTS_EXPIRE_SOON)
    found += [_going(batch, now) for batch in uncollected if goes_soon(batch, now)]
    # A model that nobody uses any more may retire without a word.
    used = await workspace.registry.jobs.models_since(now - LATELY)
    found += _retiring(used, await listed_models(workspace) if used else {}, now)
    return found


async def _connection_warnings(workspace: Workspace) -> AsyncIterator[BatchWarning]:
    """Yield warnings about the credentials, where batches are running, and about the clock."""
    from batchtui.gateway.credentials import describe_credentials

    tally = await workspace.registry.queries.tally()
    at_stake = f"{amount(tally.running, 'batch', 'batches')} cannot be refreshed until then"
    last = await workspace.registry.journal.last_call()
    if tally.running and workspace.profile is None and describe_credentials() is None:
        advice = f"Set ANTHROPIC_API_KEY, or log in with `ant auth login`; {at_stake}."
        yield BatchWarning("credentials", "No credentials are found", advice, WarningAction.REFRESH)
    elif tally.running and last is not None and last.status in (401, 403):
        advice = f"See `batchtui doctor` for which ones are used; {at_stake}."
        yield BatchWarning(
            "credentials", f"The API refuses the credentials ({last.status})", advice, WarningAction.REFRESH
        )
    skew = workspace.clock_skew
    if skew is not None and abs(skew) > CLOCK_SKEW_ALLOWED:
        behind = "behind" if skew > timedelta() else "ahead of"
        message = f"This machine's clock is {about(abs(skew))} {behind} the API's"
        yield BatchWarning(
            "clock",
            message,
            "Correct it: batches whose create got no response are searched for by time.",
            WarningAction.REFRESH,
        )


def _unsent(batches: Iterable[Batch]) -> Iterator[BatchWarning]:
    for batch in batches:
        if batch.state is BatchState.UNKNOWN:
            message = f"No response to the create request of {part_name(batch)}: {_reason(batch)}"
            advice = "`batchtui resume` looks for it; nothing is sent again without proof or your confirmation."
            yield BatchWarning("unknown", message, advice, WarningAction.RESUME, batch)
        # With a time it is sent by itself, so nobody has to do anything.
        elif batch.state is BatchState.PLANNED and batch.reason and batch.not_before is None and not batch.is_held:
            message = f"{part_name(batch)} was not sent: {_reason(batch)}"
            yield BatchWarning(
                "not_sent", message, "Once that is fixed, `batchtui resume` sends it.", WarningAction.RESUME, batch
            )


def _left(batch: Batch, now: datetime) -> BatchWarning:
    message = (
        f"{part_name(batch)} was planned {about(now - batch.planned_at)} ago and not sent: the program that was sending"
        " it has ended"
    )
    advice = f"`batchtui resume {batch.job}` sends it and what follows in its job."
    return BatchWarning("not_sent", message, advice, WarningAction.RESUME, batch)


def _missing(batch: Batch, now: datetime) -> BatchWarning:
    assert batch.results_until is not None
    message = (
        f"The API does not show {part_name(batch)}, and would delete its results in {about(batch.results_until - now)}"
    )
    advice = f"`batchtui status {sanitize(batch.id or '')}` asks again; are these the credentials it was sent with?"
    return BatchWarning("missing", message, advice, WarningAction.REFRESH, batch)


def _reason(batch: Batch) -> str:
    return one_line(batch.reason).rstrip(".") or "it is not known whether it was created"


def _expiring(batches: Iterable[Batch], history: Forecaster, now: datetime) -> Iterator[BatchWarning]:
    for batch in batches:
        if not batch.state.is_running or batch.expires_at is None or batch.expires_at <= now:
            continue
        left = batch.expires_at - now
        forecast = history.of(batch, now)
        if forecast is not None and forecast.end is not None:
            # The history outweighs the clock: an hour is enough where such batches take minutes.
            if forecast.end < batch.expires_at:
                continue
            why = f"will probably expire in {about(left)}, estimated from {grounds(forecast)}"
        elif left < SHORT:
            why = f"expires in {about(left)} and may not finish in time"
        else:
            continue
        yield BatchWarning("expires", f"{part_name(batch)} {why}", _after_expiry(batch), WarningAction.OPEN, batch)


def _after_expiry(batch: Batch) -> str:
    """Return what can be done once a batch has expired: only requests that are stored here can be sent again."""
    if batch.is_foreign:
        return "Expired requests are not billed; the batch was created elsewhere, so they cannot be retried here."
    return f"Expired requests are not billed; `batchtui retry {sanitize(batch.id or '')}` sends them again."


def _going(batch: Batch, now: datetime) -> BatchWarning:
    assert batch.results_until is not None
    message = f"The API deletes the results of {part_name(batch)} in {about(batch.results_until - now)}"
    advice = f"They are not saved; `batchtui results {sanitize(batch.id or '')}` fetches them."
    return BatchWarning("results_going", message, advice, WarningAction.FETCH, batch)


def _retiring(used: dict[str, str], listed: Mapping[str, ModelInfo], now: datetime) -> Iterator[BatchWarning]:
    """Yield warnings about models that recent jobs used and that retire soon."""
    from batchtui.intake.rules.models import check_model
    from batchtui.intake.types import CheckOptions

    options = CheckOptions(api_version=API_VERSION, today=now.date(), models=listed)
    for model, job in used.items():
        for fault in check_model(model, options).faults:
            if fault.code in ("model-retiring", "model-retired"):
                message = f"{one_line(fault.message)}; {one_line(job)} uses it"
                yield BatchWarning(
                    "model_retires", message, f"{one_line(fault.hint).capitalize()}.", WarningAction.REFRESH
                )
