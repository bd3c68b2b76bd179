"""The API's side of the world: accounts, their batches, and what goes wrong on the way to them and back.

The server's clock is the world's true time. What really happened is known here for every batch: who made it, and for
which part of which job; the invariants compare that with what the registries believe.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.simulation.loop import VirtualLoop

BEGINNING = datetime(2026, 11, 20, 20, 14, 7, tzinfo=UTC)
"""The world's time at second 0. Every clock of the story counts from here."""
ALL_FAIL = 6
"""Of every so many batches one fails altogether, as a template with one fault makes it."""


@dataclass(frozen=True)
class Origin:
    """Which part a batch was really made for."""

    job: str
    attempt: int
    part: int


@dataclass
class ApiBatch:
    """One batch as it really is."""

    id: str
    custom_ids: tuple[str, ...]
    model: str
    created: float
    """Seconds of the world's time."""
    shown_from: float
    """When the list and the batch's own address begin to show it."""
    ends: float
    origin: Origin | None
    """None where a colleague made it."""
    is_twin: bool = False
    """A colleague's with the custom_ids and the model of a part of ours: no evidence tells it from ours."""
    canceled: float | None = None
    deleted: float | None = None
    fails: bool = False
    """All its requests fail, so that no result names a model."""
    is_typed: bool = False
    """A person has typed its id: whatever is done to it then was asked for."""

    def document(self, now: float) -> dict[str, Any]:
        """It as the API shows it at a time."""
        total, has_ended = len(self.custom_ids), now >= self.ends
        status = "ended" if has_ended else "in_progress" if self.canceled is None else "canceling"
        counts = dict.fromkeys(("processing", "succeeded", "errored", "canceled", "expired"), 0)
        counts["processing"] = 0 if has_ended else total
        if has_ended:
            outcomes = Counter(self.outcome(index) for index in range(total))
            counts.update(outcomes)
        return {
            "id": self.id, "type": "message_batch", "processing_status": status, "request_counts": counts,
            "created_at": _text(self.created), "expires_at": _text(self.created + 86_400),
            "ended_at": _text(self.ends) if has_ended else None,
            "cancel_initiated_at": None if self.canceled is None else _text(self.canceled), "archived_at": None,
            "results_url": None,
        }  # fmt: skip

    def outcome(self, index: int) -> str:
        """How one of its requests ends."""
        if self.canceled is not None:
            return "canceled"
        if self.fails:
            return "errored"
        return "errored" if index % 3 == 2 else "succeeded"

    def results(self) -> bytes:
        """Its results, once it has ended."""
        lines: list[dict[str, Any]] = []
        for index, custom_id in enumerate(self.custom_ids):
            outcome = self.outcome(index)
            result: dict[str, Any] = {"type": outcome}
            if outcome == "succeeded":
                usage = {"input_tokens": 10, "output_tokens": 5, "service_tier": "batch"}
                result["message"] = {
                    "id": f"msg_{self.id[-6:]}_{index}", "type": "message", "role": "assistant", "model": self.model,
                    "content": [{"type": "text", "text": "Hello."}], "stop_reason": "end_turn", "usage": usage,
                }  # fmt: skip
            elif outcome == "errored":
                error = {"type": "overloaded_error", "message": "Overloaded"}
                result["error"] = {"type": "error", "error": error}
            lines.append({"custom_id": custom_id, "result": result})
        return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


@dataclass
class Account:
    """A workspace of an organisation at one host, with its batches."""

    name: str
    organization: str | None
    """None where a gateway between does not say."""
    workspace: str | None
    host: str
    batches: list[ApiBatch] = field(default_factory=list)
    is_down: bool = False

    def shown(self, now: float) -> list[ApiBatch]:
        """What its list shows at a time, newest first."""
        there = [batch for batch in self.batches if batch.shown_from <= now and batch.deleted is None]
        return sorted(there, key=lambda batch: (-batch.created, batch.id))

    def find(self, batch_id: str, now: float) -> ApiBatch | None:
        """The batch at an address at a time."""
        return next((batch for batch in self.shown(now) if batch.id == batch_id), None)


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: at the `nth` call of an operation."""

    operation: str
    nth: int
    kind: str
    """status, lost_before, lost_after, cut_upload, late, garbled, cut, repeat, odd or hidden."""
    status: int = 0
    after: bool = False
    """Whether the server did what it was asked to all the same."""
    retry_after: str | None = None
    is_spend_limit: bool = False

    def __str__(self) -> str:
        what = f"HTTP {self.status}" if self.kind == "status" else self.kind.replace("_", " ")
        more = [f"retry-after {self.retry_after!r}"] if self.retry_after is not None else []
        more += ["the spend limit"] if self.is_spend_limit else []
        more += ["done all the same"] if self.after else []
        return f"{self.operation} {self.nth} is answered by {', '.join([what, *more])}"


@dataclass(frozen=True)
class Weather:
    """How the servers behave in one history. Lists are gone through again and again."""

    faults: tuple[Fault, ...] = ()
    create_seconds: tuple[float, ...] = (1.0,)
    """How long each create takes from the last byte to its answer."""
    created_at_share: tuple[float, ...] = (0.5,)
    """When within that time the batch comes to be."""
    lags: tuple[float, ...] = (0.0,)
    """How long after its creation a batch shows."""
    batch_seconds: tuple[float, ...] = (600.0,)
    """How long a batch is worked on."""
    upload_seconds: tuple[float, ...] = (0.1,)
    """How long each create's body takes to leave."""
    page: int = 1000
    """Entries that one page holds at most."""


class Server:
    """All accounts, and the record of what really happened."""

    def __init__(self, loop: VirtualLoop, accounts: Sequence[Account], weather: Weather) -> None:
        self.loop = loop
        self.accounts = {account.name: account for account in accounts}
        self.weather = weather
        self.calls: Counter[str] = Counter()
        self.fired: Counter[str] = Counter()
        self.is_healed = False
        self.log: list[tuple[float, str]] = []
        self._numbers = 0

    @property
    def now(self) -> float:
        """The world's time in seconds."""
        return self.loop.time()

    def fault(self, operation: str) -> Fault | None:
        """What goes wrong with this call, if anything; the call is counted."""
        self.calls[operation] += 1
        nth = self.calls[operation]
        if self.is_healed:
            return None
        for fault in self.weather.faults:
            if fault.operation == operation and fault.nth == nth:
                self.fired[f"{operation} {fault.kind}"] += 1
                self.say(str(fault))
                return fault
        return None

    def say(self, words: str) -> None:
        """Put something into the history."""
        self.log.append((self.now, words))

    def turn(self, choices: Sequence[float], operation: str) -> float:
        """The value whose turn it is."""
        return choices[self.calls[operation] % len(choices)]

    def take(self, account: Account, body: bytes, origin: Origin | None) -> ApiBatch:
        """Make a batch of a body that is whole."""
        requests = json.loads(body)["requests"]
        custom_ids = tuple(request["custom_id"] for request in requests)
        return self.make(account, custom_ids, requests[0]["params"]["model"], origin)

    def make(
        self,
        account: Account,
        custom_ids: tuple[str, ...],
        model: str,
        origin: Origin | None,
        *,
        is_twin: bool = False,
    ) -> ApiBatch:
        """Make a batch now."""
        self._numbers += 1
        lag = 0.0 if self.is_healed else self.turn(self.weather.lags, "create")
        works = 60.0 if self.is_healed else self.turn(self.weather.batch_seconds, "create")
        batch = ApiBatch(
            f"msgbatch_{self._numbers:06}", custom_ids, model, self.now, self.now + lag, self.now + works, origin,
            is_twin, fails=self._numbers % ALL_FAIL == 0,
        )  # fmt: skip
        account.batches.append(batch)
        return batch

    def headers(self, account: Account) -> dict[str, str]:
        """What stands in the headers of every answer."""
        said = {"date": format_datetime(BEGINNING + timedelta(seconds=int(self.now)), usegmt=True)}
        if account.organization:
            said["anthropic-organization-id"] = account.organization
        if account.workspace:
            said["anthropic-workspace-id"] = account.workspace
        return said


def _text(seconds: float) -> str:
    return (BEGINNING + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
