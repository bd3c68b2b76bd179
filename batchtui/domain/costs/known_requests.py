"""Which requests of an input are answered already, by which jobs, and what the others cost: `KnownRequests`.

`ReusePolicy` says which of these answers take the place of new ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchtui.domain.costs.estimate import Estimate


@dataclass(frozen=True, slots=True)
class ReusePolicy:
    """Which answers a submission reuses."""

    max_age: timedelta | None = None
    """Answers of batches that ended longer ago are not reused; None for all."""
    with_open: bool = False
    """Whether requests are reused whose answer also depends on the day: on a server tool, or an address in them."""

    @classmethod
    def parse(cls, text: str) -> ReusePolicy | None:
        """Read `on`, `off`, `all`, an age such as `30d`, or `all,30d`; `off` is None.

        Raises:
            ValueError: it is none of these.
        """
        words = [word.strip() for word in text.split(",")]
        if words == ["off"]:
            return None
        ages = [word for word in words if word not in ("on", "all")]
        # `on` stands alone; `all` and an age may be combined, each once.
        if len(ages) > 1 or len(words) > len(set(words)) or ("on" in words and len(words) > 1):
            raise ValueError(EXPECTED)
        return cls(_age(ages[0]) if ages else None, "all" in words)


EXPECTED = "on, off, all, an age such as 30d, or all,30d"
_AGE = re.compile(r"(\d{1,6})(h|d|w)")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def _age(text: str) -> timedelta:
    found = _AGE.fullmatch(text)
    if not found or not int(found[1]):
        raise ValueError(EXPECTED)
    return int(found[1]) * _UNITS[found[2]]


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
