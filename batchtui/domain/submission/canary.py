"""Send one request of each shape in real time first: what is sent, and what the API said.

The Batches API validates params only when a batch has ended. A canary learns within seconds what a batch would say
after hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class CanaryCall:
    """One call of a canary: the first request of a shape, with a small max_tokens."""

    shape: int
    """`Shape.id`."""
    skeleton: str
    custom_id: str
    file: str
    line: int
    params: Mapping[str, Any]
    """As it will be sent."""
    changed: tuple[str, ...]
    """What differs from the request in the file, a few words each: `max_tokens 16 instead of 4,096`."""
    at_most: Decimal | None
    """USD at standard prices; None where unknown."""


@dataclass(frozen=True, slots=True)
class CanaryPlan:
    """The calls that a canary would make, and what they would cost."""

    calls: tuple[CanaryCall, ...]
    api_version: str | None
    betas: tuple[str, ...]
    # `output-300k-…` is one: the Messages API answers 400 to it, and that would say nothing about the batch.
    dropped_betas: tuple[str, ...]
    """Betas that only a batch may have."""
    left_out: tuple[str, ...]
    """Skeletons of shapes that are not tried: the request is larger than one in real time may be."""
    at_most: Decimal | None
    """USD for all calls at standard prices; None where unknown."""


@dataclass(frozen=True, slots=True)
class CanaryVerdict:
    """What the API said of one call."""

    call: CanaryCall
    status: int | None
    """The status of a refusal; None where the request was accepted, or no answer came."""
    message: str
    """The API's sentence; empty where it went well."""
    is_refused: bool
    """The API will not take such requests: nothing of this shape can succeed."""
    input_tokens: int | None = None
    """As the API counted them, where it answered."""

    @property
    def is_well(self) -> bool:
        """Whether the API accepted the request."""
        # A 429 or a lost answer has a message, too, and refuses nothing: `is_refused` is not the opposite of this.
        return not self.message
