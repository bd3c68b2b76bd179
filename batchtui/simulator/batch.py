"""One batch of the simulated service, whose state at any moment is computed from the clock: `SimulatedBatch`."""

import hashlib
import json
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from batchtui.simulator.batch_plan import Plan, count_unfinished, make_plan
from batchtui.simulator.scenario import Scenario
from batchtui.simulator.validation.early import Submission
from batchtui.simulator.validation.late import Terms

KEPT_FOR = timedelta(days=29)
"Results stay this long after the creation of their batch."


@dataclass(frozen=True, slots=True)
class BatchState:
    """What a batch is at one moment; the five counts always add up to the number of its requests."""

    status: str
    "in_progress, canceling or ended."
    counts: dict[str, int]
    "What the service shows: processing, succeeded, errored, canceled, expired."
    finished: int = 0
    "Once it has ended: how many requests came to a result of their own."
    ended_at: datetime | None = None
    "When it ended."
    archived_at: datetime | None = None
    "When its results went."
    rest: str = "expired"
    "What the unfinished requests became when it ended: canceled or expired."

    @property
    def has_results(self) -> bool:
        """Whether the results can be downloaded."""
        return self.status == "ended" and self.archived_at is None


@dataclass(slots=True)
class SimulatedBatch:
    """One batch ever created.

    Its state is computed from the clock whenever it is asked for, so no task runs in the background.
    """

    id: str
    "The id that the service gave it."
    ordinal: int
    "Its place in the order of creation, from 0."
    created_at: datetime
    "When it was created."
    takes: timedelta
    "How long it will be processed, unless it is canceled or expires."
    scenario: Scenario
    "The temper of the service when it was created."
    speed: float
    "What its durations are divided by."
    submission: Submission
    "Its requests."
    terms: Terms
    "The headers that decide how its params are read."
    cancel_initiated_at: datetime | None = None
    "When canceling was asked for."
    deleted_at: datetime | None = None
    "When it was deleted."
    _plan: Plan | None = None
    _planning: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.submission.custom_ids)

    @property
    def custom_ids(self) -> list[str]:
        """The custom_ids in the order they were sent."""
        return self.submission.custom_ids

    @property
    def params(self) -> list[dict[str, Any]]:
        """The params in the order they were sent."""
        return self.submission.params

    def digest(self, index: int) -> str:
        """SHA-256 of one request's params as compact JSON with its keys in the order they were sent."""
        text = json.dumps(self.params[index], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def plan(self) -> Plan:
        """What becomes of each request; drawn when it is first needed."""
        # Two threads may ask at once: a plan is drawn from the seed, and twice the work would be done, not twice the
        # result.
        with self._planning:
            if self._plan is None:
                self._plan = make_plan(self.scenario, self.ordinal, self.params, self.terms, self.created_at.date())
            return self._plan

    @property
    def is_planned(self) -> bool:
        """Whether the plan was drawn already."""
        return self._plan is not None

    @property
    def expires_at(self) -> datetime:
        """When it expires if it is still running then."""
        return self.created_at + timedelta(seconds=self.scenario.expires_after / self.speed)

    @property
    def moves_counts(self) -> bool:
        """Whether its counts move while it runs."""
        moving = self.scenario.moving_counts
        return self.ordinal % 2 == 0 if moving == "some" else moving

    @property
    def ends_at(self) -> datetime:
        """When it ends, as far as is decided by now."""
        end = self.created_at + self.takes
        # A single request that never finishes keeps its whole batch open until it expires, as the service does.
        if count_unfinished(self.scenario, len(self)):
            end = self.expires_at
        if self.cancel_initiated_at is not None:
            end = self.cancel_initiated_at + timedelta(seconds=self.scenario.cancel_takes / self.speed)
        return min(end, self.expires_at)

    def needs_plan(self, now: datetime) -> bool:
        """Whether its state at this moment cannot be told without the plan."""
        return self.moves_counts or now >= self.ends_at

    def state(self, now: datetime) -> BatchState:
        """Its state at `now`."""
        ends_at = self.ends_at
        reached = min(now, ends_at, self.cancel_initiated_at or now)
        if now < ends_at:
            status = "in_progress" if self.cancel_initiated_at is None else "canceling"
            # By the documentation, counts stay in `processing` until the whole batch ends; servers that move them are
            # simulated, too.
            return BatchState(status, self._counts(self._finished(reached) if self.moves_counts else 0, "processing"))
        # Canceling may take longer than the batch has to live: then it expires first.
        rest = "canceled" if self.cancel_initiated_at is not None and ends_at < self.expires_at else "expired"
        finished = self._finished(reached)
        archived_at = self.created_at + KEPT_FOR
        archived = archived_at if now >= archived_at else None
        return BatchState("ended", self._counts(finished, rest), finished, ends_at, archived, rest)

    def _finished(self, at: datetime) -> int:
        share = min((at - self.created_at) / self.takes, 1.0) if self.takes else 1.0
        return min(int(share * len(self)), self.plan.finishing)

    def _counts(self, finished: int, rest: str) -> dict[str, int]:
        counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        if finished:
            counts["succeeded"], counts["errored"] = self.plan.counts(finished)
        counts[rest] += len(self) - finished
        return counts
