"""How far the conversations of a job may go: turns, cost and age, kept with the job: `ConversationLimits`.

What was said once holds for all later turns, whichever process sends them: a restart must not begin to count anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from batchtui.domain.costs.cost import NOTHING
from batchtui.domain.errors import CostLimit, UsageError
from batchtui.registry.jobs.conversation_limits import StoredLimits
from batchtui.services.retry.unresolved import was_sent
from batchtui.text.durations import span
from batchtui.text.money import usd_fine
from batchtui.text.numbers import amount

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.job import Job
    from batchtui.domain.costs.estimate import Estimate
    from batchtui.services.workspace import Workspace

DEFAULT_TURNS = 20
"""Turns of one conversation at most where nobody said otherwise: a model that calls tools forever ends somewhere."""


@dataclass(frozen=True, slots=True)
class JobSpending:
    """What all attempts of a job have cost so far."""

    usd: Decimal = NOTHING
    """What is known: the actual cost of each batch, else its estimate."""
    unknown: int = 0
    """Batches of which neither is known."""


@dataclass(frozen=True, slots=True)
class ConversationLimits:
    """The limits of one job; None where nothing was said."""

    max_turns: int | None = None
    """Turns of the assistant in one conversation."""
    max_cost: Decimal | None = None
    """USD over all attempts of the job, the first among them."""
    max_age: timedelta | None = None
    """Since the job was submitted; no further turn is sent after it."""

    @property
    def turns(self) -> int:
        """The most turns of a conversation."""
        return DEFAULT_TURNS if self.max_turns is None else self.max_turns

    def refuse_too_old(self, job: Job, now: datetime) -> None:
        """Raise `UsageError` where the job is older than its limit."""
        if self.max_age is not None and now - job.created_at > self.max_age:
            raise UsageError(
                f"{job.name} was submitted {span(now - job.created_at)} ago, and the limit is {span(self.max_age)}"
                " (--max-age). Nothing was sent.",
                hint="A longer --max-age continues it.",
                title="Too old",
            )

    def remaining(self, spent: JobSpending) -> Decimal | None:
        """Return USD that the next turn may cost; None where no limit was set."""
        return None if self.max_cost is None else max(self.max_cost - spent.usd, NOTHING)

    def enforce_cost(self, estimate: Estimate, spent: JobSpending) -> None:
        """Refuse a turn with which the job may cost more than its limit. Raises `CostLimit`."""
        if self.max_cost is None:
            return
        against = f"the limit of the job is {usd_fine(self.max_cost)}, of which {usd_fine(spent.usd)} is spent"
        at_most = estimate.cost.at_most
        if spent.unknown or at_most is None:
            what = (
                f"What {amount(spent.unknown, 'batch', 'batches')} of the job cost is unknown"
                if spent.unknown
                else "The highest possible cost of this turn is unknown"
            )
            raise CostLimit(
                f"{what}, and {against}. Nothing was sent.",
                hint="Set the model's price under [prices] in the settings, or continue without --max-cost.",
            )
        if spent.usd + at_most > self.max_cost:
            raise CostLimit(
                f"This turn may cost up to {usd_fine(at_most)}, and {against}. Nothing was sent.",
                hint="Raise --max-cost, or lower max_tokens.",
            )

    async def keep(self, workspace: Workspace, job: Job) -> None:
        """Write the limits with the job."""
        age = None if self.max_age is None else self.max_age.total_seconds()
        await workspace.registry.conversations.keep(job.id, StoredLimits(self.max_turns, self.max_cost, age))


async def effective_limits(workspace: Workspace, job: Job, said: ConversationLimits) -> ConversationLimits:
    """Return the limits that hold: what is said now, else what was said before."""
    before = await workspace.registry.conversations.limits(job.id)
    age = said.max_age
    if age is None and before.max_age is not None:
        age = timedelta(seconds=before.max_age)
    return ConversationLimits(
        before.max_turns if said.max_turns is None else said.max_turns,
        before.max_cost if said.max_cost is None else said.max_cost,
        age,
    )


def job_spending(batches: Sequence[Batch]) -> JobSpending:
    """Return what the batches of a job have cost, each counted once; parts that were never sent cost nothing."""
    known, unknown = NOTHING, 0
    for batch in batches:
        if not was_sent(batch) or batch.is_reused:
            continue
        cost = batch.cost_estimate if batch.cost_actual is None else batch.cost_actual
        if cost is None:
            unknown += 1
        else:
            known += cost
    return JobSpending(known, unknown)
