"""Write a notice: heading, sentence, and the JSON that hooks get: `notice_document`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchtui.domain.notice import DigestDay, LimitShare, NoticeKind
from batchtui.text.batch_json import batch_document, moment
from batchtui.text.layout.widths import fit
from batchtui.text.money import usd_fine
from batchtui.text.numbers import amount, count
from batchtui.text.safe import sanitize
from batchtui.text.sentences.batch_names import LONGEST_NAME, part_name
from batchtui.text.sentences.outcome_words import batch_outcome_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.notice import Notice
    from batchtui.text.batch_json import Document

_HEADINGS = {
    NoticeKind.ENDED: "ended",
    NoticeKind.UNKNOWN: "no response to the create request",
    NoticeKind.SPEND_LIMIT: "stopped by a spend limit",
    NoticeKind.NOT_SENT: "not sent",
    NoticeKind.RESULTS_GOING: "results will be deleted soon",
    NoticeKind.LIMIT_NEAR: "cost limit",
    NoticeKind.DIGEST: "digest",
}


def heading(notice: Notice) -> str:
    """Return the heading of a notice: `nightly 2/3: ended`."""
    # It is about all batches of a day, and its own is only the latest of them.
    if notice.kind is NoticeKind.LIMIT_NEAR:
        return "Cost limit"
    if notice.kind is NoticeKind.DIGEST:
        return f"Digest of {DigestDay.from_subject(notice.subject).day}"
    return f"{part_name(notice.batch)}: {_HEADINGS[notice.kind]}"


def sentence(notice: Notice) -> str:
    """Return what happened, and what to do where something has to be done."""
    batch = notice.batch
    match notice.kind:
        case NoticeKind.ENDED:
            return ended_words(batch)
        case NoticeKind.UNKNOWN:
            return f"It is unknown whether {amount(batch.requests, 'request')} were sent; `batchtui resume` finds out."
        case NoticeKind.SPEND_LIMIT:
            return f"{sanitize(batch.reason)} Raise the limit, then `batchtui resume` sends the rest.".strip()
        case NoticeKind.NOT_SENT:
            return f"{amount(batch.requests, 'request')} were not sent; `batchtui resume {batch.job}` sends them."
        case NoticeKind.RESULTS_GOING:
            until = f" after {batch.results_until:%d %b %H:%M} UTC" if batch.results_until else ""
            return f"The API deletes them{until}; `batchtui results {sanitize(batch.id or '')}` saves them."
        case NoticeKind.LIMIT_NEAR:
            share = LimitShare.from_subject(notice.subject)
            return f"{limit_words(share)}, is spent or in progress." if share else "Much of a limit is spent."
        case NoticeKind.DIGEST:
            return sanitize(DigestDay.from_subject(notice.subject).text)


def limit_words(share: LimitShare) -> str:
    """Return which share of which limit is reached: `80 % of the limit for today, $5.00`."""
    whose = f"of the profile {sanitize(share.profile)}" if share.profile else "for today"
    return f"{share.percent} % of the limit {whose}, {usd_fine(share.limit)}"


def many_heading(notices: Sequence[Notice]) -> tuple[str, str]:
    """Return several notices as one: a heading and a sentence."""
    ended = sum(notice.kind is NoticeKind.ENDED for notice in notices)
    others = len(notices) - ended
    said = [f"{amount(ended, 'batch', 'batches')} ended"] if ended else []
    said += [f"{amount(others, 'other notice')}"] if others else []
    names = dict.fromkeys(fit(sanitize(notice.batch.name), LONGEST_NAME) for notice in notices)
    return ", ".join(said), ", ".join(names)


def notice_document(notice: Notice) -> Document:
    """Return the JSON of a notice: the batch as in every document, and what the notice is about.

    `text` is the key that chat services show when they are posted to.
    """
    return {
        # At the top, with the keys of `batchtui list --json`: the author of a hook has one shape to learn.
        **batch_document(notice.batch),
        "notice": {"kind": str(notice.kind), "at": moment(notice.at), "title": heading(notice),
                   "message": sentence(notice)},
        "text": f"{heading(notice)}. {sentence(notice)}",
    }  # fmt: skip


def ended_words(batch: Batch) -> str:
    """Return what a batch came to: `all 2,000 succeeded`, `1,948 succeeded, 40 errored, 12 truncated`."""
    counts = batch.counts
    if counts.succeeded and not batch.failed:
        return f"all {count(counts.succeeded)} succeeded" if counts.succeeded > 1 else "the one request succeeded"
    if not counts.settled and batch.outcomes is None:
        return "no counts"
    return batch_outcome_words(batch)
