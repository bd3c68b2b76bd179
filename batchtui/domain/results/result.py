"""What became of one request: its outcome, and what the index of results knows of it: `Outcome`, `ResultFacts`.

The API's `succeeded` also covers answers that were truncated, refused, paused or empty, so outcomes are finer than the
API's types of results.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from operator import attrgetter
from typing import TYPE_CHECKING

from batchtui.domain.results.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Outcome(StrEnum):
    """What became of one request.

    Those up to EMPTY, and INVALID, are the API's `succeeded`, read closely; only these are billed. New ones go to the
    end: an index keeps an outcome as its place here.
    """

    SUCCEEDED = "succeeded"
    TRUNCATED = "truncated"
    """Stopped at max_tokens or at the end of the context window: the answer is incomplete."""
    REFUSED = "refused"
    """stop_reason `refusal`."""
    PAUSED = "paused"
    """stop_reason `pause_turn`: can be continued."""
    TOOL_USE = "tool_use"
    """Ends with a call of a tool."""
    EMPTY = "empty"
    """Ended in order without any content."""
    UNRECOGNIZED = "unrecognized"
    """A type of result that batchtui does not know yet; shown raw."""
    ERRORED = "errored"
    CANCELED = "canceled"
    EXPIRED = "expired"
    INVALID = "invalid"
    """Ended in order, and is not the JSON that the request asked for (`output_config.format`)."""

    @property
    def is_success(self) -> bool:
        """Whether nothing about it needs a second look."""
        # A call of a tool is how such an answer is meant to end: the caller runs the tool.
        return self in (Outcome.SUCCEEDED, Outcome.TOOL_USE)

    @property
    def is_final(self) -> bool:
        """Whether it stands for its request until a later attempt succeeds as well."""
        # After a call of a tool the conversation goes on in the next attempt, and whatever comes of that is where it
        # stands: an error there must not hide behind the call, or nobody would send it again.
        return self is Outcome.SUCCEEDED

    @classmethod
    def failures(cls) -> tuple[Outcome, ...]:
        """Return the outcomes that need a second look: failures, and answers that only look like successes."""
        return tuple(outcome for outcome in cls if not outcome.is_success)


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """How many results of a batch have each outcome, read from its saved results."""

    succeeded: int = 0
    truncated: int = 0
    refused: int = 0
    paused: int = 0
    tool_use: int = 0
    empty: int = 0
    invalid: int = 0
    errored: int = 0
    canceled: int = 0
    expired: int = 0
    unrecognized: int = 0

    @classmethod
    def from_mapping(cls, counts: Mapping[Outcome, int]) -> OutcomeCounts:
        """Return the counts of a mapping; outcomes that do not occur may be left out."""
        return cls(**{outcome.value: count for outcome, count in counts.items()})

    def items(self) -> Iterator[tuple[Outcome, int]]:
        """Yield every outcome with its count, also those that do not occur."""
        # Fields are named as the outcomes' values are: a new outcome needs a field here, or `from_mapping` fails.
        return zip(_IN_ORDER, _counts_of(self), strict=True)

    def by_name(self) -> dict[str, int]:
        """Return every outcome's name with its count, also those that do not occur."""
        return dict(zip(_NAMES, _counts_of(self), strict=True))

    def __add__(self, other: OutcomeCounts) -> OutcomeCounts:
        return OutcomeCounts(*(count + more for (_, count), (_, more) in zip(self.items(), other.items(), strict=True)))

    @property
    def total(self) -> int:
        """How many results there are."""
        return (
            self.succeeded + self.truncated + self.refused + self.paused + self.tool_use + self.empty + self.invalid
            + self.errored + self.canceled + self.expired + self.unrecognized
        )  # fmt: skip

    @property
    def failed(self) -> int:
        """Results that need a second look: failures, and answers that only look like successes."""
        return self.total - self.succeeded - self.tool_use


_NAMES = tuple(field.name for field in fields(OutcomeCounts))
_IN_ORDER = tuple(Outcome(name) for name in _NAMES)
"""Outcomes in the order of the fields, which differs from that of the enumeration."""
_counts_of: Callable[[OutcomeCounts], tuple[int, ...]] = attrgetter(*_NAMES)


@dataclass(frozen=True, slots=True)
class ResultFacts:
    """What the index knows of one line of results; the line itself stays on the disk as it came."""

    seq: int
    """Place in order of arrival, from 1."""
    custom_id: str
    outcome: Outcome
    result_type: str
    """The API's word: succeeded, errored, canceled, expired, or one that nobody knows yet."""
    offset: int
    """Byte offset of the line in the results file."""
    length: int
    """Bytes of the line, without its newline."""
    model: str | None = None
    stop_reason: str | None = None
    error_type: str | None = None
    message: str = ""
    """The error's message, or the beginning of the answer's text: at most 160 characters, one line, as it came."""
    usage: Usage = field(default_factory=Usage)
    geography: str | None = None
    """Where the answer was made (`inference_geo`): some places cost more."""
