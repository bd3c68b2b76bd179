"""Finishing what a crash, a full queue or a lost answer left open: look, adopt, send what is proved unsent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchtui.domain.errors import UsageError
from batchtui.domain.query import BatchQuery
from batchtui.domain.states import BatchState
from batchtui.services.submission import queue_room as queue
from batchtui.services.submission import reconcile
from batchtui.services.submission.dispatch import SendEvent, send_parts
from batchtui.services.submission.reconcile import DEFAULT_GRACE, Verdict

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import timedelta

    from batchtui.domain.batch import Batch, RemoteBatch
    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Resumed:
    """What resuming came to: the parts that were open, as they stand now, and what still needs a decision."""

    batches: tuple[Batch, ...]
    undecided: tuple[Reconciliation, ...]

    @property
    def unknown(self) -> tuple[Batch, ...]:
        """Parts whose fate is still unknown."""
        return tuple(batch for batch in self.batches if batch.state is BatchState.UNKNOWN)


async def open_parts(workspace: Workspace, jobs: Sequence[str] = ()) -> list[Batch]:
    """The parts that are not at the API yet, of these jobs or of all, by job, attempt and part."""
    open_states = frozenset(state for state in BatchState if state.is_open)
    batches = await workspace.registry.views.select(BatchQuery(states=open_states))
    wanted = [batch for batch in batches if not jobs or batch.job in jobs]
    return sorted(wanted, key=lambda batch: (batch.planned_at, batch.job, batch.attempt, batch.part))


async def resume(
    workspace: Workspace,
    jobs: Sequence[str] = (),
    *,
    grace: timedelta = DEFAULT_GRACE,
    consent: Callable[[Reconciliation], Awaitable[bool]],
    choose: Callable[[Reconciliation], Awaitable[RemoteBatch | None]] | None = None,
    on_event: Callable[[SendEvent], None] | None = None,
) -> Resumed:
    """Settle the unknown parts and send the planned ones, of these jobs or of all.

    What the API shows is adopted. Where it shows nothing for the grace time, `consent` is asked before the part is
    sent again. Where several batches could be the part, `choose` is asked which it is; without a choice it is left
    alone and comes back as undecided.

    Raises:
        GatewayError, CredentialsMissing: where the API cannot be asked or refuses; nothing is lost.
    """
    await reconcile.recover(workspace)
    keys = [batch.key for batch in await open_parts(workspace, jobs)]
    undecided: list[Reconciliation] = []
    for batch in await workspace.registry.views.page(keys):
        if batch.state is BatchState.UNKNOWN:
            finding = await _settle(workspace, batch, grace, on_event)
            if finding.verdict is Verdict.ABSENT and await consent(finding):
                await reconcile.release(workspace, finding.batch)
            elif finding.verdict is Verdict.AMBIGUOUS and choose and (chosen := await choose(finding)):
                await reconcile.adopt(workspace, finding.batch, chosen)
            elif finding.verdict in (Verdict.ABSENT, Verdict.AMBIGUOUS):
                undecided.append(finding)
    await _send_on(workspace, keys, on_event)
    return Resumed(tuple(await workspace.registry.views.page(keys)), tuple(undecided))


async def adopt(workspace: Workspace, jobs: Sequence[str], batch_id: str, *, part: int | None = None) -> Batch:
    """Take a batch of the API for the one unknown part it can be, on a person's word. Returns the part.

    Args:
        workspace: whose registry.
        jobs: only parts of these jobs; empty for all.
        batch_id: the batch that it is.
        part: which part of its job is meant, where more than one could be.

    Raises:
        UsageError: no unknown part could be this batch, or several, or the registry has it already.
        GatewayError, CredentialsMissing: the API cannot be asked, or does not show it.
    """
    workspace.refuse_if_read_only()
    if known := await workspace.registry.batches.with_id(batch_id):
        raise UsageError(f"{batch_id} is {known.name} part {known.part} already.", hint="Nothing was changed.")
    await reconcile.recover(workspace)
    unknown = [batch for batch in await open_parts(workspace, jobs) if batch.state is BatchState.UNKNOWN]
    remote = await (await workspace.gateway()).retrieve(batch_id)
    fitting = [batch for batch in unknown if batch.requests == remote.counts.total and part in (None, batch.part)]
    if not fitting:
        sizes = ", ".join(f"{batch.name} part {batch.part} has {batch.requests:,}" for batch in unknown)
        raise UsageError(
            f"{batch_id} has {remote.counts.total:,} requests, and no unknown part has as many.",
            hint=f"{sizes}." if sizes else "No part is unknown.",
        )
    if len(fitting) > 1:
        parts = ", ".join(f"{batch.name} part {batch.part}" for batch in fitting)
        raise UsageError(f"{batch_id} could be any of {parts}.", hint="Name the job, and say --part N.")
    if not await reconcile.adopt(workspace, fitting[0], remote):
        raise UsageError(f"{fitting[0].name} part {fitting[0].part} was settled meanwhile.", hint="Look at it again.")
    return await workspace.registry.batches.get(fitting[0].key)


async def send_waiting(workspace: Workspace, on_event: Callable[[SendEvent], None] | None = None) -> list[int]:
    """Send on the parts that a rate limit or a full queue made wait, once there is time or room. Returns their keys.

    Only these: a part that was refused, or is of a job with an unknown part, waits for a person.
    """
    if workspace.is_read_only:
        return []
    due: list[int] = []
    feeding: set[tuple[str, int]] = set()
    blocked: set[tuple[str, int]] = set()
    for batch in await open_parts(workspace):
        attempt = (batch.job, batch.attempt)
        is_due = batch.not_before is not None and (
            batch.not_before <= workspace.clock.now() or await queue.was_freed(workspace, batch)
        )
        follows = attempt in feeding and batch.reason == ""
        if attempt in blocked or batch.state is not BatchState.PLANNED or not (is_due or follows):
            blocked.add(attempt)
        else:
            due.append(batch.key)
            feeding.add(attempt)
    await _send_on(workspace, due, on_event)
    return due


async def _settle(
    workspace: Workspace, batch: Batch, grace: timedelta, on_event: Callable[[SendEvent], None] | None
) -> Reconciliation:
    """Look for one unknown part until the grace time is over."""
    while True:
        [finding] = await reconcile.look_up(workspace, [batch], grace)
        if finding.verdict is not Verdict.TOO_EARLY:
            if on_event and finding.verdict is Verdict.ADOPTED:
                on_event(SendEvent("adopted", finding.batch))
            return finding
        seconds = min(finding.wait, 10.0)
        if on_event:
            on_event(SendEvent("looking", batch, seconds=finding.wait, message=batch.reason))
        await workspace.clock.sleep(seconds)


async def _send_on(workspace: Workspace, keys: Sequence[int], on_event: Callable[[SendEvent], None] | None) -> None:
    """Send the planned ones of these parts, job by job: an open part holds up only its own attempt."""
    attempts: dict[tuple[str, int], list[int]] = {}
    for batch in await workspace.registry.views.page(keys):
        attempts.setdefault((batch.job, batch.attempt), []).append(batch.key)
    for parts in attempts.values():
        await send_parts(workspace, parts, on_event)
