"""Say in words what became of a batch's requests: `outcome_words`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from batchtui.domain.results.result import Outcome
from batchtui.text.glyphs import OUTCOMES
from batchtui.text.numbers import count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchtui.domain.batches.batch import BatchSummary, RequestCounts
    from batchtui.domain.results.result import OutcomeCounts


def outcome_words(outcomes: Mapping[Outcome, int]) -> str:
    """Say how many results have which outcome, successes first: `11 succeeded, 39 truncated`."""
    return ", ".join(f"{count(outcomes[one])} {OUTCOMES[one].word}" for one in Outcome if outcomes.get(one)) or "none"


@lru_cache(maxsize=1024)
def counts_words(counts: RequestCounts) -> str:
    """Say the API's counts; what there is none of is left out."""
    said = {
        "succeeded": counts.succeeded,
        "errored": counts.errored,
        "canceled": counts.canceled,
        "expired": counts.expired,
        "processing": counts.processing,
    }
    return ", ".join(f"{count(number)} {word}" for word, number in said.items() if number) or "none"


def batch_outcome_words(batch: BatchSummary) -> str:
    """Say what became of a batch's requests as closely as is known: its saved results, else the API's counts."""
    words = counts_words(batch.counts) if batch.outcomes is None else _words_of(batch.outcomes)
    return f"{words} (incomplete, accepted)" if batch.accepted else words


@lru_cache(maxsize=1024)
def _words_of(outcomes: OutcomeCounts) -> str:
    return outcome_words(dict(outcomes.items()))
