"""A job: one submission with its parts and its later attempts: `Job`, `PartPlan`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


PILOT_PART = 0
"""The number of the part that is a pilot: the other parts keep their numbers from 1, and parts go out in order."""
LONGEST_NAME = 200
"""Characters."""
_NOT_A_NAME = ("@", "-", "msgbatch_", "job_")
"""What a command takes for something else: `@last`, an option, the id of a batch or a job."""


def name_complaint(name: str) -> str:
    """Return what is wrong with the name of a job, in a few words; empty where nothing is."""
    if not name.strip():
        return "a name cannot be empty"
    if len(name) > LONGEST_NAME:
        return f"a name has at most {LONGEST_NAME} characters"
    # Stripped, as the shell's words are: a name ` @last` would be reached by nothing that can be typed.
    begins = next((begin for begin in _NOT_A_NAME if name.strip().startswith(begin)), None)
    return f"a name cannot begin with `{begins}`" if begins else ""


@dataclass(frozen=True, slots=True)
class Job:
    """What a person submitted at once. Its batches are the parts; a retry adds batches with the next attempt."""

    id: str
    name: str
    created_at: datetime
    source: str
    """The files as the user named them; empty for batches that were made elsewhere."""
    requests: int
    """Requests of the first attempt."""
    bytes: int
    """Bytes of all bodies of the first attempt."""
    fingerprint: str
    """SHA-256 (hex) over the requests as sent, in order; empty where unknown. Equal content has equal fingerprints."""
    models: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    profile: str | None = None
    api_version: str | None = None
    betas: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class PartPlan:
    """One batch that will be sent: how many requests, how long its body, and where the body lies."""

    part: int
    """From 1; `PILOT_PART` for a pilot."""
    requests: int
    bytes: int
    body: str
    """Name of the body file within the job's folder of the request store."""
    ids_digest: str = ""
    """Of its custom_ids, in any order: tells its results from other ones when the requests are gone."""
    is_reused: bool = False
    """Whether it is not sent: the answers to its requests are copied (see `Batch.is_reused`)."""
    is_held: bool = False
    """Whether it waits until a person has seen what the pilot of its job came to."""
    awaits: int | None = None
    """The key of the batch of another job whose results it waits for."""
    awaits_part: int | None = None
    """The part of this very attempt whose results it waits for: its requests repeat some of that part."""
