"""When a batch may end, judged by how long similar ones have taken: `Forecast`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Lasted:
    """How long one batch took that has ended by itself."""

    models: tuple[str, ...]
    requests: int
    time: timedelta
    """From its creation to its end, as the API says."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What past batches say about one that is running."""

    usual: timedelta
    """What half of those before took at most."""
    # Not creation + `usual`: a batch that has run for longer than half of the others would be expected in the past.
    end: datetime | None
    """The middle of what is still possible: half of those that took longer than this one has until now ended by then.

    None where none of them took as long.
    """
    by: datetime | None
    """Nine of ten of the same ended by then."""
    batches: int
    """How many there are to judge by."""
    likeness: Literal["model and size", "model"]
    """What they have in common with this one."""
