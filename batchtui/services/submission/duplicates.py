"""Refuse requests that were submitted before, and describe that job: `refuse_duplicates`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from batchtui.domain.batches.states import BatchState, ResultsState
from batchtui.domain.costs.cost import total
from batchtui.domain.errors import SubmittedBefore
from batchtui.text.durations import ago
from batchtui.text.glyphs import state_sign
from batchtui.text.money import cost
from batchtui.text.numbers import amount

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from batchtui.domain.batches.batch import Batch
    from batchtui.domain.batches.job import Job
    from batchtui.services.workspace import Workspace

MOST_IDS = 3
"""Ids of batches that are named."""


async def refuse_duplicates(workspace: Workspace, earlier: Sequence[Job], *, force: bool) -> None:
    """Refuse to submit the same requests again, unless `force` is given.

    Args:
        workspace: whose registry knows what became of them.
        earlier: jobs with the same content, newest first.
        force: whether they are to go out again.

    Raises:
        SubmittedBefore: with that job, its batches, their results and their cost.
    """
    if force or not earlier:
        return
    job = earlier[0]
    batches = await workspace.registry.queries.of_job(job.id)
    raise SubmittedBefore(
        f"The same requests were submitted {ago(job.created_at, workspace.clock.now())}, as {job.name} ({job.id}): "
        f"{describe_outcome(batches)}. Nothing was sent.",
        hint=f"{_instead(job, batches)}; --force submits all of it again.",
    )


async def describe_duplicates(workspace: Workspace, earlier: Sequence[Job]) -> list[str]:
    """Say of each of these jobs when it was submitted and what became of it, a line each."""
    now = workspace.clock.now()
    lines = []
    for job in earlier:
        outcome = describe_outcome(await workspace.registry.queries.of_job(job.id))
        lines.append(f"{job.name} ({job.id}), {ago(job.created_at, now)}: {outcome}")
    return lines


def _instead(job: Job, batches: Sequence[Batch]) -> str:
    """Say what to do instead of sending it again."""
    if any(batch.state.is_open for batch in batches):
        return f"`batchtui resume {job.id}` finishes it"
    if any(batch.state.is_running for batch in batches):
        return f"`batchtui wait {job.id}` waits for it and saves its results"
    return f"`batchtui results {job.id}` has its results"


def describe_outcome(batches: Sequence[Batch]) -> str:
    """Say what became of the batches of a job: `1 batch (msgbatch_01…), ended, 3 succeeded, results saved, $0.12`."""
    ids = [batch.id for batch in batches if batch.id]
    named = f" ({', '.join(ids[:MOST_IDS])}{', …' if len(ids) > MOST_IDS else ''})" if ids else ""
    said = [f"{amount(len(batches), 'batch', 'batches')}{named}", _states(batches)]
    said += [words for words in (_counts(batches), _results(batches)) if words]
    return ", ".join([*said, cost(*spent(batches), unknown="cost unknown")])


def spent(batches: Sequence[Batch]) -> tuple[Decimal | None, Decimal | None]:
    """Return what batches cost and what they were expected to; None where that of one of them is unknown."""
    return total([batch.cost_actual for batch in batches]), total([batch.cost_estimate for batch in batches])


def _states(batches: Sequence[Batch]) -> str:
    found = Counter(state_sign(batch.state).word for batch in batches)
    if len(found) == 1:
        return next(iter(found))
    return " and ".join(f"{number} {word}" for word, number in found.items())


def _counts(batches: Sequence[Batch]) -> str:
    succeeded, failed = (sum(getattr(batch.counts, name) for batch in batches) for name in ("succeeded", "failed"))
    return ", ".join(f"{number:,} {word}" for number, word in ((succeeded, "succeeded"), (failed, "failed")) if number)


def _results(batches: Sequence[Batch]) -> str:
    found = {batch.results for batch in batches if batch.state is BatchState.ENDED}
    if not found:
        return ""
    if found == {ResultsState.SAVED}:
        return "results saved"
    return "results gone" if found == {ResultsState.GONE} else "results not saved yet"
