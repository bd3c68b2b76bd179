"""Write a journal entry as a sentence: `event_sentence`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batchtui.text.numbers import amount, size
from batchtui.text.safe import one_line, sanitize
from batchtui.text.sentences.notices import ended_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchtui.domain.batches.batch import Batch

WORDS: Mapping[str, str] = {
    "job.planned": "planned",
    "job.retried": "retried",
    "job.labelled": "labelled",
    "batch.submitting": "sending",
    "batch.accepted": "sent",
    "batch.adopted": "found",
    "batch.refused": "not sent",
    "batch.unknown": "unknown",
    "batch.absent": "not created",
    "batch.disowned": "not ours",
    "batch.proved": "proved",
    "batch.refuted": "ruled out",
    "list.unreadable": "entry of the list cannot be read",
    "registry.copied": "registry copied",
    "batch.in_progress": "in progress",
    "batch.canceling": "canceling",
    "batch.ended": "ended",
    "batch.missing": "missing",
    "batch.deleted": "deleted",
    "batch.dropped": "dropped",
    "batch.found": "imported",
    "batch.restored": "restored",
    "pilot.released": "released",
    "requests.attached": "attached",
    "results.none": "not saved",
    "results.partial": "partly saved",
    "results.saved": "saved",
    "results.reused": "reused",
    "results.gone": "results expired",
    "results.failed": "not downloaded",
    "notice.failed": "notice failed",
    "limit.near": "cost limit",
}
"""One or two words for each action; one that has none here is called by its own name."""
PASSING = frozenset({"batch.submitting", "results.partial", "results.none"})
"""Actions that are only steps on the way to another one."""


def event_word(event: str) -> str:
    """Return an event of the journal in one or two words."""
    return WORDS.get(event) or sanitize(event)


def details(detail: str) -> dict[str, Any]:
    """Read what an action was noted with; empty where there is nothing, or nothing that can be read."""
    try:
        noted = json.loads(detail or "{}")
    except ValueError:
        return {}
    # What a later version notes with an action may be something else than an object.
    return noted if isinstance(noted, dict) else {}


def event_sentence(event: str, detail: str, batch: Batch | None) -> str:
    """Return what matters about an event: what a batch came to, why something was not sent, how much was saved."""
    noted = details(detail)
    # From the row, which knows more than the entry: saved results tell truncated answers from whole ones.
    if event == "batch.ended" and batch is not None and batch.counts.total:
        return ended_words(batch)
    if event in ("batch.accepted", "batch.adopted", "batch.found") and batch is not None:
        return amount(batch.requests, "request")
    if event == "results.saved" and isinstance(noted.get("bytes"), int):
        return size(noted["bytes"])
    if event == "job.planned" and isinstance(noted.get("requests"), int):
        return f"{amount(noted['requests'], 'request')} in {amount(int(noted.get('parts', 1)), 'part')}"
    if reason := noted.get("reason"):
        return one_line(str(reason))
    return one_line(", ".join(f"{name} {value}" for name, value in noted.items())) if noted else one_line(detail)


_WORTH_SAYING: Mapping[str, tuple[str, str]] = {
    "batch.ended": ("batch ended", "batches ended"),
    "results.saved": ("batch saved", "batches saved"),
    "batch.unknown": ("unknown part", "unknown parts"),
    "batch.adopted": ("unknown batch found", "unknown batches found"),
    "batch.refused": ("part not sent", "parts not sent"),
    "batch.missing": ("batch missing", "batches missing"),
    "batch.found": ("batch imported", "batches imported"),
    "job.planned": ("job submitted", "jobs submitted"),
    "notice.failed": ("notice failed", "notices failed"),
    "limit.near": ("share of a limit reached", "shares of limits reached"),
}


def summary(actions: Mapping[str, int]) -> str:
    """Return how often each kind of event happened, in one line; empty where none is worth it."""
    said = (amount(actions[event], *words) for event, words in _WORTH_SAYING.items() if actions.get(event))
    return ", ".join(said)
