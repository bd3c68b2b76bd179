"""Which requests of an input are answered already, by which jobs, and what the others cost: `KnownRequests`.

`ReusePolicy` says which of these answers take the place of new ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta

    from batchtui.domain.costs.estimate import Estimate


@dataclass(frozen=True, slots=True)
class ReusePolicy:
    """Which answers a submission reuses."""

    max_age: timedelta | None = None
    """Answers of batches that ended longer ago are not reused; None for all."""
    with_open: bool = False
    """Whether requests are reused whose answer also depends on the day: on a server tool, or an address in them."""


@dataclass(frozen=True, slots=True)
class KnownJob:
    """A job that asked the same before."""

    id: str
    name: str
    answered: int
    """Requests of the input that succeeded in this job, and whose results are saved."""
    in_progress: int
    """Requests of the input that this job has sent or will send, and whose results are not saved yet."""


@dataclass(frozen=True, slots=True)
class KnownRequests:
    """What is known of the requests of an input. Each is counted once: answered, in progress, a duplicate, or new."""

    requests: int
    answered: int = 0
    in_progress: int = 0
    duplicates: int = 0
    """Requests that ask the same as an earlier one of the input which is neither answered nor in progress."""
    jobs: tuple[KnownJob, ...] = ()
    """The jobs that hold the answers, the newest first; a request is counted for one of them."""
    estimate: Estimate | None = None
    """What the new ones cost; None where all are new, or none."""

    @property
    def new(self) -> int:
        """Requests that nobody has asked before."""
        return self.requests - self.answered - self.in_progress - self.duplicates
