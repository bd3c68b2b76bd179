"""A batch as the registry knows it, and as the API describes it: `Batch`, `RemoteBatch`.

The two differ on purpose: a `RemoteBatch` is one answer of the API, a `Batch` is everything known here, also while the
API's id is not known yet or the batch has been deleted there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from batchtui.domain.batches.job import PILOT_PART
from batchtui.domain.batches.states import BatchState, ResultsState, Success
from batchtui.domain.limits import RESULTS_KEPT
from batchtui.domain.submission.send_evidence import Account, BoundBatch

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from batchtui.domain.results.result import OutcomeCounts

ProcessingStatus = Literal["in_progress", "canceling", "ended"]


@dataclass(frozen=True, slots=True)
class RequestCounts:
    """How many requests of a batch stand where. The total is the sum of all five."""

    processing: int = 0
    succeeded: int = 0
    errored: int = 0
    canceled: int = 0
    expired: int = 0

    @property
    def total(self) -> int:
        """All requests of the batch."""
        # The API sends no total of its own (request_counts in the OpenAPI document of 2026-07-28).
        return self.processing + self.settled

    @property
    def settled(self) -> int:
        """Requests that have an outcome."""
        return self.succeeded + self.errored + self.canceled + self.expired

    @property
    def failed(self) -> int:
        """Requests that have an outcome other than success."""
        return self.errored + self.canceled + self.expired

    def __add__(self, other: RequestCounts) -> RequestCounts:
        return RequestCounts(
            self.processing + other.processing,
            self.succeeded + other.succeeded,
            self.errored + other.errored,
            self.canceled + other.canceled,
            self.expired + other.expired,
        )


@dataclass(frozen=True, slots=True)
class RemoteBatch:
    """What the API says of one batch in one answer. All times are aware, in UTC."""

    id: str
    processing_status: ProcessingStatus
    counts: RequestCounts
    created_at: datetime
    expires_at: datetime | None = None
    ended_at: datetime | None = None
    cancel_initiated_at: datetime | None = None
    archived_at: datetime | None = None
    has_created_at: bool = True
    """Whether the server named `created_at`; where it did not, it is the time of the response."""
    # Not compared: they tell of the response, and two responses about an unchanged batch are equal without them.
    account: Account | None = field(default=None, compare=False)
    """Of the response that this was read from."""
    server_time: datetime | None = field(default=None, compare=False)
    """The `Date` of that response."""

    @property
    def state(self) -> BatchState:
        """The state that this answer proves."""
        # The API's three statuses are states here under the same words; the other states it never sends.
        return BatchState(self.processing_status)


@dataclass(frozen=True, slots=True)
class UnreadableEntry:
    """An entry of a list that cannot be taken for a batch: no id, or a status this version does not know."""

    why: str
    id: str | None = None
    total: int | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RemotePage:
    """One page of the list endpoint, newest first."""

    batches: tuple[RemoteBatch, ...]
    has_more: bool
    last_id: str | None
    """What to pass as `after_id` for the page of older batches."""
    retry_after: float | None = None
    """Seconds, where the server named them."""
    unreadable: tuple[UnreadableEntry, ...] = ()
    """Entries that could not be read; they spoil nothing but themselves."""
    account: Account | None = None
    """Of this very response."""
    server_time: datetime | None = None
    """Its `Date`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSummary:
    """What a line of a list says of a batch: few enough columns that a hundred thousand are read in a second."""

    id: str | None
    """The API's id; None until it is known."""
    state: BatchState
    name: str
    part: int
    """From 1."""
    parts: int
    """How many parts the job has in this attempt."""
    attempt: int
    """From 1; a retry is the next one."""
    requests: int
    counts: RequestCounts
    created_at: datetime | None
    """As the API says; None until it is known."""
    ended_at: datetime | None
    planned_at: datetime
    submitted_at: datetime | None
    """When the last send of it began."""
    reason: str
    """Why it stands where it stands, where that needs saying: it waits, was refused, is being looked for."""
    models: tuple[str, ...]
    cost_estimate: Decimal | None = None
    """USD; None where unknown, never 0 for it."""
    cost_actual: Decimal | None = None
    outcomes: OutcomeCounts | None = None
    """What its saved results turned out to be; None until they are saved and counted."""
    cost_at_least: Decimal | None = None
    """USD of the answers that can be priced, where others say nothing of their usage."""
    without_usage: int = 0
    """Answers that say nothing of their usage, so that `cost_actual` is not known."""
    accepted: str = ""
    """Why its saved results are not whole or not all ours, where a person accepted them nevertheless; else empty."""
    is_reused: bool = False
    """Whether its requests are not sent: their answers are copied from requests that asked the same."""

    @property
    def is_pilot(self) -> bool:
        """Whether it is the sample of its job that goes first."""
        return self.part == PILOT_PART

    @property
    def failed(self) -> int:
        """Requests that did not succeed: by the saved results read closely, else by the API's counts."""
        return self.counts.failed if self.outcomes is None else self.outcomes.failed

    @property
    def success(self) -> Success:
        """Whether all, some or few of its requests succeeded; ALL while nothing is known to have failed."""
        if not self.failed:
            # Results that a person accepted as they are do not say of every request that it succeeded.
            return Success.SOME if self.accepted else Success.ALL
        # Both figures from one source: the API counts refusals and cut-off answers as succeeded, the saved results do
        # not.
        total = self.counts.settled if self.outcomes is None else self.outcomes.total
        return Success.FEW if 2 * self.failed > total else Success.SOME


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch(BatchSummary):
    """One row of the registry: one part of a job in one of its attempts. Times are aware, in UTC."""

    key: int
    """The registry's own number; never changes, also while the API's id is not known."""
    revision: int
    """Grows with every change to any batch of the registry: what changed since N is what has a larger one."""
    job: str
    bytes: int
    """Length of the body as it was or will be sent; 0 where the batch was made elsewhere."""
    processing_status: ProcessingStatus | None
    expires_at: datetime | None
    cancel_initiated_at: datetime | None
    archived_at: datetime | None
    sends: int
    """How often sending it was begun: tells one lost answer from the next."""
    lost_at: datetime | None
    """When the answer to that send was lost; None where it was not."""
    refreshed_at: datetime | None
    """When the API last said something about it."""
    results: ResultsState
    results_bytes: int
    counts_moved: bool
    """Whether the server ever sent counts of it between "all processing" and the end."""
    not_before: datetime | None
    """It is not worth sending again before this."""
    tags: tuple[str, ...]
    source: str
    """Where the requests came from, as the user named it; empty where the batch was made elsewhere."""
    profile: str | None
    workspace_id: str | None
    api_version: str | None
    betas: tuple[str, ...]
    note: str = ""
    """What a person has written down about its job."""
    results_digest: str = ""
    """Of the saved file of results, as `ResultStore` writes it; empty where it was saved by an earlier version."""
    organization_id: str | None = None
    base_url: str | None = None
    """The address it was planned for; None where its account was never learnt."""
    is_unproved: bool = False
    """Whether only size and time say that this id is the part's: its results will prove or refute it."""
    ids_digest: str = ""
    """Of its custom_ids, as `IdsDigest` writes it; empty where an earlier version planned it."""
    is_chosen: bool = False
    """Whether a person said that this id is the part's, while that is not proved yet."""
    may_have_twin: bool = False
    """Whether this registry was copied or restored after it was planned: the other one may have sent it."""
    is_held: bool = False
    """Whether it is not sent before somebody has decided about the pilot of its job."""
    awaits: int | None = None
    """The key of the batch whose results it waits for; None where the answers were saved when it was planned."""

    @property
    def account(self) -> Account | None:
        """The account it was planned for, or was found at; None where that was never learnt."""
        return Account(self.base_url, self.organization_id, self.workspace_id) if self.base_url else None

    @property
    def bound(self) -> BoundBatch | None:
        """The batch of the API that it names, for the verdict on acting on it; None while there is none."""
        if self.id is None:
            return None
        return BoundBatch(self.id, self.account, self.workspace_id, self.is_unproved, self.is_foreign)

    @property
    def results_until(self) -> datetime | None:
        """When the API deletes the results: 29 days after the creation of the batch."""
        # From the creation, not from the end (documentation of the Batches API).
        return self.created_at + RESULTS_KEPT if self.created_at else None

    @property
    def has_full_success(self) -> bool:
        """Whether it ended and every request succeeded."""
        is_all = self.failed == 0 and self.counts.processing == 0 and not self.accepted
        return self.state is BatchState.ENDED and is_all

    @property
    def is_foreign(self) -> bool:
        """Whether it was made elsewhere, so that its requests were never stored here."""
        # A body is never empty, so 0 bytes can only mean that there is none here.
        return self.bytes == 0
