"""Settle what a lost response left open: gather the evidence, ask for the verdict, act on it (`look`). Never send.

`verdict` decides; here its evidence is read from the registry and from the API's list, and what it allows is written
down: a proved batch is bound to its part, one that only fits is shown as unproved, a refuted one is remembered.
"""

from __future__ import annotations

from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState
from batchtui.domain.errors import BatchtuiError, GatewayError
from batchtui.domain.submission.send_evidence import (
    ApiLook,
    Grace,
    ListedBatch,
    OpenPart,
    Proof,
    Relation,
    Send,
    SenderLife,
    SendVerdict,
    VerdictKind,
)
from batchtui.gateway.listing import BatchList
from batchtui.registry.sends.verdicts import NO_PROOF, UNPROVABLE
from batchtui.runtime import process_identity
from batchtui.services.submission.proof import prove
from batchtui.services.submission.verdict import (
    absence_proved_at,
    candidates,
    creation_windows,
    is_to_be_looked_for,
    sending_until,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from batchtui.domain.batches.batch import Batch, RemoteBatch, UnreadableEntry
    from batchtui.domain.submission.send_evidence import Account, CreationWindow
    from batchtui.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The verdict on one part, with the batches that could be it."""

    batch: Batch
    """As it stands afterwards."""
    verdict: SendVerdict
    candidates: tuple[RemoteBatch, ...]
    account: Account | None
    """Of the credentials in use."""
    wait: float
    """Seconds until it is worth looking again, where that is the verdict."""

    @property
    def kind(self) -> VerdictKind:
        """What may be done with the part."""
        return self.verdict.kind


@dataclass(frozen=True, slots=True)
class _Evidence:
    """One part as the verdict wants it."""

    batch: Batch
    part: OpenPart
    sends: tuple[Send, ...]
    undecidable: Mapping[str, str]
    """Batches that may have been it, of which nothing will ever tell, each with why."""

    def relation(self, known: tuple[Relation, int] | None) -> Relation:
        """Say what a batch is to this part: one that was seen before its first send began cannot be its own."""
        if known is None:
            return Relation.NOTHING
        relation, seen = known
        began = [send.seq for send in self.sends if send.may_have_created]
        is_older = bool(began) and 0 < seen < min(began) and not self.part.is_copied
        return Relation.TAKEN if is_older else relation

    def proof(self, batch_id: str) -> Proof:
        """Say what is known already: results that could not tell once are not fetched again."""
        return Proof.IMPOSSIBLE if self.undecidable.get(batch_id) == UNPROVABLE else Proof.NOT_YET

    def windows(self, now: datetime) -> list[CreationWindow]:
        return creation_windows(self.part, self.sends, now)


@dataclass(frozen=True, slots=True)
class _Listed:
    """What the list showed back to the earliest window."""

    account: Account | None
    now: datetime
    remotes: tuple[RemoteBatch, ...]
    unreadable: tuple[UnreadableEntry, ...]
    is_complete: bool


async def recover(workspace: Workspace) -> list[int]:
    """Take parts from senders that have died in the middle of sending. Returns their keys.

    Without its mark such a part is planned again, since nothing can have been created; with it, it is unknown.
    """
    await workspace.registry.sends.notice_copy()
    found: list[int] = []
    for batch in await workspace.registry.queries.in_states(BatchState.SUBMITTING):
        sender, until = await workspace.registry.sends.sender_of(batch.key)
        gone = process_identity.is_gone(sender) if sender else True
        is_silent = gone is None and (until is None or until <= workspace.clock.now())
        # None of `is_gone` means another machine or container: only its heartbeat tells then.
        if sender == workspace.name or not (gone or is_silent):
            continue
        ended = await _server_time(workspace)
        if ended is None:
            # By this machine's clock alone, which may be hours behind, a send could end before it began: its batch
            # would lie behind its window, and be sent again. Without the API nothing could be settled anyway.
            break
        if await workspace.registry.sends.sender_died(batch.key, sender, ended=ended):
            found.append(batch.key)
    return found


async def look_up(
    workspace: Workspace, batches: Sequence[Batch], grace: timedelta | None = None
) -> list[Reconciliation]:
    """Find out what became of open parts, and bind those whose batch is proved or alone fits.

    Args:
        workspace: whose registry and API.
        batches: the parts.
        grace: what a person says about how long a batch may take to turn up; None goes by the evidence.

    Raises:
        CredentialsMissing, GatewayError: where the API cannot be asked.
    """
    if not batches:
        return []
    front = await workspace.front_account()
    await _end_sends(workspace, [batch.key for batch in batches])
    evidence = [await _evidence_of(workspace, batch) for batch in batches]
    asked = [each for each in evidence if _needs_list(each, front, workspace.server_clock.latest())]
    listed = await _list(workspace, asked) if asked else None
    others = await _rivals(workspace, {batch.key for batch in batches}) if asked else []
    wanted = Grace(timedelta(seconds=workspace.settings.submit.grace), grace)
    everyone = [*evidence, *others]
    found = [await _judge(workspace, each, listed, wanted, everyone) for each in evidence]
    absent = [each for each, given in zip(evidence, found, strict=True) if given.kind is VerdictKind.ABSENT]
    if listed is None or not absent:
        return found
    # Lists lag, and absence is what allows a part to be sent again: one response that leaves a batch out must not.
    listed = await _list(workspace, absent)
    for place, each in enumerate(evidence):
        if found[place].kind is VerdictKind.ABSENT:
            # What the first look has refuted is known by now, and need not be fetched again.
            anew = await _evidence_of(workspace, each.batch)
            others = [other for other in everyone if other is not each]
            found[place] = await _judge(workspace, anew, listed, wanted, others)
    return found


async def look_over(workspace: Workspace, batches: Sequence[Batch]) -> list[Reconciliation]:
    """Find out what became of those of these parts whose fate is not known, as `look_up` does.

    Parts that a dead process was sending are taken from it first. Where none is in question, nothing is asked.

    Raises:
        CredentialsMissing, GatewayError: where the API cannot be asked.
    """
    if not any(batch.state in (BatchState.UNKNOWN, BatchState.SUBMITTING) for batch in batches):
        return []
    await recover(workspace)
    found = await workspace.registry.queries.page([batch.key for batch in batches])
    return await look_up(workspace, [batch for batch in found if batch.state is BatchState.UNKNOWN])


async def may_settle(workspace: Workspace, batches: Sequence[Batch]) -> bool:
    """Return whether a look may still settle one of these parts by itself: until the absence of each is proved."""
    grace = Grace(timedelta(seconds=workspace.settings.submit.grace))
    now = workspace.server_clock.latest()
    for batch in batches:
        evidence = await _evidence_of(workspace, batch)
        if now < absence_proved_at(evidence.part, evidence.sends, now, grace):
            return True
    return False


async def adopt(workspace: Workspace, batch: Batch, remote: RemoteBatch) -> bool:
    """Bind a batch of the API to this part because a person says so. False where the part was resolved in the meantime.

    Its results are compared nevertheless once it has ended: a wrong one is found out.
    """
    return await workspace.registry.verdicts.adopt(batch.key, remote, is_proved=False, is_chosen=True)


async def release(workspace: Workspace, batch: Batch, *, rejected: Sequence[str] = ()) -> bool:
    """Note that a part was never created, on proof or because a person says so: it may be sent again.

    Args:
        workspace: whose registry.
        batch: the part.
        rejected: batches that the person says are not it.

    Returns:
        False where the proof is stale: somebody settled the part meanwhile, or sent it once more.
    """
    verdicts = workspace.registry.verdicts
    for batch_id in rejected:
        await verdicts.refute(batch.key, batch_id, "Ruled out by hand.")
    await verdicts.twin_settled(batch.key)
    if batch.state is BatchState.PLANNED:
        return True
    # Only if no further send has begun since the look (`batch.sends`): its absence would prove nothing about that one.
    return await verdicts.proved_absent(batch.key, batch.sends, "Not found at the API: it can be sent again.")


async def _server_time(workspace: Workspace) -> datetime | None:
    """Return the server's time, by which the end of a send is noted; None where it cannot be learnt."""
    clock = workspace.server_clock
    if not clock.is_known or clock.agreed() is None:
        with suppress(BatchtuiError):
            await workspace.front_account(max_age=0)
    return clock.agreed() if clock.is_known else None


async def _end_sends(workspace: Workspace, keys: Sequence[int]) -> None:
    """Say of sends that are over that they have ended by now, where their senders could not tell the time."""
    sends = workspace.registry.sends
    for key in await sends.unended(keys):
        ended = await _server_time(workspace)
        if ended is not None:
            await sends.end_sends(key, ended)


async def _evidence_of(workspace: Workspace, batch: Batch) -> _Evidence:
    sends = await workspace.registry.sends.sends_of(batch.key)
    refuted = await workspace.registry.verdicts.refuted_of(batch.key)
    # The registry cannot ask the system about processes; this machine may know the sender.
    if sends and sends[-1].sender is SenderLife.SILENT:
        sends[-1] = await _with_life(workspace, batch, sends[-1])
    skew = workspace.server_clock.skew or timedelta()
    part = OpenPart(
        account=batch.account,
        requests=batch.requests,
        # All times of the verdict are the server's; these two were written by this machine's clock.
        planned_at=batch.planned_at + skew,
        refuted=frozenset(name for name, why in refuted.items() if why not in NO_PROOF),
        is_copied=batch.may_have_twin,
    )
    undecidable = {name: why for name, why in refuted.items() if why in NO_PROOF}
    return _Evidence(batch, part, tuple(sends), undecidable)


async def _with_life(workspace: Workspace, batch: Batch, send: Send) -> Send:
    sender, until = await workspace.registry.sends.sender_of(batch.key)
    gone = sender != workspace.name and (process_identity.is_gone(sender) if sender else True)
    life = SenderLife.SILENT if gone is None else SenderLife.GONE if gone else SenderLife.LIVES
    skew = workspace.server_clock.skew or timedelta()
    return replace(send, sender=life, heard_until=until + skew if until else None)


def _needs_list(evidence: _Evidence, front: Account, now: datetime) -> bool:
    return (
        evidence.part.account == front
        and sending_until(evidence.sends, now) is None
        and is_to_be_looked_for(evidence.part, evidence.sends)
    )


async def _rivals(workspace: Workspace, apart_from: set[int]) -> list[_Evidence]:
    """Gather the other open parts that may have a batch: one that fits two parts is neither's yet."""
    found = await workspace.registry.queries.in_states(BatchState.UNKNOWN, BatchState.SUBMITTING)
    return [await _evidence_of(workspace, batch) for batch in found if batch.key not in apart_from]


async def _list(workspace: Workspace, asked: Sequence[_Evidence]) -> _Listed:
    """Read the list back to the earliest moment at which a batch of these parts can have been created."""
    reading = BatchList(await workspace.gateway())
    remotes: list[RemoteBatch] = []
    account: Account | None = None
    is_one_account = True
    heard = workspace.server_clock.latest()
    earliest = min(window.opens for each in asked for window in each.windows(heard))
    async with aclosing(reading.pages()) as pages:
        async for page in pages:
            workspace.hear(page)
            is_one_account = is_one_account and account in (None, page.account)
            account = page.account
            remotes += page.batches
            # The list is newest first: everything further down is older than any send of these parts.
            if page.batches and page.batches[-1].created_at < earliest:
                break
    await workspace.note_unreadable(reading.unreadable)
    # An entry without an id can be no candidate, and may be the very batch: then absence is not proved.
    nameless = [entry for entry in reading.unreadable if entry.id is None and _could_be(entry, asked, heard)]
    is_complete = not (reading.is_broken or nameless) and is_one_account
    return _Listed(
        account if is_one_account else None,
        workspace.server_clock.earliest(),
        tuple(remotes),
        tuple(entry for entry in reading.unreadable if entry.id is not None),
        is_complete,
    )


def _could_be(entry: UnreadableEntry, asked: Sequence[_Evidence], now: datetime) -> bool:
    return any(window.admits(entry.total, entry.created_at) for each in asked for window in each.windows(now))


async def _judge(
    workspace: Workspace, evidence: _Evidence, listed: _Listed | None, grace: Grace, everyone: Sequence[_Evidence]
) -> Reconciliation:
    now = listed.now if listed else workspace.server_clock.earliest()
    rivals = tuple(window for other in everyone if other is not evidence for window in other.windows(now))
    entries = await _entries(workspace, evidence, listed, now) if listed else ()
    account = listed.account if listed else workspace.account
    seen = ApiLook(account, entries, listed.is_complete if listed else False)
    given = verdict(evidence.part, evidence.sends, seen, now, grace=grace, rivals=rivals)
    return await _act(workspace, evidence, given, listed, now)


async def _entries(
    workspace: Workspace, evidence: _Evidence, listed: _Listed, now: datetime
) -> tuple[ListedBatch, ...]:
    """Return the entries of the list that fit the part, with what the registry and their results say of them."""
    relations = await workspace.registry.queries.relations([remote.id for remote in listed.remotes])
    windows = evidence.windows(now)
    found = [
        ListedBatch(
            remote.id,
            remote.counts.total,
            remote.created_at if remote.has_created_at else None,
            evidence.relation(relations.get(remote.id)),
            evidence.proof(remote.id),
        )
        for remote in listed.remotes
    ]
    found += [
        ListedBatch(entry.id or "", entry.total, entry.created_at, proof=Proof.IMPOSSIBLE)
        for entry in listed.unreadable
    ]
    shown = {entry.id for entry in found}
    found += [
        ListedBatch(name, None, None, proof=Proof.IMPOSSIBLE) for name in evidence.undecidable if name not in shown
    ]
    fitting = candidates(evidence.part, windows, found)
    remotes = {remote.id: remote for remote in listed.remotes}
    return tuple([await _proved(workspace, evidence.batch, entry, remotes.get(entry.id)) for entry in fitting])


async def _proved(workspace: Workspace, batch: Batch, entry: ListedBatch, remote: RemoteBatch | None) -> ListedBatch:
    if remote is None or entry.proof is Proof.IMPOSSIBLE:
        return entry
    proof = await prove(workspace, batch, remote)
    if proof is Proof.REFUTED:
        await workspace.registry.verdicts.refute(
            batch.key, remote.id, f"{remote.id} has the results of other requests."
        )
    return replace(entry, proof=proof)


async def _act(
    workspace: Workspace, evidence: _Evidence, given: SendVerdict, listed: _Listed | None, now: datetime
) -> Reconciliation:
    """Store what the verdict allows. Returns the part afterwards."""
    batch, registry = evidence.batch, workspace.registry
    known = {remote.id: remote for remote in listed.remotes} if listed else {}
    named = (given.batch_id,) if given.batch_id else given.choices
    if given.kind is VerdictKind.OURS and given.batch_id:
        remote = known.get(given.batch_id) or await _retrieve(workspace, given.batch_id)
        if remote is not None:
            await registry.verdicts.adopt(batch.key, remote)
    elif given.kind is VerdictKind.LIKELY and given.batch_id:
        if not await registry.verdicts.adopt(batch.key, known[given.batch_id], is_proved=False):
            said = f"{given.batch_id} may be this part's batch; its results will show whether it is."
            await registry.sends.explain(batch.key, said)
    elif given.kind is VerdictKind.NOT_CREATED and batch.state is BatchState.UNKNOWN:
        await registry.verdicts.proved_absent(batch.key, batch.sends, "It was not sent completely: it can be sent.")
    wait = (given.until - now).total_seconds() if given.until else 0.0
    return Reconciliation(
        await registry.batches.get(batch.key),
        given,
        tuple(known[name] for name in named if name in known),
        listed.account if listed else workspace.account,
        max(wait, 0.0),
    )


async def _retrieve(workspace: Workspace, batch_id: str) -> RemoteBatch | None:
    """Ask for a batch that a response named; None while the API does not show it."""
    try:
        remote = await (await workspace.gateway()).retrieve(batch_id)
    except GatewayError:
        return None
    workspace.hear(remote)
    return remote
