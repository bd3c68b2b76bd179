"""Find the conversations of a job that are not finished, over all its parts and attempts: `find_unfinished`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from batchtui.domain.results.result import Outcome
from batchtui.results.failure_groups import SuggestedAction, suggest_action
from batchtui.services.retry.unresolved import asked_for, is_saved, unheard_requests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchtui.domain.batches.batch import Batch
    from batchtui.registry.registry import Registry
    from batchtui.registry.results.merge import Found, MergedResults

CONTINUED = frozenset({Outcome.PAUSED, Outcome.TOOL_USE, Outcome.TRUNCATED})
"""Outcomes after which a conversation goes on."""
_UNBILLED = frozenset({Outcome.ERRORED, Outcome.CANCELED, Outcome.EXPIRED, Outcome.UNRECOGNIZED})
"""Outcomes of which nothing was said, so that they are no turn of the conversation."""
_FAILED_TURNS = frozenset({Outcome.ERRORED, Outcome.EXPIRED})
"""Failed turns that are asked for again without a word. Canceled ones are not: somebody wanted them to stop."""


class OpenConversation(NamedTuple):
    """A conversation that is not finished."""

    found: Found
    """Its last turn among the merged results."""
    outcome: Outcome
    attempt: int
    """The attempt that the last turn came in."""
    is_repeated: bool = False
    """The last turn failed and is asked for again as it was: the service was at fault, not the request."""


@dataclass(slots=True)
class Unfinished:
    """What of a job goes on, and what does not."""

    open: dict[str, OpenConversation] = field(default_factory=dict)
    """By custom_id."""
    turns: Counter[str] = field(default_factory=Counter)
    """By custom_id how many turns of the assistant were made (and billed); of those that are not ended."""
    ended: int = 0
    """Conversations that have come to their end."""
    failed: int = 0
    """Requests that failed otherwise: `retry` sends them again."""
    awaited: int = 0
    """Requests that were sent again since, and whose results are lost or still to come."""


def find_unfinished(
    registry: Registry,
    merged: MergedResults,
    batches: Sequence[Batch],
    within: Batch | None,
    custom_ids: frozenset[str] | None = None,
) -> Unfinished:
    """Return the conversations of a job, or of one batch of it, that are not finished. Blocking.

    Args:
        registry: where requests are kept.
        merged: the saved results of all batches of the job.
        batches: all batches of the job.
        within: only the conversations of this batch; None for all of the job.
        custom_ids: only these; None for all.

    Raises:
        StorageError: where files cannot be read.
    """
    found = Unfinished()
    only = asked_for(registry, within, custom_ids)
    unheard = unheard_requests(registry, [batch for batch in batches if not is_saved(registry, batch)])
    failed: dict[str, OpenConversation] = {}
    for place, custom_id, outcome in merged.latest():
        if only is not None and custom_id not in only:
            continue
        attempt = merged.batches[place.source].attempt
        last_sent = unheard.get(custom_id)
        if outcome.is_final:
            found.ended += 1
        elif last_sent is not None and last_sent.attempt > attempt:
            found.awaited += 1
        elif outcome in CONTINUED:
            found.open[custom_id] = OpenConversation(place, outcome, attempt)
        else:
            failed[custom_id] = OpenConversation(place, outcome, attempt, is_repeated=True)
    _count_turns(found, merged, failed)
    _repeat_failed_turns(found, merged, failed)
    return found


def _count_turns(found: Unfinished, merged: MergedResults, failed: dict[str, OpenConversation]) -> None:
    """Count the turns of the conversations that may go on: one for each attempt that has said something."""
    for reader in merged.readers:
        for _, custom_id, outcome in reader.custom_ids():
            if outcome not in _UNBILLED and (custom_id in found.open or custom_id in failed):
                found.turns[custom_id] += 1


def _repeat_failed_turns(found: Unfinished, merged: MergedResults, failed: dict[str, OpenConversation]) -> None:
    """Take in the conversations whose last turn failed by a fault of the service; leave other failures to `retry`."""
    for custom_id, conversation in failed.items():
        source, seq, *_ = conversation.found
        facts = merged.readers[source].page([seq])[0]
        advice = suggest_action(facts.outcome, facts.error_type, facts.stop_reason)
        # Without a turn before it there is no conversation yet: whether it is tried again is for `retry` to ask.
        has_begun = found.turns[custom_id] > 0
        if has_begun and facts.outcome in _FAILED_TURNS and advice.action is SuggestedAction.RESEND:
            found.open[custom_id] = conversation
        else:
            found.failed += 1
