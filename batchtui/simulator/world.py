"""The simulated service itself: every batch ever created, every call ever made, and the rules between them."""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from batchtui.simulator.batch import SimulatedBatch
from batchtui.simulator.clock import Clock
from batchtui.simulator.faults import FaultQueue
from batchtui.simulator.persistence import WorldArchive
from batchtui.simulator.rate_limit import RateLimit
from batchtui.simulator.scenario import Scenario
from batchtui.simulator.validation.early import Submission, read_submission
from batchtui.simulator.validation.late import Terms
from batchtui.simulator.wire_format import ApiError, batch_object, make_id


@dataclass(frozen=True, slots=True)
class Call:
    """One call that reached the service; it never holds the key."""

    endpoint: str
    "create, retrieve, list, cancel, delete, results, message, count_tokens, models or unknown."
    method: str
    "The HTTP method."
    path: str
    "The path with any prefix, without the query."
    query: str
    "The query, raw."
    status: int
    "The status that was answered; 0 if the connection was cut instead."
    at: datetime
    "When it came, by the service's clock."
    headers: Mapping[str, str] = field(default_factory=dict)
    "The request's headers, names in lower case, without authorization, x-api-key and cookie."
    request_id: str = ""
    "The request-id that was answered."


class World:
    """All state of one simulated organisation, behind one lock; it never reads a clock but the one it was given.

    Tests look into it and judge by it: `batches` (all ever created), `calls`, `keys_seen`, `faults`.
    """

    def __init__(
        self,
        scenario: Scenario,
        clock: Clock,
        *,
        speed: float = 1.0,
        salt: str = "",
        archive: WorldArchive | None = None,
    ) -> None:
        self.scenario = scenario
        self.clock = clock
        self._factor = speed
        self.speed = speed * scenario.speed
        self.salt = salt
        self.faults = FaultQueue(scenario.faults)
        # Re-entrant: `cancel` and `delete` find their batch under it.
        self.lock = threading.RLock()
        self.batches: list[SimulatedBatch] = []
        self.calls: list[Call] = []
        self.keys_seen: set[str] = set()
        self.rate = RateLimit(scenario.requests_per_minute, self.speed)
        self._by_id: dict[str, SimulatedBatch] = {}
        self._request_number = 0
        self._archive = archive
        if archive is not None:
            self.salt = archive.salt(salt)
            self.batches.extend(archive.batches())
            self._by_id = {batch.id: batch for batch in self.batches}

    def close(self) -> None:
        """Let go of the folder where the state is kept, if it is."""
        if self._archive is not None:
            self._archive.close()

    def _keep(self, batch: SimulatedBatch) -> None:
        if self._archive is not None:
            self._archive.keep(batch)

    def retemper(self, scenario: Scenario) -> None:
        """Behave so from now on: batches that exist go on as they began, faults that wait go on waiting."""
        with self.lock:
            self.scenario = scenario
            self.speed = self._factor * scenario.speed
            # Added, not replaced: a test may have queued faults of its own.
            self.faults.add(*scenario.faults)
            self.rate = RateLimit(scenario.requests_per_minute, self.speed)

    def next_request_id(self) -> str:
        """A request id that was not used before."""
        with self.lock:
            self._request_number += 1
            return make_id("req", self.scenario.seed, self.salt, self._request_number)

    def note(self, call: Call) -> None:
        """Write one call down."""
        with self.lock:
            self.calls.append(call)

    def calls_to(self, endpoint: str) -> list[Call]:
        """The calls to one endpoint so far, oldest first."""
        with self.lock:
            return [call for call in self.calls if call.endpoint == endpoint]

    def check_key(self, key: str | None) -> None:
        """Raise ApiError 401 for a missing or a bad key, and remember any other."""
        if not key:
            raise ApiError(401, "x-api-key header is required")
        with self.lock:
            self.keys_seen.add(key)
        if key in self.scenario.bad_keys:
            raise ApiError(401)

    def create(self, submission: Submission, terms: Terms | None = None) -> SimulatedBatch:
        """A new batch; raises ApiError 429 when the queue is full, and then nothing is created."""
        with self.lock:
            now = self.clock.now()
            self._check_queue(len(submission.custom_ids), now)
            ordinal = len(self.batches)
            batch = SimulatedBatch(
                id=make_id("msgbatch", self.scenario.seed, self.salt, ordinal),
                ordinal=ordinal,
                created_at=now,
                takes=self._duration(ordinal, len(submission.custom_ids)),
                scenario=self.scenario,
                speed=self.speed,
                submission=submission,
                terms=terms or Terms(),
            )
            self._keep(batch)
            # Kept first: a batch that a client saw must be there after a restart.
            self.batches.append(batch)
            self._by_id[batch.id] = batch
            return batch

    def plant(self, requests: Sequence[Mapping[str, Any]], *, version: str = "2023-06-01") -> SimulatedBatch:
        """A batch that somebody else created, of which the client knows nothing; `requests` as in a create's body."""
        body = json.dumps({"requests": [dict(request) for request in requests]}).encode()
        return self.create(read_submission(body), Terms(version))

    def find(self, batch_id: str) -> SimulatedBatch:
        """The batch of that id; raises ApiError 404 for one that is unknown, deleted or not yet visible."""
        with self.lock:
            batch = self._by_id.get(batch_id)
            now = self.clock.now()
            if (
                batch is None
                or batch.deleted_at is not None
                or not self._is_visible(batch, now, self.scenario.visible_after)
            ):
                raise ApiError(404, f"Message Batch {batch_id} not found.")
            return batch

    def cancel(self, batch_id: str) -> SimulatedBatch:
        """Begin to cancel; a second time changes nothing. Raises ApiError 400 once it has ended."""
        with self.lock:
            batch = self.find(batch_id)
            now = self.clock.now()
            if now >= batch.ends_at:
                raise ApiError(400, f"Message Batch {batch_id} cannot be canceled because it has already ended.")
            if batch.cancel_initiated_at is None:
                batch.cancel_initiated_at = now
                self._keep(batch)
            return batch

    def delete(self, batch_id: str) -> None:
        """Delete an ended batch; raises ApiError 400 while it is running."""
        with self.lock:
            batch = self.find(batch_id)
            now = self.clock.now()
            if now < batch.ends_at:
                sentence = f"Message Batch {batch_id} cannot be deleted while it is in progress. Cancel it first."
                raise ApiError(400, sentence)
            batch.deleted_at = now
            self._keep(batch)

    def page(
        self, limit: int, after_id: str = "", before_id: str = "", *, hidden: int = 0
    ) -> tuple[list[SimulatedBatch], bool]:
        """One page of the list, newest first but for the `hidden` newest, and whether there is more that way."""
        with self.lock:
            now = self.clock.now()
            shown = [
                batch
                for batch in reversed(self.batches[: len(self.batches) - hidden])
                if batch.deleted_at is None and self._is_visible(batch, now, self.scenario.listed_after)
            ]
            cursor = after_id or before_id
            if not cursor:
                return shown[:limit], len(shown) > limit
            if cursor not in self._by_id:
                raise ApiError(400, f"Invalid cursor: {cursor}")
            # By its place in time, so that a cursor whose batch was deleted meanwhile still works.
            place = self._by_id[cursor].ordinal
            if after_id:
                older = [batch for batch in shown if batch.ordinal < place]
                return older[:limit], len(older) > limit
            newer = [batch for batch in shown if batch.ordinal > place]
            # The page next to the cursor, not the newest one.
            return newer[-limit:], len(newer) > limit

    def show(self, batch: SimulatedBatch, base_url: str) -> dict[str, Any]:
        """The batch as the service shows it now; `base_url` goes into its results_url."""
        with self.lock:
            state = batch.state(self.clock.now())
            url = f"{self.scenario.results_host or base_url}/v1/messages/batches/{batch.id}/results"
            return batch_object(
                batch.id,
                status=state.status,
                counts=state.counts,
                created_at=batch.created_at,
                expires_at=batch.expires_at,
                ended_at=state.ended_at,
                archived_at=state.archived_at,
                cancel_initiated_at=batch.cancel_initiated_at,
                results_url=url if state.has_results else None,
            )

    def unplanned(self, at_least: int) -> list[SimulatedBatch]:
        """Large batches whose plan is needed now and not drawn yet: work for a thread, outside the lock."""
        with self.lock:
            now = self.clock.now()
            return [
                batch
                for batch in self.batches
                if len(batch) >= at_least and not batch.is_planned and batch.needs_plan(now)
            ]

    def _check_queue(self, arriving: int, now: datetime) -> None:
        # The documented limit counts requests of all batches that have not ended, not batches.
        waiting = sum(len(batch) for batch in self.batches if now < batch.ends_at)
        if waiting + arriving > self.scenario.queue_limit:
            sentence = (
                f"This request would exceed your organization's limit of {self.scenario.queue_limit:,} batch requests "
                "in the processing queue. Please try again once earlier batches have ended."
            )
            raise ApiError(429, sentence)

    def _duration(self, ordinal: int, requests: int) -> timedelta:
        # Seeded on purpose: the same seed tells the same story. It guards nothing.
        swing = Random(f"{self.scenario.seed}/takes/{ordinal}").uniform(-1.0, 1.0)  # noqa: S311
        seconds = (
            self.scenario.takes * (1.0 + self.scenario.spread * swing) + self.scenario.takes_per_request * requests
        )
        return timedelta(seconds=seconds / self.speed)

    def _is_visible(self, batch: SimulatedBatch, now: datetime, lag: float) -> bool:
        return lag <= 0 or now >= batch.created_at + timedelta(seconds=lag / self.speed)
