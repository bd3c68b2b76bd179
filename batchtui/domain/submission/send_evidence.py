"""What is known of the sends of a part, and what one look at the API showed: `SendVerdict`, `ApiLook`.

`services.submission.verdict` turns them into one `SendVerdict`. They hold no clock and do no I/O, so that every
history can be written down as a value and judged again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

CREATE_PATIENCE = timedelta(minutes=10)
"""How long the API may work on a create after its client has gone: the time-out of one request."""
LIST_LAG = timedelta(seconds=60)
"""How long a batch that exists may be absent from the list."""
MARK_IS_FRESH = timedelta(seconds=60)
"""Within which the last block must leave after its mark: a laptop may sleep then. No more than `LIST_LAG`."""
CLOCK_RESOLUTION = timedelta(seconds=2)
"""`Date` has whole seconds and is written before the body: a `created_at` may lie this much before the send began."""
LOOK_AGAIN = timedelta(seconds=60)
"""When to look again where only time or another batch's end can tell."""
STUBBORN = timedelta(hours=1)
"""How long after the window incomplete looks are repeated before a person is asked."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where a batch lives: what the headers of a response name, and the address that was asked. Nothing secret."""

    base_url: str
    """`scheme://host:port/path`, without a user's name or password."""
    organization: str | None = None
    workspace: str | None = None
    """None where the server does not name it; that is a fact about the account, not a gap."""

    def __str__(self) -> str:
        # The workspace goes first: keys of one organization differ in it, so it is what tells two accounts apart.
        named = [name for name in (self.workspace, self.organization) if name]
        return f"{' of '.join(named)} at {self.base_url}" if named else self.base_url


@dataclass(frozen=True, slots=True)
class BoundBatch:
    """A batch of the API that a row of the registry names, as far as it matters for acting on it."""

    id: str
    account: Account | None
    """None where an earlier version sent or imported it; then `workspace` alone says where it lives."""
    workspace: str | None = None
    is_unproved: bool = False
    """Whether only size and time say that it is the job's."""
    is_foreign: bool = False
    """Whether it was imported: it was made elsewhere, perhaps by somebody else."""

    def is_at(self, front: Account | None) -> bool:
        """Whether it may be of this account; True also where one of the two is not known."""
        if front is None:
            return True
        if self.account is not None:
            return self.account == front
        return not (self.workspace and front.workspace and self.workspace != front.workspace)


@dataclass(frozen=True, slots=True)
class SendStart:
    """What is known of the clocks when a send begins."""

    began: datetime
    """The server's time, at the earliest."""
    local: datetime
    """This machine's time."""
    offset: float | None = None
    """Seconds that the server's clock is ahead of this machine's; None where the server names no time."""
    slack: timedelta = CLOCK_RESOLUTION
    patience: timedelta = CREATE_PATIENCE


class SenderLife(StrEnum):
    """Whether the process that sends can still write to the registry and to the API."""

    LIVES = "lives"
    GONE = "gone"
    """It has ended for certain, or the part was taken from it: it cannot commit its mark any more."""
    SILENT = "silent"
    """It cannot be told from here (another machine, a container); only its heartbeat says."""


class SendEnd(StrEnum):
    """How a send ended for the process that sent."""

    CREATED = "created"
    """A response named the batch."""
    REFUSED = "refused"
    """A response proves that nothing was created (400, 401, 403, 413, 429), or no connection was made."""
    UNANSWERED = "unanswered"
    """408, 409, 5xx, a time-out, a broken connection, a canceled task: the batch may exist."""


@dataclass(frozen=True, slots=True)
class Send:
    """One send of a part. Times are the server's, as far as it names them; aware, in UTC."""

    began: datetime
    mark: datetime | None = None
    """When the last block was about to leave, committed before it left. None: the body was never whole."""
    ended: datetime | None = None
    """When the process stopped waiting, or was found to be gone. None: nobody came back to say."""
    end: SendEnd | None = None
    batch_id: str | None = None
    """The batch that the response named, with `SendEnd.CREATED`."""
    sender: SenderLife = SenderLife.GONE
    heard_until: datetime | None = None
    """Until when the sender has promised to be heard of again, by the clock of `now`."""
    patience: timedelta = CREATE_PATIENCE
    """How long the API may work on this create after its client has gone."""
    slack: timedelta = CLOCK_RESOLUTION
    """How far `began` may be off: more where the server named no time."""
    # A counter and no time: clocks of two machines on one registry may disagree, this order they share.
    seq: int = 0
    """The registry's number for the moment when it began: a batch with a lower one was seen before. 0: unknown."""

    @property
    def may_have_created(self) -> bool:
        """Whether a batch may exist because of this send: the body was whole, and no response says otherwise."""
        if self.end is SendEnd.REFUSED:
            return False
        if self.mark is not None or self.end is SendEnd.CREATED:
            return True
        # Without a mark the last byte has not left; only a sender that can still commit one can let it leave.
        return self.end is None and self.sender is not SenderLife.GONE


@dataclass(frozen=True, slots=True)
class OpenPart:
    """A part that is not known to be at the API."""

    account: Account | None
    """The account it was planned for. None: never learnt, so that only a person can name it."""
    requests: int
    planned_at: datetime
    refuted: frozenset[str] = frozenset()
    """Batches that were proved to be somebody else's."""
    is_copied: bool = False
    """Whether this registry is a copy, or was restored: a twin may have sent the part, and may still do so."""


class Relation(StrEnum):
    """What the registry has under the id of an entry."""

    NOTHING = "nothing"
    FOREIGN = "foreign"
    """A row that `sync` or another process brought in: a candidate like any other."""
    TAKEN = "taken"
    """Another part's own batch, or one that was seen before this part was first sent: none of this part."""


class Proof(StrEnum):
    """What the results of a batch say about whose it is."""

    NOT_YET = "not_yet"
    """It has not ended, or its results could not be fetched this time."""
    CONFIRMED = "confirmed"
    """All custom_ids are this part's, and all models are those asked for."""
    REFUTED = "refuted"
    IMPOSSIBLE = "impossible"
    """The results are gone, or the entry cannot be read: nothing will ever tell."""


@dataclass(frozen=True, slots=True)
class ListedBatch:
    """One entry of the list, as a candidate for a part."""

    id: str
    total: int | None
    """Its requests. None: unreadable, so it fits every size."""
    created_at: datetime | None
    """None: unreadable, so it fits every window."""
    relation: Relation = Relation.NOTHING
    proof: Proof = Proof.NOT_YET


@dataclass(frozen=True, slots=True)
class ApiLook:
    """What a look at the API showed, and at which account."""

    account: Account | None
    """Of the very response that carried the list. None: no response came."""
    entries: tuple[ListedBatch, ...] = ()
    is_complete: bool = False
    """Whether the list was read back to the beginning of the window without a gap."""


@dataclass(frozen=True, slots=True)
class CreationWindow:
    """When a batch of a part may have been created, and its size."""

    requests: int
    opens: datetime
    closes: datetime

    def admits(self, total: int | None, created_at: datetime | None) -> bool:
        """Whether a batch of that size and time may be the part's; what cannot be read is not held against it."""
        # The API sums up all requests of a batch from its first answer on, so a batch of ours never has another total.
        fits = total is None or total == self.requests
        return fits and (created_at is None or self.opens <= created_at <= self.closes)


@dataclass(frozen=True, slots=True)
class Grace:
    """How long absence is waited for, where somebody wants it otherwise than the evidence says."""

    at_least: timedelta = timedelta()
    """The setting: it can only lengthen the wait."""
    by_hand: timedelta | None = None
    """What a person typed: it counts from the end of the send, and may cut the wait short at their risk."""


class VerdictKind(StrEnum):
    """What may be done with a part."""

    OTHER_ACCOUNT = "other_account"
    """The account in front is not the part's: nothing is sent, asked, adopted or canceled."""
    SENDING = "sending"
    """Somebody is sending it."""
    NOT_CREATED = "not_created"
    """It is certain that nothing of it exists: it may be sent at once."""
    OURS = "ours"
    """A response or its results prove which batch it is."""
    LIKELY = "likely"
    """One batch fits. It is shown as the part's, unproved, until its results prove or refute it."""
    WAIT = "wait"
    """Look again at `until`."""
    ABSENT = "absent"
    """The window is closed and nothing fits: it may be sent, with consent."""
    ASK = "ask"
    """Nothing can tell any more: a person chooses."""


@dataclass(frozen=True, slots=True)
class SendVerdict:
    """The verdict on one part."""

    kind: VerdictKind
    batch_id: str | None = None
    """With OURS and LIKELY."""
    until: datetime | None = None
    """With WAIT and SENDING: when to look again."""
    choices: tuple[str, ...] = ()
    """With ASK and WAIT: the batches that it could be; with ASK empty where only "send it or not" is to be decided."""
