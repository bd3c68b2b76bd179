"""What a judge is asked and what it said: `Rubric`, `JudgeRecord`, `Verdict`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

OVERALL = ""
"""The name under which the mean of all criteria is stored."""
WIN = "win"
"""The criterion of a comparison: 1 for the side that won, 0 for the one that lost, 0.5 for a tie."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that answers are scored by."""

    name: str
    description: str
    low: int = 1
    high: int = 5
    weight: float = 1.0
    """Its share in the overall score, beside the weights of the others."""
    levels: Mapping[int, str] = field(default_factory=dict)
    """What some values of the scale mean."""


@dataclass(frozen=True, slots=True)
class Rubric:
    """What a judge scores by."""

    criteria: tuple[Criterion, ...]
    prompt: str = ""
    """What the judge is told before the criteria."""
    model: str | None = None
    max_tokens: int | None = None

    def overall(self, values: Mapping[str, float]) -> float:
        """Return the weighted mean of the criteria's values, on the scale of the first criterion."""
        first = self.criteria[0]
        shares = [(one.weight, (values[one.name] - one.low) / (one.high - one.low)) for one in self.criteria]
        mean = sum(weight * share for weight, share in shares) / sum(weight for weight, _ in shares)
        return round(first.low + mean * (first.high - first.low), 6)

    def document(self) -> dict[str, Any]:
        """Return it as JSON values, for the registry."""
        return asdict(self)

    @classmethod
    def from_document(cls, said: Mapping[str, Any]) -> Rubric:
        """Read what `document` has written."""
        criteria = tuple(
            Criterion(**{**one, "levels": {int(value): text for value, text in one["levels"].items()}})
            for one in said["criteria"]
        )
        return cls(criteria, said["prompt"], said["model"], said["max_tokens"])


class Verdict(StrEnum):
    """What one answer of a judge says. The values are stored: they stay."""

    SCORED = "scored"
    """It has a score for each criterion."""
    FIRST = "first"
    """The first job's answer is better, wherever it was shown."""
    SECOND = "second"
    TIE = "tie"
    INVALID = "invalid"
    """The answer does not fit the schema that was asked for."""
    REFUSED = "refused"
    TRUNCATED = "truncated"
    FAILED = "failed"
    """There is no answer: errored, canceled or expired."""

    @property
    def is_usable(self) -> bool:
        """Whether it says something about the judged answer."""
        return self in (Verdict.SCORED, Verdict.FIRST, Verdict.SECOND, Verdict.TIE)


class Placing(StrEnum):
    """Which answers a judge was shown, and in which order. The values are stored: they stay."""

    ALONE = "alone"
    FORWARD = "forward"
    """The first job's answer, then the second's."""
    BACKWARD = "backward"
    RULE = "rule"
    """No judge was asked: one side failed, and a failure counts as a loss."""


@dataclass(frozen=True, slots=True)
class Omission:
    """Rows that are not judged, for one reason."""

    reason: str
    """In words, such as `truncated in tickets-v2`."""
    count: int
    examples: tuple[str, ...]
    """The first custom_ids."""


@dataclass(frozen=True, slots=True)
class JudgeRecord:
    """How a judge job was made; kept beside the job."""

    first: str
    """The id of the job that is judged."""
    second: str | None
    """The id of the job that it is compared with."""
    rubric: Rubric
    items: int
    """custom_ids that are judged, those that are decided by the rule among them."""
    omissions: tuple[Omission, ...] = ()
    by: str | None = None
    """The column by which the verdict is split."""
    losses: tuple[tuple[str, Verdict], ...] = ()
    """custom_ids that are decided by the rule, with the side that wins. Only of a new record: they are stored apart."""
    sampled_from: int | None = None
    """How many could have been judged, where a sample was taken."""

    def document(self) -> dict[str, Any]:
        """Return it as JSON values, without the ids of the jobs and the losses, which have places of their own."""
        return {
            "rubric": self.rubric.document(),
            "items": self.items,
            "omissions": [asdict(one) for one in self.omissions],
            "by": self.by,
            "sampled_from": self.sampled_from,
        }

    @classmethod
    def from_document(cls, first: str, second: str | None, said: Mapping[str, Any]) -> JudgeRecord:
        """Read what `document` has written."""
        return cls(
            first,
            second,
            Rubric.from_document(said["rubric"]),
            said["items"],
            tuple(Omission(one["reason"], one["count"], tuple(one["examples"])) for one in said["omissions"]),
            said["by"],
            sampled_from=said["sampled_from"],
        )


@dataclass(frozen=True, slots=True)
class Judgment:
    """What the judge said in one of its answers."""

    custom_id: str
    """Of the judged answer."""
    placing: Placing
    verdict: Verdict
    attempt: int
    """Of the judge job. Of several usable answers that of the latest attempt counts."""
    reason: str = ""
    scores: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    """Value and reason by criterion; empty for a comparison."""
