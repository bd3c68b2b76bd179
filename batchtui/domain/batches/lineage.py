"""Which job was made from which: `Lineage`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class JobRelation(StrEnum):
    """How a job came from another one. The values are stored: they stay."""

    COMPOSED = "composed"
    """Its requests were composed from the other job's results."""
    JUDGED = "judged"
    """It judges the other job's answers."""
    REVIEWED = "reviewed"
    """Its requests were taken from a review of the other job's answers."""


@dataclass(frozen=True, slots=True)
class JobParent:
    """A job that another one is made from."""

    job: str
    """Its id."""
    relation: JobRelation


@dataclass(frozen=True, slots=True)
class JobRelative:
    """A parent or a child of a job, as it is shown."""

    job: str
    """Its id."""
    name: str
    """Its name; its id where the registry does not know the job."""
    relation: JobRelation
    since: datetime
    """When the child was planned."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """The jobs that a job was made from, and those made from it."""

    parents: tuple[JobRelative, ...] = ()
    """In the order in which they were named."""
    children: tuple[JobRelative, ...] = ()
    """The oldest first."""

    def __bool__(self) -> bool:
        return bool(self.parents or self.children)
