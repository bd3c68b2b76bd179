"""Say in words what a verdict on an open part means, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.submission.send_evidence import VerdictKind
from batchtui.text.durations import countdown
from batchtui.text.sentences.batch_names import part_label

if TYPE_CHECKING:
    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.submission.send_evidence import Account, SendVerdict


def undecided_words(batch: Batch, verdict: SendVerdict, account: Account | None, wait: float) -> str:
    """Say why a part was not touched, and how to go on.

    Args:
        batch: the part.
        verdict: on it.
        account: of the credentials in use.
        wait: seconds until the verdict is worth asking for again.
    """
    name, job = part_label(batch), batch.job
    shown = ", ".join(verdict.choices)
    if verdict.kind is VerdictKind.OTHER_ACCOUNT:
        # Named with the account: most often another profile is in use than when the part was planned.
        where = batch.account or "an unknown account"
        return f"{name}: it belongs to {where}; these credentials are for {account}. Nothing was asked or sent."
    if verdict.kind is VerdictKind.SENDING:
        return f"{name}: another process is sending it."
    if verdict.kind is VerdictKind.LIKELY:
        return f"{name}: {verdict.batch_id} may be its batch. The results will show; nothing is sent until then."
    if shown:
        when = "Their results will show which" if verdict.kind is VerdictKind.WAIT else "Nothing more can be found out"
        return (
            f"{name}: it could be {shown}. {when}; `batchtui resume {job} --adopt ID` takes one, and"
            f" `batchtui resume {job} --reject ID` rules one out."
        )
    if verdict.kind is VerdictKind.WAIT:
        return f"{name}: not found at the API yet; in {countdown(wait)} it is certain that it was not created."
    if verdict.kind is VerdictKind.ASK:
        return (
            f"{name}: unknown whether it was sent: this registry was copied or restored, or the list of batches"
            " cannot be read completely. `batchtui resume --yes` sends it."
        )
    return f"{name}: not found at the API. `batchtui resume --yes` sends it again."
