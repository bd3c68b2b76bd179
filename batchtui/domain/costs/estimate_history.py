"""What was expected of past batches and what came of it, to correct the next estimate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from batchtui.domain.model import undated

if TYPE_CHECKING:
    from collections.abc import Sequence

Likeness = Literal["template", "name", "model"]
"""What precedents have in common with what is estimated, beside the model: the template, the job's name, nothing."""
CLOSEST: tuple[Likeness, ...] = ("template", "name", "model")
ENOUGH = 2
"""Batches that are needed for a range: a single one says what is likely, but nothing about the spread."""
LATEST = 50
"""Past batches that are looked at, the newest first: prompts and models change."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one model is asked for in one part, as it stands in the requests before they are sent."""

    part: int
    model: str
    template: str
    """What all of its requests have in common, as a digest."""
    requests: int
    max_tokens: int
    """The sum of theirs."""
    input_tokens: int
    """As estimated from their bytes alone."""


@dataclass(frozen=True, slots=True)
class PastBatch:
    """What one model did in one batch, beside what was expected of the requests that it answered."""

    model: str
    template: str
    name: str
    """Of the job."""
    allowed: int
    """The sum of max_tokens of what was answered."""
    written: int
    expected_input: int | None
    """None where it was not noted."""
    input_tokens: int
    """All of it, the cache included."""


@dataclass(frozen=True, slots=True)
class TokenRange:
    """The least, the mean and the most that some batches came to."""

    low: float
    likely: float
    high: float


@dataclass(frozen=True, slots=True)
class PastOutcomes:
    """What precedents say of requests like them."""

    output: TokenRange
    """Tokens written, as a share of max_tokens."""
    input: TokenRange | None
    """Tokens put in, as a multiple of what their bytes had said; None where that was not noted."""
    batches: int
    likeness: Likeness

    @property
    def is_range(self) -> bool:
        """Whether there are enough of them to tell their spread."""
        return self.batches >= ENOUGH


@dataclass(frozen=True, slots=True)
class EstimateHistory:
    """What was done before, newest first, as it looks to a job of some name."""

    precedents: Sequence[PastBatch] = ()
    name: str | None = None

    def outcomes(self, model: str | None, template: str) -> PastOutcomes | None:
        """Return what past batches say about requests to this model with this template; None where there are none.

        Batches of the same template are preferred to those of the same name, and these to others of the same model.
        """
        if model is None:
            return None
        # Answers name a model with its date where requests need not.
        alike = [each for each in self.precedents if undated(each.model) == undated(model)]
        for likeness in CLOSEST:
            found = [each for each in alike if self._is_alike(each, template, likeness)][:LATEST]
            if found:
                return _outcomes(found, likeness)
        return None

    def _is_alike(self, each: PastBatch, template: str, likeness: Likeness) -> bool:
        if likeness == "template":
            # Rows of earlier versions have no digest: two of them have nothing in common because of that.
            return each.template == template != ""
        return likeness == "model" or each.name == self.name


def _outcomes(found: Sequence[PastBatch], likeness: Likeness) -> PastOutcomes:
    # Neither None nor 0: a share of nothing cannot be formed.
    noted = [(each.input_tokens, each.expected_input) for each in found if each.expected_input]
    written = _range([(each.written, each.allowed) for each in found])
    return PastOutcomes(written, _range(noted) if noted else None, len(found), likeness)


def _range(found: Sequence[tuple[int, int]]) -> TokenRange:
    """Return the range of done / of over batches. The middle is weighted: large batches say more."""
    shares = [done / of for done, of in found]
    return TokenRange(min(shares), sum(done for done, _ in found) / sum(of for _, of in found), max(shares))
