"""Judge one part: from its sends and a look at the API to what may be done, in the pure function `verdict`.

Every caller that sends or adopts asks it, and every one that cancels or deletes asks `may_change` beside it, so that no
two of them can disagree. No clock is read here and no I/O is done; `reconcile` gathers the evidence and acts on the
verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.limits import CLOCK_SKEW_ALLOWED
from batchtui.domain.submission.send_evidence import (
    LIST_LAG,
    LOOK_AGAIN,
    STUBBORN,
    CreationWindow,
    Grace,
    ListedBatch,
    Proof,
    Relation,
    Send,
    SendEnd,
    SenderLife,
    SendVerdict,
    VerdictKind,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from batchtui.domain.submission.send_evidence import Account, ApiLook, BoundBatch, OpenPart

EVIDENCE = Grace()
"""As long as the evidence says."""
LEAST_TYPED = 12
"""Characters of an id that name an imported batch: `msgbatch_` alone, nine of them, names any."""


def verdict(
    part: OpenPart,
    sends: Sequence[Send],
    look: ApiLook,
    now: datetime,
    *,
    grace: Grace = EVIDENCE,
    rivals: Sequence[CreationWindow] = (),
) -> SendVerdict:
    """Say what may be done with a part that is not known to be at the API.

    Args:
        part: its account, its size, and the batches that were proved not to be it.
        sends: all sends of it, oldest first.
        look: what the API showed just now; a look that never happened is an incomplete one of the account in front.
        now: the server's time.
        grace: what a setting or a person says about waiting.
        rivals: the windows of the other open parts of this registry.
    """
    # A response that named the batch outweighs everything else, whatever account is in front.
    for send in reversed(sends):
        if send.end is SendEnd.CREATED:
            return SendVerdict(VerdictKind.OURS, batch_id=send.batch_id)
    if look.account is not None and look.account != part.account:
        return SendVerdict(VerdictKind.OTHER_ACCOUNT)
    if (until := sending_until(sends, now)) is not None:
        return SendVerdict(VerdictKind.SENDING, until=until)
    if look.account is None:
        return SendVerdict(VerdictKind.WAIT, until=now + LOOK_AGAIN)
    if not is_to_be_looked_for(part, sends):
        return SendVerdict(VerdictKind.NOT_CREATED)
    return _judge_entries(part, sends, look, now, grace, rivals)


def may_change(batch: BoundBatch, front: Account | None, typed: Collection[str] = ()) -> SendVerdict:
    """Say whether a batch that a row names may be canceled or deleted at the API.

    Args:
        batch: as the row has it.
        front: the account of the credentials in use; None where it was not learnt yet, so that it forbids nothing.
        typed: what a person typed to name the batches. Only the id itself stands for a batch that is not proved to be
            the job's, and for an imported one the id or a beginning of it.

    Returns:
        OURS: it may. OTHER_ACCOUNT: not with these credentials. LIKELY: it is not proved to be the job's. ASK: it was
        made elsewhere, so a person has to name it.
    """
    if not batch.is_at(front):
        return SendVerdict(VerdictKind.OTHER_ACCOUNT, batch_id=batch.id)
    if batch.is_unproved and batch.id not in typed:
        return SendVerdict(VerdictKind.LIKELY, batch_id=batch.id)
    if batch.is_foreign and not any(_names(word, batch.id) for word in typed):
        return SendVerdict(VerdictKind.ASK, choices=(batch.id,))
    return SendVerdict(VerdictKind.OURS, batch_id=batch.id)


def _names(word: str, batch_id: str) -> bool:
    return word == batch_id or (len(word) >= LEAST_TYPED and batch_id.startswith(word))


def is_to_be_looked_for(part: OpenPart, sends: Sequence[Send]) -> bool:
    """Whether a batch of this part may exist, so that only a look at the API allows to send it."""
    return part.is_copied or any(send.may_have_created for send in sends)


def sending_until(sends: Sequence[Send], now: datetime) -> datetime | None:
    """Return when to ask again whether the sender of the last send still lives; None where there is no such sender."""
    if not sends or sends[-1].end is not None:
        return None
    send = sends[-1]
    promised = send.heard_until or now
    if send.sender is SenderLife.LIVES:
        return max(promised, now + LOOK_AGAIN)
    return promised if send.sender is SenderLife.SILENT and promised > now else None


def creation_windows(part: OpenPart, sends: Sequence[Send], now: datetime) -> list[CreationWindow]:
    """Return when batches of this part may have been created: one window for each send that may have created one.

    A send that nobody ended may still be answered: its window moves on with `now`. A copied registry adds a window
    that is open from the planning of the part, for what its twin sends.
    """
    windows = [
        # On both sides as wide as it can be: a batch that is wrongly excluded would be sent a second time.
        CreationWindow(part.requests, send.began - send.slack, (send.ended or now) + send.patience + send.slack)
        for send in sends
        if send.may_have_created
    ]
    if part.is_copied:
        windows.append(CreationWindow(part.requests, part.planned_at - CLOCK_SKEW_ALLOWED, now + LIST_LAG))
    return windows


def absence_proved_at(part: OpenPart, sends: Sequence[Send], now: datetime, grace: Grace) -> datetime:
    """Return when the absence of a batch proves that no send has created one.

    Each send may be worked on for its patience after it was given up, and what was created may be absent from the
    list for a while. A send that nobody has ended keeps this ahead of `now`; taking it from its sender ends it.
    """
    closings = [part.planned_at]
    for send in sends:
        if send.may_have_created:
            given_up = send.ended or now
            evidence = max(send.patience + send.slack + LIST_LAG, grace.at_least)
            closings.append(given_up + (evidence if grace.by_hand is None else grace.by_hand))
    return max(closings)


def candidates(part: OpenPart, windows: Sequence[CreationWindow], entries: Sequence[ListedBatch]) -> list[ListedBatch]:
    """Return the entries that may be this part's batch: of its size and time, not another part's, not refuted."""
    return [
        entry
        for entry in entries
        if entry.relation is not Relation.TAKEN
        and entry.proof is not Proof.REFUTED
        and entry.id not in part.refuted
        and any(window.admits(entry.total, entry.created_at) for window in windows)
    ]


def _judge_entries(
    part: OpenPart,
    sends: Sequence[Send],
    look: ApiLook,
    now: datetime,
    grace: Grace,
    rivals: Sequence[CreationWindow],
) -> SendVerdict:
    found = candidates(part, creation_windows(part, sends, now), look.entries)
    proved = [entry for entry in found if entry.proof is Proof.CONFIRMED]
    # Two proved ones cannot come of one send: a person must look.
    if len(proved) == 1:
        return SendVerdict(VerdictKind.OURS, batch_id=proved[0].id)
    if proved:
        return SendVerdict(VerdictKind.ASK, choices=tuple(entry.id for entry in proved))
    undecided = [entry for entry in found if entry.proof is Proof.NOT_YET]
    if undecided:
        [first, *others] = found
        # Bound to one of two equal parts, the batch might be the other's.
        is_shared = any(rival.admits(first.total, first.created_at) for rival in rivals)
        if not others and not is_shared and look.is_complete:
            return SendVerdict(VerdictKind.LIKELY, batch_id=first.id)
        return SendVerdict(VerdictKind.WAIT, until=now + LOOK_AGAIN, choices=tuple(entry.id for entry in found))
    closes = absence_proved_at(part, sends, now, grace)
    if now < closes:
        return SendVerdict(VerdictKind.WAIT, until=closes)
    # Looks that stay incomplete must not keep a part forever: after an hour of them a person decides.
    if not look.is_complete and now < closes + STUBBORN:
        return SendVerdict(VerdictKind.WAIT, until=now + LOOK_AGAIN)
    if found or part.is_copied or not look.is_complete:
        return SendVerdict(VerdictKind.ASK, choices=tuple(entry.id for entry in found))
    return SendVerdict(VerdictKind.ABSENT)
