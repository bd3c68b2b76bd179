"""Finish what a crash, a full queue or a lost response left open: `resume` for a person, `feed` for the background.

Both ask `reconcile.look` for the verdict on a part before anything of it is sent. Only a person's `resume` settles
what needs a decision: an absent part is sent with consent, an account that was never learnt is named.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from batchtui.domain.batches.query import BatchQuery
from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import (
    GatewayError,
    OtherAccount,
    Refused,
    SpendLimitReached,
    StorageError,
    UsageError,
)
from batchtui.domain.submission.send_evidence import VerdictKind
from batchtui.services.submission import queue_room, reconcile
from batchtui.services.submission.dispatch import SendEvent, send_parts
from batchtui.services.workspace import is_elsewhere, refuse_other_account

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import timedelta

    from batchtui.domain.batches.batch import Batch, RemoteBatch
    from batchtui.domain.errors import BatchtuiError
    from batchtui.domain.submission.send_evidence import Account
    from batchtui.services.submission.reconcile import Reconciliation
    from batchtui.services.workspace import Workspace

LONGEST_REST = 10.0
"""Seconds at most between two looks while a person waits for the verdict."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """What resuming came to: the parts that were open, as they stand now, and what still needs a decision."""

    batches: tuple[Batch, ...]
    undecided: tuple[Reconciliation, ...]
    elsewhere: tuple[Batch, ...] = ()
    """Parts that belong to another account: nothing was asked or sent about them."""
    failed: tuple[tuple[Batch, BatchtuiError], ...] = ()
    """Parts that could not be sent, each with the reason; they did not hold up the others."""

    @property
    def unknown(self) -> tuple[Batch, ...]:
        """Parts of which it is not known whether they exist."""
        return tuple(batch for batch in self.batches if batch.state is BatchState.UNKNOWN)


async def open_parts(workspace: Workspace, jobs: Sequence[str] = ()) -> list[Batch]:
    """The parts that are not at the API yet, of these jobs or of all, by job, attempt and part."""
    open_states = frozenset(state for state in BatchState if state.is_open)
    batches = await workspace.registry.queries.select(BatchQuery(states=open_states))
    # What waits for the decision about a pilot is nobody's to send, so there is nothing to find out about it.
    wanted = [batch for batch in batches if (not jobs or batch.job in jobs) and not batch.is_held]
    return sorted(wanted, key=lambda batch: (batch.planned_at, batch.job, batch.attempt, batch.part))


async def resume(
    workspace: Workspace,
    jobs: Sequence[str] = (),
    *,
    grace: timedelta | None = None,
    consent: Callable[[Reconciliation], Awaitable[bool]],
    choose: Callable[[Reconciliation], Awaitable[RemoteBatch | None]] | None = None,
    on_event: Callable[[SendEvent], None] | None = None,
    patient: bool = True,
) -> Resumed:
    """Settle the open parts and send the planned ones, of these jobs or of all.

    What the API proves, or what alone fits, is adopted. Where the API shows nothing and its absence is proved,
    `consent` is asked before the part is sent again. Where several batches could be the part, `choose` is asked which
    it is; without a choice nothing is done and it is returned as undecided.

    Args:
        workspace: whose registry and API.
        jobs: their ids; empty for all.
        grace: how long a batch may take to turn up, as a person says; None goes by the evidence.
        consent: whether a part is sent.
        choose: which batch a part is.
        on_event: hears what happens.
        patient: whether to wait until the absence of a part is proved.

    Raises:
        GatewayError, CredentialsMissing: where the API cannot be asked or refuses; nothing is lost.
    """
    workspace.refuse_if_read_only()
    await reconcile.recover(workspace)
    found = await open_parts(workspace, jobs)
    if not found:
        return Resumed((), ())
    front = await workspace.front_account()
    for batch in found:
        await name_account(workspace, batch, front, on_event)
    found = await workspace.registry.queries.page([batch.key for batch in found])
    here = [batch.key for batch in found if not is_elsewhere(batch, front)]
    undecided: list[Reconciliation] = []
    for batch in await workspace.registry.queries.page(here):
        finding = await _settle(workspace, batch, grace, on_event, patient=patient)
        if not await _decide(workspace, finding, consent, choose):
            undecided.append(finding)
    # A part that stays undecided holds up the parts behind it in its attempt, and no others.
    held = {finding.batch.key for finding in undecided}
    failed = await send_on(workspace, here, on_event, held=held)
    elsewhere = tuple(batch for batch in found if batch.key not in here)
    batches = tuple(await workspace.registry.queries.page([batch.key for batch in found]))
    return Resumed(batches, tuple(undecided), elsewhere, tuple(failed))


async def adopt(workspace: Workspace, jobs: Sequence[str], batch_id: str, *, part: int | None = None) -> Batch:
    """Bind a batch of the API to the one unknown part it can be, because a person says so. Returns the part.

    Args:
        workspace: whose registry.
        jobs: only parts of these jobs; empty for all.
        batch_id: the batch that it is.
        part: which part of its job is meant, where more than one could be.

    Raises:
        UsageError: no unknown part could be this batch, or several, or another part has it.
        OtherAccount: the part was planned for another account.
        GatewayError, CredentialsMissing: the API cannot be asked, or does not show it.
    """
    workspace.refuse_if_read_only()
    known = await workspace.registry.batches.with_id(batch_id)
    if known is not None and known.bytes and not known.is_unproved:
        raise UsageError(f"{batch_id} is {known.name} part {known.part} already.", hint="Nothing was changed.")
    await reconcile.recover(workspace)
    if known is not None and known.is_unproved and (not jobs or known.job in jobs):
        await workspace.registry.verdicts.proved(known.key, batch_id)
        return await workspace.registry.batches.get(known.key)
    front = await workspace.front_account()
    unknown = [
        batch
        for batch in await open_parts(workspace, jobs)
        if batch.state is BatchState.UNKNOWN or batch.may_have_twin or batch.sends
    ]
    remote = await (await workspace.gateway()).retrieve(batch_id)
    workspace.hear(remote)
    fitting = [batch for batch in unknown if batch.requests == remote.counts.total and part in (None, batch.part)]
    if not fitting:
        sizes = ", ".join(f"{batch.name} part {batch.part} has {batch.requests:,}" for batch in unknown)
        raise UsageError(
            f"{batch_id} has {remote.counts.total:,} requests, and no unknown part has as many.",
            hint=f"{sizes}." if sizes else "No part is unknown.",
        )
    if len(fitting) > 1:
        parts = ", ".join(f"{batch.name} part {batch.part}" for batch in fitting)
        raise UsageError(f"{batch_id} could be any of {parts}.", hint="Pass the job, and --part N.")
    await name_account(workspace, fitting[0], front, None)
    refuse_other_account(await workspace.registry.batches.get(fitting[0].key), front)
    if not await reconcile.adopt(workspace, fitting[0], remote):
        raise UsageError(
            f"{fitting[0].name} part {fitting[0].part} was resolved in the meantime.", hint="Check its status again."
        )
    return await workspace.registry.batches.get(fitting[0].key)


async def reject(workspace: Workspace, jobs: Sequence[str], batch_id: str) -> list[Batch]:
    """Note that, as a person says, a batch of the API is none of the open parts of these jobs. Returns those parts.

    Raises:
        UsageError: none of these jobs has a part for which it could be meant.
    """
    workspace.refuse_if_read_only()
    known = await workspace.registry.batches.with_id(batch_id)
    reason = f"{batch_id} was ruled out by hand."
    if known is not None and known.is_unproved and known.job in jobs:
        await workspace.registry.verdicts.disown(known.key, batch_id, reason)
        return [await workspace.registry.batches.get(known.key)]
    found = [batch for batch in await open_parts(workspace, jobs) if batch.job in jobs]
    if not found:
        raise UsageError("No part of these jobs is unknown, so the batch cannot belong to one.", hint="Pass the job.")
    for batch in found:
        await workspace.registry.verdicts.refute(batch.key, batch_id, reason)
    return found


async def send_waiting(workspace: Workspace, on_event: Callable[[SendEvent], None] | None = None) -> list[int]:
    """Send on the parts that a rate limit or a full queue made wait, once there is time or room. Returns their keys.

    Only these: a part that was refused, is of a job with an unknown part, or of another account, waits for a person.
    One that cannot be sent holds up its own job only, and says why.

    Raises:
        CredentialsMissing, GatewayError: where the API cannot be asked at all, or refuses the credentials.
    """
    if workspace.is_read_only:
        return []
    due = await _due(workspace)
    if not due:
        return []
    front = await workspace.front_account()
    batches = await workspace.registry.queries.page(due)
    mine = [batch for batch in batches if batch.account == front]
    clear: list[int] = []
    for finding in await reconcile.look_up(workspace, mine):
        if finding.kind is VerdictKind.NOT_CREATED:
            clear.append(finding.batch.key)
        else:
            await workspace.registry.sends.explain(
                finding.batch.key, "A batch of it may already exist: run `batchtui resume`."
            )
    await send_on(workspace, clear, on_event)
    return clear


async def sends_by_itself(workspace: Workspace) -> bool:
    """Return whether parts wait for time or room that `send_waiting` will send once there is some."""
    if workspace.is_read_only:
        return False
    waiting = await workspace.registry.queries.page(await _due(workspace, at_any_time=True))
    return any(not is_elsewhere(batch, workspace.account) for batch in waiting)


async def _due(workspace: Workspace, *, at_any_time: bool = False) -> list[int]:
    """Return the keys of planned parts whose time has come, with those that follow them in their job.

    `at_any_time`: also those whose time is still to come.
    """
    due: list[int] = []
    feeding: set[tuple[str, int]] = set()
    blocked: set[tuple[str, int]] = set()
    for batch in await open_parts(workspace):
        attempt = (batch.job, batch.attempt)
        is_due = batch.not_before is not None and (
            at_any_time or batch.not_before <= workspace.clock.now() or await queue_room.was_freed(workspace, batch)
        )
        # Parts behind a waiting one have no reason of their own: they were never tried.
        follows = attempt in feeding and batch.reason == ""
        if attempt in blocked or batch.state is not BatchState.PLANNED or not (is_due or follows):
            blocked.add(attempt)
        else:
            due.append(batch.key)
            feeding.add(attempt)
    return due


async def name_account(
    workspace: Workspace, batch: Batch, front: Account, on_event: Callable[[SendEvent], None] | None
) -> None:
    """Set the account of a part that was planned without one, and report it.

    Such parts were planned while the API was out of reach, or by an earlier version. A part of another profile is
    skipped: only that profile's credentials can tell its account.
    """
    is_legacy_elsewhere = is_elsewhere(batch, front)
    if batch.account is None and batch.profile == workspace.profile and not is_legacy_elsewhere:
        await workspace.registry.sends.set_account(batch.key, front)
        if on_event:
            on_event(SendEvent("account", batch, message=f"{front}"))


async def _decide(
    workspace: Workspace,
    finding: Reconciliation,
    consent: Callable[[Reconciliation], Awaitable[bool]],
    choose: Callable[[Reconciliation], Awaitable[RemoteBatch | None]] | None,
) -> bool:
    """Ask a person about a verdict that only a person can decide. False where nothing may be done with the part."""
    if finding.candidates and finding.kind in (VerdictKind.ASK, VerdictKind.WAIT):
        chosen = await choose(finding) if choose else None
        return chosen is not None and await reconcile.adopt(workspace, finding.batch, chosen)
    if finding.kind is VerdictKind.ASK:
        return (
            not finding.verdict.choices and await consent(finding) and await reconcile.release(workspace, finding.batch)
        )
    if finding.kind is VerdictKind.ABSENT:
        return await consent(finding) and await reconcile.release(workspace, finding.batch)
    return finding.kind is VerdictKind.NOT_CREATED or finding.batch.state.is_at_api


async def _settle(
    workspace: Workspace,
    batch: Batch,
    grace: timedelta | None,
    on_event: Callable[[SendEvent], None] | None,
    *,
    patient: bool,
) -> Reconciliation:
    """Look for one open part until its verdict is not to wait any longer."""
    while True:
        # Its sender may die while it is waited for: only taking the part from it closes the window of its send.
        await reconcile.recover(workspace)
        [finding] = await reconcile.look_up(workspace, [batch], grace)
        if finding.kind is not VerdictKind.WAIT or finding.verdict.choices or not patient:
            if on_event and finding.batch.state.is_at_api:
                on_event(SendEvent("adopted", finding.batch))
            return finding
        if on_event:
            on_event(SendEvent("looking", batch, seconds=finding.wait, message=batch.reason))
        await workspace.clock.sleep(min(max(finding.wait, 1.0), LONGEST_REST))


async def send_on(
    workspace: Workspace,
    keys: Sequence[int],
    on_event: Callable[[SendEvent], None] | None,
    *,
    held: set[int] | frozenset[int] = frozenset(),
) -> list[tuple[Batch, BatchtuiError]]:
    """Send the planned ones of these parts, job by job: an open part holds up only its own attempt.

    Returns:
        The parts that could not be sent, each with the reason.

    Raises:
        CredentialsMissing, GatewayError: where the API cannot be asked at all, or refuses the credentials.
    """
    attempts: dict[tuple[str, int], list[int]] = {}
    for batch in await workspace.registry.queries.page(keys):
        attempts.setdefault((batch.job, batch.attempt), []).append(batch.key)
    failed: list[tuple[Batch, BatchtuiError]] = []
    for parts in attempts.values():
        before = next((index for index, key in enumerate(parts) if key in held), len(parts))
        try:
            await send_parts(workspace, parts[:before], on_event)
        # A 401 or 403 concerns every part, so it ends all; the others concern one job.
        except (StorageError, OtherAccount, Refused, SpendLimitReached) as error:
            if isinstance(error, GatewayError) and error.status in (401, 403):
                raise
            first = await _first_open(workspace, parts)
            if not isinstance(error, GatewayError):
                await workspace.registry.sends.explain(first.key, error.message)
            failed.append((replace(first, reason=error.message), error))
    return failed


async def _first_open(workspace: Workspace, keys: Sequence[int]) -> Batch:
    batches = await workspace.registry.queries.page(keys)
    return next((batch for batch in batches if batch.state.is_open), batches[0])
